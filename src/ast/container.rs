//! A container, with the names that it is linked by.

use schemars::json_schema;

use super::Attachments;
use crate::setting::{Allow, NetworkMode, Settings, Spanned, Tell, Volumes};
use crate::shape::{keyword, mapping, schema};
use crate::tree::Text;

mapping! {
    /// A container, in Compose's words.
    Container such as "{ image: docker.io/example/notes:1.2.3 }" called "server" {
        ..settings: Settings,
        /// Folders, files and volumes in the container. Becomes `volumes`, `--tmpfs`.
        volumes: Volumes,
        /// Whether a notification is sent when it fails. A stop is no failure. Default: that of its service. Becomes
        /// `ExecStopPost`.
        notify: Option<Spanned<Tell>>,
        /// The networks that it is on, in place of the service's. Becomes `networks`.
        networks: Attachments,
        /// A network that is not Podman's. With `container:` it shares the network of that container and depends on it.
        /// Becomes `networks`.
        network_mode: Option<NetworkMode>,
        /// The containers that are up before it starts. Becomes `dependsOn`.
        depends_on: DependsOn,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

/// The containers that one waits for, and for what.
#[derive(Clone, Debug, Default)]
pub(crate) struct DependsOn(pub Vec<(Text, Condition)>);

keyword! {
    /// What a container waits for.
    Condition {
        /// That the other one runs.
        Started = "started",
        /// That its health check succeeded.
        Healthy = "healthy",
        /// The first, in Compose's word.
        ServiceStarted = "service_started",
        /// The second, in Compose's word.
        ServiceHealthy = "service_healthy",
    }
}

mapping! {
    /// A dependency in Compose's long form.
    LongDependency such as "{ condition: service_healthy }" called "db" {
        /// What it waits for.
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
