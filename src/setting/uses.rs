//! The servers of the host that a container uses.

use crate::form::{DatabaseName, ValkeyUserName};
use crate::shape::mapping;
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
