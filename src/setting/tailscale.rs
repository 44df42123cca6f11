//! The tailnet.

use super::Allow;
use crate::form::{Address, Duration, Interface};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// The tailnet.
    Tailscale such as "{ address: 100.64.0.7 }" {
        /// The host's address in the tailnet.
        address: Value<Address>,
        /// How long one attempt waits for the address. It starts again until it succeeds.
        wait: Value<Duration> = "60s",
        /// The interface of the tailnet. Another name becomes `services.tailscale.interfaceName`.
        interface: Value<Interface> = "tailscale0",
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}
