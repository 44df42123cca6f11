//! HAProxy.

use super::Sites;
use crate::form::{Domain, Interface, ListenAddress};
use crate::setting::{Allow, NotifyOn, Spanned};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// HAProxy, which serves sites in plain HTTP.
    HaProxy such as "{ interfaces: [eth0] }" {
        /// The interfaces on which the firewall opens the ports of the sites.
        interfaces: Vec<Value<Interface>>,
        /// The loopback address and the port of the statistics page, such as `127.0.0.1:8404`.
        stats: Option<Value<ListenAddress>>,
        /// The parent domain of each site's `subdomain`.
        domain: Option<Value<Domain>>,
        /// Sites that belong to no service. Their `to` is an address.
        sites: Sites,
        /// Sends a notification when HAProxy fails. Default: `never`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}
