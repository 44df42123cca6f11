//! The smoke test of the whole host.

use crate::form::{Calendar, Percent, SecretName};
use crate::setting::{Allow, Flag, Spanned, Tell};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// A look at every site, backup, disk and network mount, which tells what is wrong.
    SmokeTest such as "{ at: hourly }" {
        /// Whether it is on until your own configuration says otherwise.
        enable: Flag = "true",
        /// When it runs, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). A run that
        /// was missed while the host was off is made up for; up to five minutes are added, so that not all jobs start
        /// at once. A time comes again: without a year, and on a day that the month has.
        at: Value<Calendar>,
        /// How much of each disk has to be free, in percent.
        free_percent: Value<Percent> = "10",
        /// A secret with the address of a check at [Healthchecks](https://healthchecks.io), which hears when a run
        /// begins, succeeds and fails. Each job has one of its own.
        ping: Option<Value<SecretName>>,
        /// Whether a notification is sent when the smoke test itself fails. Its findings are always sent. Default:
        /// `failure`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}
