//! The servers of the host that a container uses.

use crate::form::{DatabaseName, ValkeyUserName};
use crate::shape::mapping;
use crate::source::Span;
use crate::value::Value;

mapping! {
    /// Servers of the host that a container uses.
    Uses such as "{ postgres: notes }" or nothing {
        /// The database of the host's Postgres. Its socket is mounted at `/run/postgresql`, and the variables of the
        /// image, or PGHOST, PGUSER, PGDATABASE and PGPASSWORD, are set.
        postgres: Option<Value<DatabaseName>>,
        /// The user of the host's Valkey. Its socket is mounted at `/run/redis-valkey`, and the variables of the image
        /// are set, if homegen knows them.
        valkey: Option<Value<ValkeyUserName>>,
    }
}

impl Uses {
    /// The folder of Postgres' socket (`unix_socket_directories` of nixpkgs' postgresql, and of Debian's).
    pub(crate) const POSTGRES_SOCKETS: &'static str = "/run/postgresql";

    /// The folder of Valkey's socket (nixpkgs' redis module).
    pub(crate) const VALKEY_SOCKETS: &'static str = "/run/redis-valkey";

    /// The folders that are mounted into the container, each with the span of the name that needs it.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let postgres = self.postgres.iter().map(|name| (Uses::POSTGRES_SOCKETS, name.text.span));
        postgres.chain(self.valkey.iter().map(|name| (Uses::VALKEY_SOCKETS, name.text.span)))
    }
}
