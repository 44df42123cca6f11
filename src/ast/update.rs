//! Updates of a service's images.

use crate::form::{Advice, Calendar, Days, Form, HttpPath, Repository, SecretName};
use crate::setting::{Allow, Channel, Flag, NotifyOn, OneOrMany, Spanned};
use crate::shape::mapping;
use crate::tree::{Kind, Node, Text};
use crate::value::Value;

mapping! {
    /// A scheduled check for new releases, and a command that updates the service.
    Update such as "{ repository: immich-app/immich, at: daily, restart: server, health: /api/server/ping }" else time_alone {
        /// Enables the check; your own configuration can override it. Default: the service's `enable`.
        enable: Option<Flag>,
        /// The repository whose releases are checked: `OWNER/NAME` on GitHub, such as `immich-app/immich`, or the
        /// address of a repository on Forgejo, such as `https://codeberg.org/forgejo/forgejo`.
        repository: Value<Repository>,
        /// The releases that count. A release that is older than the last one of the channel is reported and does not
        /// count.
        channel: Channel = "stable",
        /// The age from which a release counts, such as `5d`: a faulty release is often replaced within days. Tags
        /// have no date, so `channel: edge` takes no `soak`. Default: none.
        soak: Option<Value<Days>>,
        /// Installs each release of the channel: makes the backup, pulls the images of the release, starts them, and
        /// rolls back to the previous images if the service does not become healthy. The tags of the images have to
        /// move, such as `release` or `v3` (HG1321). Without it, a release is only announced.
        automatic: Flag = "false",
        /// The schedule, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). It has
        /// to recur: no year, and a day that exists in the month. A run that was missed while the host was off is
        /// made up for. A random delay of up to 5 minutes spreads the jobs. A job of a preset without a schedule
        /// exists only once you set one. Required.
        at: Option<Value<Calendar>>,
        /// The containers to pull and restart, in start order. Required.
        restart: OneOrMany<Text>,
        /// Runs the backup `database` before the update, and stops if it fails. A new image may change the database
        /// in a way that the old image cannot read. Default: `true` if the service has that backup.
        backup_first: Option<Flag>,
        /// The URL path that answers without an error once the service is healthy, such as `/api/server/ping`. A
        /// redirect is not an error. It is requested from `http://127.0.0.1`, at the service's `port`.
        health: Value<HttpPath>,
        /// The secret with the address of a check at [Healthchecks](https://healthchecks.io), which is pinged when
        /// a run starts, succeeds and fails. Each job needs a check of its own.
        ping: Option<Value<SecretName>>,
        /// Sends a notification when the check fails, if the top-level `notify` is set. Default: `failure`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

/// The advice for a time such as `03:00` in place of the mapping.
fn time_alone(node: &Node) -> Option<Advice> {
    let Kind::Scalar(text) = &node.kind else { return None };
    let value = text.value();
    Calendar::parse(&value)?;
    let help = format!(
        "write `{{ at: {value:?} }}`, with `repository`, `restart` and `health` in it unless a preset has them"
    );
    Advice::new("is a time alone", help)
}
