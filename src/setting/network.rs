//! Podman networks, and how a container is on one.

use schemars::json_schema;

use super::{Allow, Flag, OneOrMany, Pairs};
use crate::form::{Address, Domain, Interface, Mac, Subnet};
use crate::shape::{mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A Podman network that services share.
    Network such as "{ subnet: 172.20.0.0/16 }" or nothing called "lan" {
        /// Its subnet, or several.
        subnet: OneOrMany<Value<Subnet>>,
        /// The gateway in each subnet, in the same order.
        gateway: OneOrMany<Value<Address>>,
        /// Whether it has IPv6 without a subnet of your own.
        ipv6: Flag = "false",
        /// Whether it has no way out.
        internal: Flag = "false",
        /// Whether someone else makes it.
        external: Flag = "false",
        /// The name of its bridge on the host. Default: made from its own.
        interface: Option<Value<Interface>>,
        /// Options of the bridge driver, such as `mtu` or `isolate`.
        driver_opts: Pairs,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A container on one network.
    Attachment such as "{ ipv4_address: 172.20.0.10 }" or nothing called "lan" {
        /// More names that it has there.
        aliases: Vec<Value<Domain>>,
        /// Its fixed IPv4 address.
        ipv4_address: Option<Value<Address>>,
        /// Its fixed IPv6 address.
        ipv6_address: Option<Value<Address>>,
        /// Its fixed MAC address.
        mac_address: Option<Value<Mac>>,
    }
}

/// What network a container has when it is on none of Podman's.
#[derive(Clone, Debug)]
pub enum NetworkMode {
    /// The host's, and where that is written.
    Host(Span),
    /// None.
    None,
    /// That of another container.
    Container(Text),
}

schema!(
    NetworkMode,
    |_g| json_schema!({ "type": "string", "pattern": "^(host|none|(container|service):.+)$" })
);
