//! A container, with its references to other parts of the file.

use schemars::json_schema;

use super::Attachments;
use crate::setting::{Allow, NetworkMode, NotifyOn, Settings, Spanned, Uses, Volumes};
use crate::shape::{keyword, mapping, schema};
use crate::tree::Text;

mapping! {
    /// A container, with Compose's names.
    Container such as "{ image: docker.io/example/notes:1.2.3 }" called "server" {
        ..settings: Settings,
        /// Folders, files and volumes that are mounted into the container. Becomes `volumes`, `--tmpfs`.
        volumes: Volumes,
        /// Sends a notification when the container fails. A stop is not a failure. Default: the service's `notify`.
        /// Becomes `ExecStopPost`.
        notify: Option<Spanned<NotifyOn>>,
        /// The networks of the container, in place of the service's networks. Becomes `networks`.
        networks: Attachments,
        /// A mode without a Podman network. `container:NAME` shares the network of another container and depends on
        /// it. Becomes `networks`.
        network_mode: Option<NetworkMode>,
        /// The containers that start before this one. Becomes `dependsOn`.
        depends_on: DependsOn,
        /// The servers of the host that the container uses.
        uses: Uses,
        /// Sites of this host that the container reaches through the front: names of services, or full names of sites. The
        /// firewall opens the port of the front for all containers of its networks. Becomes `--add-host`,
        /// `networking.firewall.interfaces`.
        reaches: Vec<Text>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

/// The dependencies of a container, each with its condition.
#[derive(Clone, Debug, Default)]
pub(crate) struct DependsOn(pub Vec<(Text, Condition)>);

keyword! {
    /// The condition of a dependency.
    Condition is "a condition of a dependency" {
        /// The dependency is running.
        Started = "started",
        /// The dependency's health check has succeeded.
        Healthy = "healthy",
        /// The dependency has ended with success. Its `restart` is `no`.
        Completed = "completed",
        /// Compose's name of `started`.
        ServiceStarted = "service_started",
        /// Compose's name of `healthy`.
        ServiceHealthy = "service_healthy",
        /// Compose's name of `completed`.
        ServiceCompletedSuccessfully = "service_completed_successfully",
    }
}

mapping! {
    /// A dependency in Compose's long form.
    LongDependency such as "{ condition: service_healthy }" called "db" {
        /// The condition.
        condition: Condition,
    }
}

schema!(DependsOn, |g| {
    let condition = g.subschema_for::<Condition>();
    let long = g.subschema_for::<LongDependency>();
    json_schema!({ "title": "list, or map of [conditions]", "anyOf": [
        { "type": "array", "items": { "type": "string" } },
        { "type": "object", "additionalProperties": { "anyOf": [condition, long] } },
    ] })
});
