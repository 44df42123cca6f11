//! Categories and commands of Valkey.

use super::{Advice, Form, text_form};
use crate::data;
use crate::diag::suggestion;

text_form! {
    /// A category of commands, or a command, in lower case.
    AclWord
}

/// The categories of commands (`ACL CAT`, <https://valkey.io/commands/acl-cat/>), without those that grant everything.
const CATEGORIES: &[&str] = &[
    "bitmap",
    "blocking",
    "connection",
    "fast",
    "geo",
    "hash",
    "hyperloglog",
    "keyspace",
    "list",
    "pubsub",
    "read",
    "scripting",
    "set",
    "slow",
    "sortedset",
    "stream",
    "string",
    "transaction",
    "write",
];

/// The categories that no user gets.
const REFUSED: &[&str] = &["admin", "all", "dangerous"];

/// The commands of the server, without subcommands.
fn commands() -> &'static [String] {
    data::table!(Vec<String>, "valkey-commands")
}

/// True if the server knows the word: it does not start with an ACL that has another one.
fn is_known(word: &str) -> bool {
    let (command, subcommand) =
        word.split_once('|').map_or((word, None), |(command, rest)| (command, Some(rest)));
    let is_one = |rest: &str| !rest.is_empty() && !rest.contains('|');
    let is_command = || commands().iter().any(|known| known == command);
    CATEGORIES.contains(&word) || (is_command() && subcommand.is_none_or(is_one))
}

impl AclWord {
    /// True if the word is a category.
    pub(crate) fn is_category(&self) -> bool {
        CATEGORIES.contains(&self.as_str())
    }

    /// The commands that the word grants, if it is not a category.
    pub(crate) fn commands(&self) -> Vec<&str> {
        match self.as_str() {
            // A client runs a script by its hash, and sends it only if the server does not know it.
            "eval" => vec!["eval", "evalsha"],
            _ if self.is_category() => Vec::new(),
            command => vec![command],
        }
    }
}

impl Form for AclWord {
    const NOUN: &'static str = "a category or command of Valkey";
    const LOOKS: &'static str = " such as read or info";
    const EXPECTED: &'static str = "lower-case letters, and `|` before a subcommand";
    const EXAMPLE: &'static str = "read";
    const PATTERN: &'static str = r"^[a-z][a-z0-9_|-]*$";

    fn parse(text: &str) -> Option<AclWord> {
        let is_valid = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-|".contains(&b))
            && !REFUSED.contains(&text)
            && is_known(text);
        is_valid.then(|| AclWord(text.to_owned()))
    }

    /// `+@read` of an ACL, `all`, `INFO`.
    fn advice(text: &str) -> Option<Advice> {
        let word = text.trim_start_matches(['+', '@']).to_lowercase();
        if REFUSED.contains(&word.as_str()) {
            return Advice::new(
                "includes commands that delete or read the data of all services",
                "write the categories that the program needs, such as `read` and `write`, and single commands",
            );
        }
        if text.starts_with('-') {
            return Advice::new("denies commands", "remove it: everything that is not allowed is denied");
        }
        if AclWord::parse(&word).is_some() {
            return Advice::write("is written without `+`, `@` and capital letters", word);
        }
        let known = CATEGORIES.iter().copied().chain(commands().iter().map(String::as_str));
        Advice::new("is neither a category nor a command", suggestion(&word, known))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::AclWord;

    #[test]
    fn a_word_of_an_acl_is_a_category_or_a_command() {
        parses::<AclWord>(
            &["read", "info", "client|list"],
            &["", "all", "dangerous", "admin", "+@read", "INFO", "a b", "raed", "get||x", "get|"],
        );
        advises::<AclWord>(&[
            ("+@read", "write `read`"),
            ("INFO", "write `info`"),
            ("raed", "did you mean `read`?"),
            ("-@dangerous", "remove it: everything that is not allowed is denied"),
            (
                "+@all",
                "write the categories that the program needs, such as `read` and `write`, and single commands",
            ),
        ]);
    }
}
