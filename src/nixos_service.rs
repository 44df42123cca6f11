//! The NixOS services that listen on ports: `data/nixos-services.yaml`.

use serde::Deserialize;

use crate::data::{self, Row};
use crate::form::Protocol;

/// A NixOS service that listens on a port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NixosService {
    /// The name below `services`.
    #[serde(rename = "service")]
    pub name: String,
    /// The default port.
    pub port: u16,
    /// The option of the port, below the service.
    pub port_option: Option<String>,
    /// The protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// True if it listens only on 127.0.0.1 by default.
    #[serde(default)]
    pub is_local: bool,
}

/// All services, in the order of their names.
pub(crate) fn all() -> &'static [Row<NixosService>] {
    data::rows!(NixosService, "nixos-services")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_sorted_and_their_port_options_are_attribute_paths() {
        data::tests::assert_rows_match(data::file!("nixos-services"), all());
        assert!(all().is_sorted_by(|one, next| one.get().name < next.get().name));
        for service in all().iter().map(Row::get) {
            for part in service.port_option.iter().flat_map(|path| path.split('.')).chain([&*service.name]) {
                let is_letter = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
                assert!(!part.is_empty() && part.chars().all(is_letter), "{}", service.name);
            }
            assert_ne!(service.port, 0, "{}", service.name);
        }
    }
}
