//! Settings: parsed values of the file that have the same meaning on the host. One file per subject.
//! [`decode`](crate::decode) reads these types from the [`tree`](crate::tree), and the JSON Schema is generated
//! from them. Values that refer to another part of the file by name are in the [`ast`](crate::ast), and become
//! parts of the [`hir`](crate::hir).

mod adguard;
mod agenix;
mod allow;
mod caddy;
mod channel;
mod container;
mod container_file;
mod health;
mod host;
mod network;
mod notify;
mod podman;
mod port;
mod postgres;
mod rendered;
mod scalar;
mod secret;
mod sops;
mod tailscale;
mod unreadable;
mod uses;
mod valkey;
mod volume;
mod zfs;

pub(crate) use adguard::Adguard;
pub(crate) use agenix::Agenix;
pub(crate) use allow::Allow;
pub(crate) use caddy::{AcmeTls, Bind, PluginTls, Tls};
pub(crate) use channel::Channel;
pub(crate) use container::{
    Command, ExtraHosts, GracePeriod, Limits, LogDriver, LongUlimit, PullPolicy, Restart, Settings, Ulimit,
};
pub(crate) use container_file::{ContainerFile, FileContent, FileFormat};
pub(crate) use health::{HealthTest, Healthcheck};
pub(crate) use host::{CpuLevel, Host, Mount, Release, System, TimeZone};
pub(crate) use network::{Attachment, Network, NetworkMode};
pub(crate) use notify::{Notify, NotifyOn};
pub(crate) use podman::{Podman, Prune};
pub(crate) use port::{Expose, LongPort, Port, Ports};
pub(crate) use postgres::{Database, Postgres};
pub(crate) use rendered::{ReferencedSecret, RenderedPart, referenced, rendered};
pub(crate) use scalar::{Flag, Map, Number, OneOrMany, Pairs, Raw, Spanned};
pub(crate) use secret::{
    EnvFile, EnvFiles, Format, Generate, Login, Secret, SecretEnvFile, SecretFile, SecretStore, SecretUse,
    SecretUses, UsedSecret, takes_path,
};
pub(crate) use sops::Sops;
pub(crate) use tailscale::Tailscale;
pub(crate) use unreadable::UnreadableParts;
pub(crate) use uses::{LongUsedDatabase, Transport, UsedDatabase, Uses};
pub(crate) use valkey::{Valkey, ValkeyUser};
pub(crate) use volume::{LongVolume, NamedVolume, Volume, VolumeSource, VolumeType, Volumes};
pub(crate) use zfs::Zfs;
