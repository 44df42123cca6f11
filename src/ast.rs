//! What the user wrote and the [`link`](crate::link()) pass has to link: mappings that name other parts of the file. Settings
//! that mean the same on the host are in [`setting`](crate::setting).

pub mod backup;
pub mod caddy;
pub mod cleanup;
pub mod client;
pub mod container;
pub mod file;
pub mod network;
pub mod smoke_test;
pub mod update;

pub use backup::{Backup, Offsite, PostgresDatabase, Source, Sources};
pub use caddy::{Caddy, Site, Sites, Upstream};
pub use cleanup::Cleanup;
pub use client::{Client, Upload};
pub use container::{Condition, Container, DependsOn, LongDependency};
pub use file::{File, Service};
pub use network::Attachments;
pub use smoke_test::SmokeTest;
pub use update::Update;
