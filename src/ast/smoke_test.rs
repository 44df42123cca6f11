//! The smoke test of the whole host.

use crate::form::{Calendar, Percent, SecretName, ZfsPool};
use crate::setting::{Allow, Flag, NotifyOn, Spanned};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// A check of every site, backup, disk and network mount, with notifications about failures.
    SmokeTest such as "{ at: hourly }" {
        /// Enables the smoke test; your own configuration can override it.
        enable: Flag = "true",
        /// The schedule, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). It has
        /// to recur: no year, and a day that exists in the month. A run that was missed while the host was off is
        /// made up for. A random delay of up to 5 minutes spreads the jobs.
        at: Value<Calendar>,
        /// The minimum free space of each disk and pool, in percent.
        free_percent: Value<Percent> = "10",
        /// ZFS pools that are checked for errors and for their free space, besides the pools of `zfs.snapshots`.
        pools: Vec<Value<ZfsPool>>,
        /// The secret with the address of a check at [Healthchecks](https://healthchecks.io), which is pinged when
        /// a run starts, succeeds and fails. Each job needs a check of its own.
        ping: Option<Value<SecretName>>,
        /// Sends a notification when the smoke test itself fails. Failed checks are always sent. Default:
        /// `failure`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}
