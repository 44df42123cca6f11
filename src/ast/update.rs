//! Updates of a service's images.

use crate::form::{Advice, Calendar, Form, HttpPath, Repository, SecretName};
use crate::setting::{Allow, Flag, OneOrMany, Spanned, Tell};
use crate::shape::mapping;
use crate::tree::{Kind, Node, Text};
use crate::value::Value;

mapping! {
    /// A daily look for a new release, and a command that updates.
    Update such as "{ repository: immich-app/immich, at: daily, restart: server, health: /api/server/ping }" else time_alone {
        /// Whether it is on until the owner says otherwise. Default: where the service is.
        enable: Option<Flag>,
        /// The repository on GitHub whose releases are asked for, such as `immich-app/immich`.
        repository: Value<Repository>,
        /// When it is asked, in the host's time zone. A preset may leave it to you, and then does not ask.
        at: Option<Value<Calendar>>,
        /// The containers that are updated, in the order in which they start.
        restart: OneOrMany<Text>,
        /// Whether the service's backup of `database` runs first. Default: where there is one.
        backup_first: Option<Flag>,
        /// The path at the service's port that answers once it is well, such as `/api/server/ping`.
        health: Value<HttpPath>,
        /// The secret with the address at Healthchecks that hears of each look.
        ping: Option<Value<SecretName>>,
        /// Whether somebody is told when the look fails. Default: failure, where there is a `notify`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

/// `03:00`, the time of an update without its key.
fn time_alone(node: &Node) -> Option<Advice> {
    let Kind::Scalar(text) = &node.kind else { return None };
    let value = text.value();
    Calendar::parse(&value)?;
    let help = format!(
        "write `{{ at: {value:?} }}`, with `repository`, `restart` and `health` in it unless a preset has them"
    );
    Advice::new("is a time alone", help)
}
