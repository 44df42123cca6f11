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
        /// The name of the host: `networking.hostName`, at a priority that a definition of your own overrides.
        name: Value<Domain>,
        /// The release of NixOS that the output is for. The quotes keep it from being a number.
        nixos: Release,
        /// The time zone of the host and of every container, a name of the IANA database such as `Europe/Berlin`:
        /// `time.timeZone`, at the same priority as the name. Every container's `TZ` is `config.time.timeZone`.
        timezone: TimeZone,
        /// The memory of the machine, which the limits of the containers are held against.
        memory: Option<Value<Size>>,
        /// The file systems that containers depend on, by mount point.
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
pub(crate) struct TimeZone(pub Text);

schema!(
    TimeZone,
    |_g| json_schema!({ "title": "time zone", "type": "string", "pattern": r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$" })
);

mapping! {
    /// A file system. With `nfs` it is emitted; otherwise the host's own configuration mounts it, and
    /// this describes it.
    Mount such as "{ nfs: nas.lan:/export }" or nothing called "/mnt/nas" {
        /// `server:/path` of an NFS export. Emits `fileSystems.PATH` with `fsType = "nfs"` and `_netdev`.
        nfs: Option<Value<NfsExport>>,
        /// Options of the mount, for NFS: one each, without commas and spaces.
        options: Vec<Value<MountOption>>,
        /// Whether the first access mounts it, for NFS: `noauto` and `x-systemd.automount`.
        automount: Flag = "false",
        /// Whether the host boots without it, for NFS: `nofail`. Containers that need it wait either way. Default:
        /// `true`.
        nofail: Option<Flag>,
    }
}

impl Mount {
    /// Whether the host boots without it: as `nofail` says, and otherwise for NFS.
    pub(crate) fn is_nofail(&self) -> bool {
        self.nofail.as_ref().map_or(self.nfs.is_some(), |flag| flag.value)
    }
}
