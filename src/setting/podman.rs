//! Podman itself.

use schemars::json_schema;

use super::Flag;
use crate::form::{Calendar, Owner};
use crate::shape::{mapping, schema};
use crate::value::Value;

mapping! {
    /// Podman.
    Podman such as "{ prune: weekly }" or nothing {
        /// The schedule of `podman system prune` (`autoPrune`), or `false`. It removes stopped containers, unused
        /// networks and images without a tag, including ones that homegen did not create. Images with a tag stay,
        /// unless your own configuration adds `--all` to `virtualisation.podman.autoPrune.flags`.
        prune: Prune = "weekly",
        /// Makes `docker` an alias of `podman`.
        docker_compat: Flag = "false",
        /// Creates a Docker-compatible socket at `/run/docker.sock`.
        docker_socket: Flag = "false",
        /// Installs the command `homeserver`: `homeserver list`, `stop immich`, `start immich`, `restart immich`, `pull
        /// immich`, `recreate immich`, `logs immich -f`, `shell immich-server`, and for databases in containers and on
        /// the host `psql immich`, `password immich` and `valkey immich`.
        commands: Flag = "false",
        /// The members of the group `podman`. They can use the socket, which gives them root privileges.
        users: Vec<Value<Owner>>,
    }
}

/// `false`, or the schedule of pruning.
#[derive(Clone, Debug)]
pub(crate) enum Prune {
    /// Never.
    Never,
    /// The schedule.
    At(Value<Calendar>),
}

schema!(Prune, |g| {
    let at = g.subschema_for::<Value<Calendar>>();
    json_schema!({ "title": "`false` or a time", "anyOf": [{ "const": false }, at] })
});
