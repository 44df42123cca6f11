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
        /// The time that one attempt waits for the address. Attempts repeat until one succeeds.
        wait: Value<Duration> = "60s",
        /// The interface of the tailnet. A different name becomes `services.tailscale.interfaceName`.
        interface: Value<Interface> = "tailscale0",
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}
