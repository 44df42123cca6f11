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
        /// Whether it is on until the owner says otherwise. Default: where the service is.
        enable: Option<Flag>,
        /// When it runs, in the host's time zone. A preset may leave it to you, and then cleans nothing up.
        at: Option<Value<Calendar>>,
        /// The secret with the address at Healthchecks that hears of each run.
        ping: Option<Value<SecretName>>,
        /// Whether somebody is told when it fails. Default: failure, where there is a `notify`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}
