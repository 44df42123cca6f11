//! DNS rewrites of AdGuard Home.

use super::{Allow, Map};
use crate::form::Address;
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// DNS rewrites of AdGuard Home, which the host enables as `services.adguardhome`.
    Adguard such as "{ rewrites: { photos.example.org: 192.168.1.2 } }" or nothing {
        /// The answers for names, by name. `*.example.org` is every name below `example.org`.
        rewrites: Map<Value<Address>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}
