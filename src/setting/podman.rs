//! Podman itself.

use schemars::json_schema;

use super::Flag;
use crate::form::{Calendar, Owner};
use crate::shape::{mapping, schema};
use crate::value::Value;

mapping! {
    /// Podman.
    Podman such as "{ prune: weekly }" or nothing {
        /// When unused images, containers and networks are removed: `false`, or a time.
        prune: Prune = "weekly",
        /// Whether `docker` is an alias of `podman`.
        docker_compat: Flag = "false",
        /// Whether there is a Docker-compatible socket at /run/docker.sock.
        docker_socket: Flag = "false",
        /// Whether there is the command `homeserver`, for logs, a shell in a container, and psql.
        commands: Flag = "false",
        /// The users in the group `podman`, who may talk to that socket.
        users: Vec<Value<Owner>>,
    }
}

/// `false`, or when to prune.
#[derive(Clone, Debug)]
pub enum Prune {
    /// Never.
    Never,
    /// At these times.
    At(Value<Calendar>),
}

schema!(Prune, |g| {
    let at = g.subschema_for::<Value<Calendar>>();
    json_schema!({ "anyOf": [{ "const": false }, at] })
});
