//! The parsed file before the [`link`](crate::link()) pass: mappings that refer to other parts of the file by name.
//! Settings that need no linking are in [`setting`](crate::setting).

pub(crate) mod auth;
pub(crate) mod backup;
pub(crate) mod caddy;
pub(crate) mod cleanup;
pub(crate) mod client;
pub(crate) mod cloudflared;
pub(crate) mod container;
pub(crate) mod file;
pub(crate) mod haproxy;
pub(crate) mod network;
pub(crate) mod own_job;
pub(crate) mod site;
pub(crate) mod smoke_test;
pub(crate) mod update;

pub(crate) use auth::{AuthKind, AuthProvider, LongSiteAuth, SiteAuth};
pub(crate) use backup::{
    Backup, BackupSource, BackupSources, MysqlDatabase, Offsite, PostgresDatabase, Stop,
};
pub(crate) use caddy::Caddy;
pub(crate) use cleanup::Cleanup;
pub(crate) use client::Client;
pub(crate) use cloudflared::Cloudflared;
pub(crate) use container::{Condition, Container, DependsOn, LongDependency};
pub(crate) use file::{File, Service};
pub(crate) use haproxy::HaProxy;
pub(crate) use network::Attachments;
pub(crate) use own_job::Job;
pub(crate) use site::{LongPathTarget, PathTarget, Site, SiteFront, Sites, Upstream};
pub(crate) use smoke_test::SmokeTest;
pub(crate) use update::Update;
