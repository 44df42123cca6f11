//! The machine and its file systems.

use schemars::json_schema;

use super::{Allow, Flag, Map, Spanned};
use crate::form::{Count, Domain, MountOption, NfsExport, Size};
use crate::shape::{keyword, mapping, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// The machine that the output is for.
    Host such as "{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }" {
        /// The name of the host: `networking.hostName`, with a priority that your own definition overrides.
        name: Value<Domain>,
        /// The NixOS release of the host. Quote it, because YAML reads `26.05` as a number.
        nixos: Release,
        /// The time zone of the host and of all containers, a name of the IANA database such as `Europe/Berlin`:
        /// `time.timeZone`, with the same priority as `name`. The `TZ` of every container is
        /// `config.time.timeZone`.
        timezone: TimeZone,
        /// The memory of the machine, to check the memory limits of containers and services against.
        memory: Option<Value<Size>>,
        /// The number of CPUs of the machine, to check the CPU limits of containers and services against.
        cpus: Option<Value<Count>>,
        /// The platform of the machine, to check images against.
        system: Option<Spanned<System>>,
        /// The level of x86-64 of the processor, to check images against: `ld.so --help` lists the supported ones. A
        /// virtual machine often has a lower level than its host.
        cpu_level: Option<Spanned<CpuLevel>>,
        /// The file systems that containers use, by mount point.
        mounts: Map<Mount>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

keyword! {
    /// The supported NixOS releases.
    Release is "a NixOS release" {
        /// November 2025.
        R2511 = "25.11",
        /// May 2026.
        R2605 = "26.05",
        /// November 2026.
        R2611 = "26.11",
    }
}

keyword! {
    /// The platforms that NixOS and container images have in common.
    System is "a platform" {
        /// Intel and AMD, 64 bits.
        X86_64 = "x86_64-linux",
        /// ARM, 64 bits.
        Aarch64 = "aarch64-linux",
    }
}

keyword! {
    /// The levels of x86-64 (<https://gitlab.com/x86-psABIs/x86-64-ABI>).
    CpuLevel is "a level of x86-64" {
        /// Every processor with 64 bits.
        V1 = "x86-64-v1",
        /// SSE4.2 and POPCNT.
        V2 = "x86-64-v2",
        /// AVX2.
        V3 = "x86-64-v3",
        /// AVX-512.
        V4 = "x86-64-v4",
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
    /// A file system. With `nfs` homegen emits it. Otherwise your own configuration mounts it, and this entry
    /// describes it.
    Mount such as "{ nfs: nas.lan:/export }" or nothing called "/mnt/nas" {
        /// `server:/path` of an NFS export. Emits `fileSystems.PATH` with `fsType = "nfs"` and `_netdev`.
        nfs: Option<Value<NfsExport>>,
        /// Mount options, only for NFS: one per entry, without commas and spaces.
        options: Vec<Value<MountOption>>,
        /// Mounts the file system at the first access, only for NFS: `noauto`, `x-systemd.automount` and, unless `options`
        /// has another one, `x-systemd.mount-timeout=30s`.
        automount: Flag = "false",
        /// Lets the host boot without the file system, only for NFS: `nofail`. Containers that need it wait in both
        /// cases. Default: `true`.
        nofail: Option<Flag>,
    }
}

impl Mount {
    /// True if containers stop and start with the file system at `path`. The root of the host is always mounted.
    pub(crate) fn is_followed(&self, path: &str) -> bool {
        path != "/" && !self.automount.value
    }

    /// True if the host boots without it: the value of `nofail`, by default true for NFS.
    pub(crate) fn is_nofail(&self) -> bool {
        self.nofail.as_ref().map_or(self.nfs.is_some(), |flag| flag.value)
    }
}
