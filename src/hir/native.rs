//! The units of NixOS that belong to a service.

use std::collections::HashSet;

use super::Notification;
use crate::form::{AbsolutePath, SecretName, ServiceUnit};
use crate::setting::UsedSecret;
use crate::tree::Text;
use crate::value::Value;

/// The units of NixOS that belong to a service, with their common requirements.
#[derive(Debug)]
pub(crate) struct Native {
    /// The units, without `.service`.
    pub(crate) units: Vec<Value<ServiceUnit>>,
    /// Their names.
    pub(crate) unit_names: HashSet<String>,
    /// The secrets that they need.
    pub(crate) secrets: Vec<Value<SecretName>>,
    /// The mount points that they need, as in the file.
    pub(crate) declared_mounts: Vec<Value<AbsolutePath>>,
    /// Those of them that `host.mounts` declares, as it writes them.
    pub(crate) mounts: Vec<Text>,
    /// The notification when a unit fails.
    pub(crate) notification: Notification,
}

impl Native {
    /// The names of the units, without `.service`.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.units.iter().map(|unit| unit.text.value())
    }

    /// True if a unit has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.unit_names.contains(name)
    }

    /// The uses of secrets. A unit of NixOS reads a secret in any format.
    pub(super) fn used_secrets(&self) -> impl Iterator<Item = UsedSecret<'_>> {
        self.secrets.iter().map(|secret| UsedSecret::of(secret, None))
    }
}
