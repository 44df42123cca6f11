//! The smoke test of the whole host.

use crate::form::{Calendar, Percent, SecretName};
use crate::setting::{Allow, Flag, Spanned, Tell};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// A look at every site, backup, disk and network mount, which tells what is wrong.
    SmokeTest such as "{ at: hourly }" {
        /// Whether it is on until the owner says otherwise.
        enable: Flag = "true",
        /// When it runs, in the host's time zone.
        at: Value<Calendar>,
        /// How much of each disk has to be free, in percent.
        free_percent: Value<Percent> = "10",
        /// The secret with the address at Healthchecks that hears of each run.
        ping: Option<Value<SecretName>>,
        /// Whether somebody is told when it fails in itself. What it finds is always told. Default: failure, where there is
        /// a `notify`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}
