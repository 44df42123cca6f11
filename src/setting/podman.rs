//! Podman itself.

use schemars::json_schema;

use super::Flag;
use crate::form::{Calendar, Owner};
use crate::shape::{mapping, schema};
use crate::value::Value;

mapping! {
    /// Podman.
    Podman such as "{ prune: weekly }" or nothing {
        /// When Podman removes stopped containers, networks that no container uses, and images without a tag
        /// (`autoPrune`, which is `podman system prune`): never, or at a time. It also removes those that homegen did
        /// not create. Images with a tag stay, unless your own configuration adds `--all` to
        /// `virtualisation.podman.autoPrune.flags`.
        prune: Prune = "weekly",
        /// Whether `docker` is an alias of `podman`.
        docker_compat: Flag = "false",
        /// Whether there is a Docker-compatible socket at `/run/docker.sock`.
        docker_socket: Flag = "false",
        /// Whether there is the command `homeserver`: `homeserver list`, `logs immich -f`, `shell immich-server`, and
        /// `psql immich` for the Postgres of a service.
        commands: Flag = "false",
        /// The members of the group `podman`, who may use that socket and thereby are root.
        users: Vec<Value<Owner>>,
    }
}

/// `false`, or when to prune.
#[derive(Clone, Debug)]
pub(crate) enum Prune {
    /// Never.
    Never,
    /// At these times.
    At(Value<Calendar>),
}

schema!(Prune, |g| {
    let at = g.subschema_for::<Value<Calendar>>();
    json_schema!({ "title": "`false` or a time", "anyOf": [{ "const": false }, at] })
});
