//! Names of databases of the host.

use super::{Advice, Form, text_form};

text_form! {
    /// The name of a database of the host's Postgres, which is also the name of its role.
    DatabaseName
}

/// The longest name of Postgres in bytes (NAMEDATALEN in
/// <https://www.postgresql.org/docs/current/limits.html>, without the final NUL).
const MAX: usize = 63;

impl DatabaseName {
    /// The roles that load a dump in a trial and in a restore (`templates/scripts/load-dump.sh`). They exist only
    /// meanwhile.
    pub(crate) const LOADERS: [&'static str; 2] = ["homegen_trial", "homegen_restore"];
}

impl Form for DatabaseName {
    const NOUN: &'static str = "a database name";
    const LOOKS: &'static str = " such as notes";
    const EXPECTED: &'static str = "lower-case letters, digits, `_` and `-`, starting with a letter";
    const EXAMPLE: &'static str = "notes";
    const PATTERN: &'static str = r"^[a-z][a-z0-9_-]*$";

    fn parse(text: &str) -> Option<DatabaseName> {
        let is_valid = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
            && text.len() <= MAX
            && !is_reserved(text);
        is_valid.then(|| DatabaseName(text.to_owned()))
    }

    /// `Notes`, and the databases of Postgres itself.
    fn advice(text: &str) -> Option<Advice> {
        if DatabaseName::LOADERS.contains(&text) {
            return Advice::new("is a role that loads dumps", "write another name");
        }
        if is_reserved(text) {
            return Advice::new("belongs to Postgres itself", "write another name");
        }
        if text.len() > MAX {
            let why = format!("has more than {MAX} bytes, the most that Postgres keeps of a name");
            return Advice::new(why, "shorten the name");
        }
        let lower = text.to_lowercase().replace([' ', '.'], "_");
        DatabaseName::parse(&lower)
            .and_then(|_| Advice::write("has an upper-case letter, a space or a dot", lower))
    }
}

/// True if Postgres or a script creates a database or a role with this name.
fn is_reserved(name: &str) -> bool {
    // `all` and `replication` are keywords of pg_hba.conf, and `none` and `public` are no names of roles.
    let names = ["postgres", "template0", "template1", "all", "replication", "none", "public"];
    names.contains(&name) || DatabaseName::LOADERS.contains(&name) || name.starts_with("pg_")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::DatabaseName;

    #[test]
    fn a_database_name_is_lower_case_and_not_one_of_postgres() {
        parses::<DatabaseName>(
            &["notes", "a1_b-c", &"a".repeat(63)],
            &[
                "",
                "Notes",
                "1a",
                "_a",
                "a b",
                "a\"b",
                "postgres",
                "template1",
                "all",
                "replication",
                "none",
                "pg_x",
                &"a".repeat(64),
            ],
        );
        advises::<DatabaseName>(&[
            ("My Notes", "write `my_notes`"),
            ("postgres", "write another name"),
            ("homegen_trial", "write another name"),
            (&"a".repeat(64), "shorten the name"),
        ]);
    }
}
