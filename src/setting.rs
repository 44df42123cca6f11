//! Settings: what stands in the file and means the same on the host, parsed. One file per subject;
//! [`decode`](crate::decode) reads these types out of the [`tree`](crate::tree), and the JSON Schema is made from them.
//! What leads to another part of the file by its name is in the [`ast`](crate::ast), and becomes a part of the
//! [`hir`](crate::hir).

mod agenix;
mod allow;
mod caddy;
mod container;
mod health;
mod host;
mod network;
mod notify;
mod podman;
mod port;
mod scalar;
mod secret;
mod tailscale;
mod unread;
mod volume;

pub use agenix::Agenix;
pub use allow::Allow;
pub use caddy::{AcmeTls, Bind, PluginTls, Tls};
pub use container::{
    Command, ExtraHosts, GracePeriod, Limits, LogDriver, Logging, LongUlimit, PullPolicy, Restart, Settings,
    Ulimit,
};
pub use health::{HealthTest, Healthcheck};
pub use host::{Host, Mount, Release, TimeZone};
pub use network::{Attachment, Network, NetworkMode};
pub use notify::{Notify, Ntfy, Pushover, Tell, Webhook};
pub use podman::{Podman, Prune};
pub use port::{Expose, LongPort, Port, Ports};
pub use scalar::{Flag, Map, Number, OneOrMany, Pairs, Raw, Spanned};
pub use secret::{
    EnvFile, EnvFiles, Format, Login, Secret, SecretEnvFile, SecretFile, SecretUse, SecretUses, UsedSecret,
    takes_path,
};
pub use tailscale::Tailscale;
pub use unread::Unread;
pub use volume::{LongVolume, Volume, VolumeSource, VolumeType, Volumes};
