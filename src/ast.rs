//! What the user wrote, typed. One file per part of the language; [`decode`](crate::decode) reads
//! these types out of the [`tree`](crate::tree), and the JSON Schema is made from them.

pub mod allow;
pub mod backup;
pub mod caddy;
pub mod cleanup;
pub mod client;
pub mod container;
pub mod file;
pub mod network;
pub mod notify;
pub mod scalar;
pub mod secret;
pub mod smoke_test;
pub mod unread;
pub mod update;

pub use allow::Allow;
pub use backup::{Backup, Offsite, PostgresDatabase};
pub use caddy::{Bind, Caddy, Site, Sites, Tls};
pub use cleanup::{Cleanup, ImmichAlbum};
pub use client::Client;
pub use container::{
    Command, Container, DependsOn, Expose, HealthTest, Healthcheck, NetworkMode, Ports, Ulimit, Volume,
    Volumes,
};
pub use file::{Agenix, File, Host, Mount, Podman, Service, Tailscale};
pub use network::{Attachment, Attachments, Network};
pub use notify::{Notify, Ntfy, Tell};
pub use scalar::{Flag, Map, Number, OneOrMany, Pairs, Raw};
pub use secret::{EnvFile, EnvFiles, Login, Secret, SecretUse, SecretUses};
pub use smoke_test::SmokeTest;
pub use unread::Unread;
pub use update::Update;
