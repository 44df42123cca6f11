//! The patterns of secrets. Most runs load `data/secret-patterns.yaml`; a text that may be a key loads
//! `data/secret-keys.yaml`; a command that may have a password option loads `data/secret-options.yaml`.

use indexmap::IndexMap;
use serde::Deserialize;

use crate::data::{self, Texts};

/// Names of variables, options and labels, in capitals and with `_` between their words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    /// The endings of the names of secrets.
    pub(super) endings: Vec<String>,
    /// Endings that are compared with names as written.
    pub(super) endings_as_written: Vec<String>,
    /// Endings of names that match an ending above and are not secrets.
    pub(super) not_secret: Vec<String>,
    /// The endings of the names of password hashes.
    pub(super) hashes: Vec<String>,
    /// Words in the names of secrets that a person may have chosen.
    pub(super) chosen: Vec<String>,
    /// Words in names that mark the value as public.
    pub(super) public: Vec<String>,
    /// Prefixes that turn the name of an option into a switch.
    pub(super) switches: Vec<String>,
}

impl Names {
    pub(super) fn get() -> &'static Names {
        data::section!(Names, "secret-patterns", "names")
    }
}

/// Values that are not secrets, whatever their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Values {
    /// Values that enable or disable a setting, or select a source of the secret.
    pub(super) switches: Vec<String>,
    /// Prefixes of paths.
    pub(super) paths: Vec<String>,
    /// Endings of files that hold a secret.
    pub(super) files: Vec<String>,
    /// Prefixes of values that point to the secret.
    pub(super) pointers: Vec<String>,
    /// The brackets around a placeholder.
    pub(super) brackets: Vec<(String, String)>,
}

impl Values {
    pub(super) fn get() -> &'static Values {
        data::section!(Values, "secret-patterns", "values")
    }
}

/// Prefixes of keys with their least lengths, by the characters after the prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Beginnings {
    /// Letters and digits.
    pub(super) letters: IndexMap<String, usize>,
    /// Letters, digits, `_` and `-`.
    pub(super) words: IndexMap<String, usize>,
    /// Letters, digits, `_`, `-` and `.`.
    pub(super) dots: IndexMap<String, usize>,
}

impl Beginnings {
    pub(super) fn get() -> &'static Beginnings {
        data::section!(Beginnings, "secret-keys", "keys")
    }
}

/// Prefixes of URLs whose path or user is an access token.
pub(super) fn addresses() -> &'static [&'static str] {
    data::section!(Texts, "secret-keys", "addresses").0
}

/// Options of programs that take a password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Programs {
    /// The options. The first match counts.
    pub(super) options: Vec<PasswordOption>,
    /// The servers of the Redis protocol.
    pub(super) redis: Redis,
}

/// Options of some programs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordOption {
    /// The programs.
    pub(super) programs: Vec<String>,
    /// The options.
    pub(super) options: Vec<String>,
    /// The position of the password.
    pub(super) takes: Takes,
    /// The separator between the user name and the password of a login.
    pub(super) between: Option<char>,
}

/// The position of the password of an option whose name does not reveal it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Takes {
    /// In the next word.
    Next,
    /// In the same word, directly after the option.
    Same,
    /// After a user name and a separator: in the next word, after `=`, or directly after the option.
    Login,
}

/// Servers, and their settings that take a password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redis {
    /// The servers. The start script of an image passes options to the first one.
    pub(super) programs: Vec<String>,
    /// The settings.
    pub(super) settings: Vec<String>,
}

impl Programs {
    pub(super) fn get() -> &'static Programs {
        data::table!(Programs, "secret-options")
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::SHORTEST;
    use super::*;

    #[test]
    fn lists_are_sorted_and_names_are_in_upper_case() {
        data::tests::assert_keys(data::file!("secret-patterns"), &["names", "values"]);
        let Names { endings, endings_as_written, not_secret, hashes, chosen, public, switches } =
            Names::get();
        for list in [endings, endings_as_written, not_secret, hashes, chosen, public, switches] {
            assert!(list.is_sorted_by(|one, next| one < next), "{list:?}");
            for name in list {
                assert!(
                    !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
                    "{name}"
                );
            }
        }
        assert!(not_secret.iter().all(|name| endings.iter().any(|ending| name.ends_with(ending))));
        assert!(switches.iter().all(|word| word.ends_with('_')));
        let Values { switches, paths, files, pointers, brackets } = Values::get();
        for list in [switches, paths, files, pointers] {
            assert!(list.is_sorted_by(|one, next| one < next), "{list:?}");
        }
        assert!(brackets.is_sorted_by(|one, next| one < next));
        assert!(switches.iter().all(|value| *value == value.to_lowercase()));
    }

    #[test]
    fn key_and_address_patterns_pass_the_fast_checks() {
        data::tests::assert_keys(data::file!("secret-keys"), &["keys", "addresses"]);
        let Beginnings { letters, words, dots } = Beginnings::get();
        for keys in [letters, words, dots] {
            assert!(keys.is_sorted_by(|one, _, next, _| one < next), "{keys:?}");
            for (begin, least) in keys {
                assert!(!begin.is_empty() && begin.len() < *least && *least >= SHORTEST, "{begin}");
            }
        }
        assert!(addresses().is_sorted_by(|one, next| one < next));
        for address in addresses() {
            assert!(address.contains("://") || address.contains(".com/"), "{address}");
            assert!(address.ends_with('/'), "{address}");
        }
    }

    #[test]
    fn password_options_begin_with_a_dash_and_logins_have_a_separator() {
        for PasswordOption { programs, options, takes, between } in &Programs::get().options {
            assert!(!programs.is_empty() && options.iter().all(|option| option.starts_with('-')));
            assert_eq!(*takes == Takes::Login, between.is_some(), "{programs:?}");
        }
        assert!(!Programs::get().redis.programs.is_empty());
    }
}
