//! The host's Postgres.

use super::{Map, UsedSecret};
use crate::form::{PostgresExtension, PostgresMajor, SecretName};
use crate::setting::Format;
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// Postgres on the host, for containers and for programs of the host.
    Postgres such as "{ version: 17, databases: { notes: { password: notes-db } } }" {
        /// The major version. A change on existing data is an error. Becomes `services.postgresql.package`.
        version: Value<PostgresMajor>,
        /// The databases, by name. Each has a role of the same name, which owns it. Becomes `ensureDatabases`,
        /// `ensureUsers`.
        databases: Map<Database>,
    }
}

mapping! {
    /// A database of the host's Postgres, and its role.
    Database such as "{ password: notes-db }" or nothing called "notes" {
        /// The secret with the password of the role. Without one, only a system user with the name of the role can
        /// connect. Becomes a line of `services.postgresql.authentication`.
        password: Option<Value<SecretName>>,
        /// The extensions of the database. They are created by the superuser, and updated with Postgres.
        extensions: Vec<Value<PostgresExtension>>,
    }
}

impl Postgres {
    /// The folder of the data (nixpkgs' postgresql: `dataDir` is a folder in it for each major version).
    pub(crate) const DATA: &'static str = "/var/lib/postgresql";

    /// The unit that sets the passwords and the extensions, without `.service`.
    pub(crate) const SET_UP: &'static str = "postgres-databases";

    /// The port, which is also in the name of the socket (nixpkgs' postgresql: `settings.port`).
    pub(crate) const PORT: u16 = 5432;

    /// The secrets with the passwords of the roles.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = UsedSecret<'_>> {
        let passwords = self.databases.entries.iter().filter_map(|(_, database)| database.password.as_ref());
        passwords.map(|password| UsedSecret::of(password, Some(Format::Raw)))
    }
}
