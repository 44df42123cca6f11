//! Major versions of Postgres.

use super::{Advice, Form};

/// A major version of Postgres that nixpkgs has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PostgresMajor(pub u32);

/// The versions in nixpkgs of NixOS 25.11 to 26.11 (pkgs/servers/sql/postgresql/default.nix).
const VERSIONS: std::ops::RangeInclusive<u32> = 14..=18;

impl Form for PostgresMajor {
    const NOUN: &'static str = "a major version of Postgres";
    const LOOKS: &'static str = " such as 17";
    const EXPECTED: &'static str = "a number from 14 to 18";
    const EXAMPLE: &'static str = "17";
    const PATTERN: &'static str = r"^1[4-8]$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<PostgresMajor> {
        text.parse()
            .ok()
            .filter(|major| VERSIONS.contains(major) && major.to_string() == text)
            .map(PostgresMajor)
    }

    /// `17.2`.
    fn advice(text: &str) -> Option<Advice> {
        let (major, _) = text.split_once('.')?;
        PostgresMajor::parse(major)?;
        Advice::write("has a minor version, which NixOS updates", major)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::PostgresMajor;

    #[test]
    fn a_major_version_is_one_that_nixpkgs_has() {
        parses::<PostgresMajor>(&["14", "18"], &["", "9", "13", "19", "017", "17.2"]);
        advises::<PostgresMajor>(&[("17.2", "write `17`")]);
    }
}
