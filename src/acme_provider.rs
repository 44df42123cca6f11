//! The DNS providers whose DNS challenge needs only one token: `data/acme-providers.yaml`.

use serde::Deserialize;

use crate::data::{self, Row, text};

/// A DNS provider that takes one token from a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcmeProvider {
    /// The name in lego, the ACME client of NixOS.
    #[allow(dead_code, reason = "a row is found by it before it is read")]
    #[serde(rename = "provider", deserialize_with = "text")]
    pub name: &'static str,
    /// The variable with the path of the token's file.
    #[serde(deserialize_with = "text")]
    pub variable: &'static str,
}

/// All providers, in the order of their names.
pub(crate) fn all() -> &'static [Row<AcmeProvider>] {
    data::rows!(AcmeProvider, "acme-providers")
}

/// The variable for the path of a provider's token. `None` if the provider needs more than a token.
pub(crate) fn token_variable(provider: &str) -> Option<&'static str> {
    all().iter().find(|row| row.is(provider)).map(|row| row.get().variable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Form, Variable};

    #[test]
    fn providers_are_sorted_and_their_variables_take_files() {
        data::tests::assert_rows_match(data::file!("acme-providers"), all());
        assert!(all().is_sorted_by(|one, next| one.get().name < next.get().name));
        for AcmeProvider { name, variable } in all().iter().map(Row::get) {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
            assert!(Variable::parse(variable).is_some() && variable.ends_with("_FILE"), "{variable}");
        }
        assert_eq!(token_variable("cloudflare"), Some("CF_DNS_API_TOKEN_FILE"));
    }
}
