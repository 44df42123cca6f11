//! Jobs of the owner: scripts, and commands in containers.

use super::{Container, Id};
use crate::form::{AbsolutePath, Owner, Package, SecretName};
use crate::setting::{Format, UsedSecret, takes_path};
use crate::tree::Text;
use crate::value::Value;

/// The secrets of a job, by variable.
#[derive(Debug)]
pub(crate) struct SecretVariables(pub Vec<(Text, Value<SecretName>)>);

impl SecretVariables {
    /// The uses of the secrets. A variable has room for one value, and a file for any format.
    pub(super) fn used(&self) -> Vec<UsedSecret<'_>> {
        let format = |variable: &Text| (!takes_path(&variable.value())).then_some(Format::Raw);
        self.0.iter().map(|(variable, secret)| UsedSecret::of(secret, format(variable))).collect()
    }
}

/// A script of the owner.
#[derive(Debug)]
pub(crate) struct Run {
    /// The script beside the compiled file, by its relative path.
    pub(crate) script: Text,
    /// True if the caller did not find the script.
    pub(crate) is_missing: bool,
    /// The packages whose commands it uses.
    pub(crate) packages: Vec<Value<Package>>,
    /// Its secrets.
    pub(crate) secrets: SecretVariables,
    /// The folders that it writes to.
    pub(crate) writes: Vec<Value<AbsolutePath>>,
    /// The mount points of these folders.
    pub(crate) mounts: Vec<Text>,
    /// The user and the group that run it. `None` for a user of its own.
    pub(crate) user: Option<Value<Owner>>,
    /// The time limit of a run.
    pub(crate) timeout: Text,
}

/// A command in a container.
#[derive(Debug)]
pub(crate) struct Exec {
    /// The container. `None` if there is no such container, for which a diagnostic was emitted.
    pub(crate) container: Option<Id<Container>>,
    /// The words of the command.
    pub(crate) command: Vec<Text>,
    /// The user in the container.
    pub(crate) user: Option<Text>,
    /// Its secrets.
    pub(crate) secrets: SecretVariables,
    /// The time limit of a run.
    pub(crate) timeout: Text,
}
