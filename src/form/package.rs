//! Packages of Nixpkgs.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The attribute path of a package in Nixpkgs.
    Package
}

impl Package {
    /// The names of the path.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl Form for Package {
    const NOUN: &'static str = "a package";
    const LOOKS: &'static str = " such as jq or python3Packages.requests";
    const EXPECTED: &'static str = "the name of a package in Nixpkgs, as search.nixos.org shows it";
    const EXAMPLE: &'static str = "jq";
    const PATTERN: &'static str = r"^[A-Za-z0-9_][A-Za-z0-9_'+-]*(\.[A-Za-z0-9_][A-Za-z0-9_'+-]*)*$";

    fn parse(text: &str) -> Option<Package> {
        let is_name = |name: &str| {
            is_word(name, b"_'+-") && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        };
        let fits = text.len() <= 200 && !text.starts_with("pkgs.") && text.split('.').all(is_name);
        fits.then(|| Package(text.to_owned()))
    }

    /// `pkgs.jq`, `nixpkgs#jq`, and `nixos.jq` of `nix-env`.
    fn advice(text: &str) -> Option<Advice> {
        let name = ["pkgs.", "nixpkgs.", "nixpkgs#"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
        Package::parse(name)?;
        Advice::rewrite("expected the name alone", name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Package;

    #[test]
    fn a_package_is_an_attribute_path_without_pkgs() {
        parses::<Package>(
            &["jq", "python3Packages.requests", "7zz", "gtk+3", "_1password-cli"],
            &["", "pkgs.jq", "a..b", "jq curl", "${x}", "(x)", "-a", &"a".repeat(201)],
        );
        advises::<Package>(&[("pkgs.jq", "write `jq`"), ("nixpkgs#jq", "write `jq`"), ("jq curl", "")]);
    }
}
