//! Rules about the servers of the host that containers use.

mod database_password;
mod idle_user;
mod keys_overlap;
mod needs;
mod shared_database;
mod tcp_network;
mod unknown_database;
mod unused_number;

use indexmap::IndexSet;

use super::Rule;
use crate::hir::{Container, Host};
use crate::tree::Text;

pub(super) const RULES: &[Rule] = &[
    database_password::check,
    idle_user::check,
    keys_overlap::check,
    needs::check,
    shared_database::check,
    tcp_network::check,
    unknown_database::check,
    unused_number::check,
];

/// A server of the host with the names that containers use: databases of Postgres, users of Valkey.
struct Server {
    /// Its key at the top of the file and in `uses`.
    key: &'static str,
    /// The noun of a name, such as `database`.
    noun: &'static str,
    /// The name of the program.
    program: &'static str,
    /// The declared names. `None` if the server is not declared.
    names: Option<IndexSet<String>>,
    /// True if a line among the names could not be read.
    is_cut: bool,
    /// A declaration, in which NAME stands for the name.
    example: &'static str,
    /// The name that a container uses.
    used: fn(&Container) -> Option<&Text>,
}

/// The servers that a host may have.
fn servers(host: &Host) -> [Server; 2] {
    let databases = host.postgres.as_ref().map(|postgres| &postgres.databases);
    let users = host.valkey.as_ref().map(|valkey| &valkey.users);
    [
        Server {
            key: "postgres",
            noun: "database",
            program: "Postgres",
            names: databases.map(|map| map.entries.iter().map(|(name, _)| name.value()).collect()),
            is_cut: databases.is_some_and(|map| map.is_cut),
            example: "postgres: { version: 17, databases: { NAME: { password: SECRET } } }",
            used: Container::used_database,
        },
        Server {
            key: "valkey",
            noun: "user",
            program: "Valkey",
            names: users.map(|map| map.entries.iter().map(|(name, _)| name.value()).collect()),
            is_cut: users.is_some_and(|map| map.is_cut),
            example: "valkey: { users: { NAME: { password: SECRET, keys: [\"NAME:*\"], allow: [read, write] } } }",
            used: |container| container.uses.valkey.as_ref(),
        },
    ]
}
