//! The machine and its file systems.

use schemars::json_schema;

use super::{Allow, Flag, Map};
use crate::form::{Domain, MountOption, NfsExport, Size};
use crate::shape::{keyword, mapping, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// The machine that the output is for.
    Host such as "{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }" {
        /// Its name, `networking.hostName`.
        name: Value<Domain>,
        /// The NixOS release.
        nixos: Release,
        /// The time zone of the host and of every container, such as `Europe/Berlin`.
        timezone: TimeZone,
        /// Its memory, which the limits are held against.
        memory: Option<Value<Size>>,
        /// Its file systems, by mount point.
        mounts: Map<Mount>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

keyword! {
    /// The releases of NixOS that homegen writes for.
    Release {
        /// November 2025.
        R2511 = "25.11",
        /// May 2026.
        R2605 = "26.05",
        /// November 2026.
        R2611 = "26.11",
    }
}

/// The name of a time zone.
#[derive(Clone, Debug)]
pub struct TimeZone(pub Text);

schema!(
    TimeZone,
    |_g| json_schema!({ "type": "string", "pattern": r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$" })
);

mapping! {
    /// A file system. With `nfs` it is emitted; otherwise the host's own configuration mounts it, and
    /// this describes it.
    Mount such as "{ nfs: nas.lan:/export }" or nothing called "/mnt/nas" {
        /// `server:/path` of an NFS export.
        nfs: Option<Value<NfsExport>>,
        /// Options of the mount, for NFS.
        options: Vec<Value<MountOption>>,
        /// Mount on first access, for NFS.
        automount: Flag = "false",
        /// Whether the host boots without it. Containers that need it wait either way.
        nofail: Option<Flag>,
    }
}

impl Mount {
    /// Whether the host boots without it: as `nofail` says, and otherwise for NFS.
    pub fn is_nofail(&self) -> bool {
        self.nofail.as_ref().map_or(self.nfs.is_some(), |flag| flag.value)
    }
}
