//! The clean-up of a service's data.

use crate::application::Cleaning;
use crate::form::{Calendar, SecretName};
use crate::setting::{Allow, Flag, NotifyOn, Spanned};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// A clean-up.
    Cleanup such as "{ immich_album: { name: Old, api_key: immich-api-key }, at: daily }" {
        ..task: Cleaning,
        /// Enables the clean-up; your own configuration can override it. Default: the service's `enable`.
        enable: Option<Flag>,
        /// The schedule, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). It has
        /// to recur: no year, and a day that exists in the month. A run that was missed while the host was off is
        /// made up for. A random delay of up to 5 minutes spreads the jobs. A job of a preset without a schedule
        /// exists only once you set one. Required.
        at: Option<Value<Calendar>>,
        /// The secret with the address of a check at [Healthchecks](https://healthchecks.io), which is pinged when
        /// a run starts, succeeds and fails. Each job needs a check of its own.
        ping: Option<Value<SecretName>>,
        /// Sends a notification when the clean-up fails, if the top-level `notify` is set. Default: `failure`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}
