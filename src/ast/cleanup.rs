//! Clean-up of what a service collects.

use crate::application::Cleaning;
use crate::form::{Calendar, SecretName};
use crate::setting::{Allow, Flag, Spanned, Tell};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// A clean-up.
    Cleanup such as "{ immich_album: { name: Old, api_key: immich-api-key }, at: daily }" {
        ..what: Cleaning,
        /// Whether it is on until your own configuration says otherwise. Default: that of its service.
        enable: Option<Flag>,
        /// When it runs, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). A run that
        /// was missed while the host was off is made up for; up to five minutes are added, so that not all jobs start
        /// at once. A time comes again: without a year, and on a day that the month has. A job that a preset describes
        /// without a time does not exist until you give it one. Required.
        at: Option<Value<Calendar>>,
        /// A secret with the address of a check at [Healthchecks](https://healthchecks.io), which hears when a run
        /// begins, succeeds and fails. Each job has one of its own.
        ping: Option<Value<SecretName>>,
        /// Whether a notification is sent when it fails; without a `notify` at the top, none is. Default: `failure`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}
