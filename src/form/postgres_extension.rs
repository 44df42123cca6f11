//! Extensions of Postgres.

use serde::Deserialize;

use super::{Advice, Form, text_form};
use crate::data::{self, Row};
use crate::diag::suggestion;

text_form! {
    /// An extension of Postgres, by the name that `CREATE EXTENSION` takes.
    PostgresExtension
}

/// A row of `data/postgres-extensions.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extension {
    #[cfg_attr(not(test), expect(dead_code, reason = "the row is found by them"))]
    extensions: Vec<String>,
    #[serde(default)]
    packages: Vec<String>,
    library: Option<String>,
}

fn rows() -> &'static [Row<Extension>] {
    data::rows!(Extension, "postgres-extensions")
}

fn row(name: &str) -> Option<&'static Extension> {
    rows().iter().find(|row| row.is(name)).map(Row::get)
}

impl PostgresExtension {
    /// The attributes of its packages in nixpkgs' `postgresqlPackages`. An extension of Postgres itself has none.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &'static str> {
        row(self.as_str()).into_iter().flat_map(|row| row.packages.iter().map(String::as_str))
    }

    /// The library that Postgres has to load at its start (`shared_preload_libraries`).
    pub(crate) fn library(&self) -> Option<&'static str> {
        row(self.as_str())?.library.as_deref()
    }
}

impl Form for PostgresExtension {
    const NOUN: &'static str = "an extension of Postgres";
    const LOOKS: &'static str = " such as vector or pg_trgm";
    const EXPECTED: &'static str = "an extension that homegen knows";
    const EXAMPLE: &'static str = "pg_trgm";
    const PATTERN: &'static str = r"^[a-z][a-z0-9_-]*$";

    fn parse(text: &str) -> Option<PostgresExtension> {
        row(text).map(|_| PostgresExtension(text.to_owned()))
    }

    /// `pgvector`, which is the package of `vector`, and misspelled names.
    fn advice(text: &str) -> Option<Advice> {
        let by_package =
            rows().iter().find(|row| row.get().packages.first().is_some_and(|package| package == text));
        if let Some(name) = by_package.and_then(|row| row.names().next()) {
            return Advice::write("is the name of the package", name);
        }
        let names = rows().iter().flat_map(|row| row.names());
        Advice::new("is not an extension that homegen knows", suggestion(text, names))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn rows_are_found_by_their_extensions_and_each_has_one_row() {
        data::tests::assert_rows_match(data::file!("postgres-extensions"), rows());
        let all: Vec<&String> = rows().iter().flat_map(|row| &row.get().extensions).collect();
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
    }

    #[test]
    fn an_extension_has_the_name_that_create_extension_takes() {
        parses::<PostgresExtension>(&["vector", "vchord", "uuid-ossp", "cube"], &["", "pgvector", "vectr"]);
        advises::<PostgresExtension>(&[("pgvector", "write `vector`"), ("vectr", "did you mean `vector`?")]);
    }
}
