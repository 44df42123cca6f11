//! The servers of the host that a container uses.

use schemars::json_schema;

use crate::form::DatabaseName;
use crate::shape::{keyword, mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// Servers of the host that a container uses.
    Uses such as "{ postgres: notes }" or nothing {
        /// The database of the host's Postgres: its name, or a mapping with `over`. Postgres' socket is mounted at
        /// `/run/postgresql`, and the variables of the image, or PGHOST, PGUSER, PGDATABASE and PGPASSWORD, are set.
        postgres: Option<UsedDatabase>,
        /// The user of the host's Valkey. Its socket is mounted at `/run/redis-valkey`, and the variables of the image
        /// are set, if homegen knows them.
        valkey: Option<Text>,
    }
}

/// The database that a container uses.
#[derive(Clone, Debug)]
pub(crate) struct UsedDatabase {
    /// The name of the database. A rule checks the names that are declared.
    pub database: Text,
    /// The transport of the connection.
    pub over: Transport,
}

schema!(UsedDatabase, |g| {
    let name = g.subschema_for::<Value<DatabaseName>>();
    let long = g.subschema_for::<LongUsedDatabase>();
    json_schema!({ "title": "database name or mapping", "anyOf": [name, long] })
});

mapping! {
    /// The long form of the database that a container uses.
    LongUsedDatabase such as "{ database: notes, over: tcp }" {
        /// The name of the database.
        database: Text,
        /// The transport: `socket`, or `tcp` for a program that cannot connect to a socket. With `tcp`, Postgres also
        /// listens on the gateway of the container's first network with an IPv4 `subnet`. It accepts connections from
        /// that subnet to this database alone, and the firewall opens port 5432 on the bridge of that network.
        over: Transport = "socket",
    }
}

keyword! {
    /// The transport of a connection to a server of the host.
    Transport is "a transport" {
        /// The socket of the server, in a mounted folder.
        Socket = "socket",
        /// The address of the host on a network of the container.
        Tcp = "tcp",
    }
}

impl Uses {
    /// The folder of Postgres' socket (`unix_socket_directories` of nixpkgs' postgresql, and of Debian's).
    pub(crate) const POSTGRES_SOCKETS: &'static str = "/run/postgresql";

    /// The folder of Valkey's socket (nixpkgs' redis module).
    pub(crate) const VALKEY_SOCKETS: &'static str = "/run/redis-valkey";

    /// The folders that are mounted into the container, each with the span of the name that needs it.
    pub(crate) fn sockets(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let postgres = self.postgres.iter().filter(|used| used.over == Transport::Socket);
        let postgres = postgres.map(|used| (Uses::POSTGRES_SOCKETS, used.database.span));
        postgres.chain(self.valkey.iter().map(|name| (Uses::VALKEY_SOCKETS, name.span)))
    }
}
