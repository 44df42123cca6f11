//! The programs that decide for a proxy which requests are allowed: `data/auth-providers.yaml`.

use serde::Deserialize;

use crate::data::{self, Row, text, texts};

/// A program that decides which requests are allowed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthProgram {
    /// The name.
    #[serde(rename = "program", deserialize_with = "text")]
    pub name: &'static str,
    /// The path that answers whether a request is allowed.
    #[serde(deserialize_with = "text")]
    pub uri: &'static str,
    /// The headers of that answer with the user.
    #[serde(deserialize_with = "texts")]
    pub headers: &'static [&'static str],
    /// The paths of each site that belong to the program.
    #[serde(default)]
    pub paths: Option<String>,
}

/// All programs, in the order of their names.
pub(crate) fn all() -> &'static [Row<AuthProgram>] {
    data::rows!(AuthProgram, "auth-providers")
}

/// The program with this name.
pub(crate) fn find(name: &str) -> Option<&'static AuthProgram> {
    all().iter().find(|row| row.is(name)).map(Row::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Form, HeaderName, HttpPath, UrlPaths};

    #[test]
    fn the_settings_of_a_program_are_valid() {
        data::tests::assert_rows_match(data::file!("auth-providers"), all());
        assert!(all().is_sorted_by(|one, next| one.get().name < next.get().name));
        for AuthProgram { name, uri, headers, paths } in all().iter().map(Row::get) {
            assert!(HttpPath::parse(uri).is_some(), "{name}");
            assert!(headers.iter().all(|header| HeaderName::parse(header).is_some()), "{name}");
            assert!(paths.iter().all(|paths| UrlPaths::parse(paths).is_some()), "{name}");
        }
    }
}
