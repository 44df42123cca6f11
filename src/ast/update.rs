//! Updates of a service's images.

use crate::form::{Advice, Calendar, Form, HttpPath, Repository, SecretName};
use crate::setting::{Allow, Flag, OneOrMany, Spanned, Tell};
use crate::shape::mapping;
use crate::tree::{Kind, Node, Text};
use crate::value::Value;

mapping! {
    /// A daily look for a new release, and a command that updates.
    Update such as "{ repository: immich-app/immich, at: daily, restart: server, health: /api/server/ping }" else time_alone {
        /// Whether it is on until your own configuration says otherwise. Default: that of its service.
        enable: Option<Flag>,
        /// The repository on GitHub whose releases are asked for, such as `immich-app/immich`.
        repository: Value<Repository>,
        /// When it runs, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). A run that
        /// was missed while the host was off is made up for; up to five minutes are added, so that not all jobs start
        /// at once. A time comes again: without a year, and on a day that the month has. A job that a preset describes
        /// without a time does not exist until you give it one. Required.
        at: Option<Value<Calendar>>,
        /// The containers that are pulled and restarted, in the order in which they start. Required.
        restart: OneOrMany<Text>,
        /// Whether the backup `database` runs before the command changes anything, and has to succeed. A new image may
        /// change the database so that the old one cannot read it. Default: `true` where there is one.
        backup_first: Option<Flag>,
        /// The path that answers without an error (a redirect is none) once the service is well, such as
        /// `/api/server/ping`. It is asked at `http://127.0.0.1`, at the service's `port`.
        health: Value<HttpPath>,
        /// A secret with the address of a check at [Healthchecks](https://healthchecks.io), which hears when a run
        /// begins, succeeds and fails. Each job has one of its own.
        ping: Option<Value<SecretName>>,
        /// Whether a notification is sent when it fails; without a `notify` at the top, none is. Default: `failure`.
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
