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
        /// The subnet, or several. Without it, Podman chooses one. A fixed address of a container needs it.
        subnet: OneOrMany<Value<Subnet>>,
        /// The gateway in each subnet, in the same order.
        gateway: OneOrMany<Value<Address>>,
        /// Whether it has both kinds of addresses; Podman chooses the subnet that is not named (`--ipv6`).
        ipv6: Flag = "false",
        /// Whether it has no way out (`--internal`). A container on internal networks alone publishes no port and has
        /// no site.
        internal: Flag = "false",
        /// Whether something else makes it. homegen checks before each start of a container that it exists.
        external: Flag = "false",
        /// The name of its bridge on the host. Default: `br-NAME`, shortened to 15 characters.
        interface: Option<Value<Interface>>,
        /// Options of the bridge driver (`--opt`): `isolate`, `metric`, `mode`, `mtu`, `no_default_route`, `vlan` and
        /// `vrf`. `isolate` is `false` unless it is written here.
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
        /// Its fixed IPv4 address, inside of the network's `subnet`.
        ipv4_address: Option<Value<Address>>,
        /// Its fixed IPv6 address, inside of the network's `subnet`.
        ipv6_address: Option<Value<Address>>,
        /// Its fixed MAC address.
        mac_address: Option<Value<Mac>>,
    }
}

/// What network a container has when it is on none of Podman's.
#[derive(Clone, Debug)]
pub(crate) enum NetworkMode {
    /// The host's, and where that is written.
    Host(Span),
    /// None.
    None,
    /// That of another container.
    Container(Text),
}

schema!(
    NetworkMode,
    |_g| json_schema!({ "title": "`host`, `none`, `container:NAME` or `service:NAME`", "type": "string", "pattern": "^(host|none|(container|service):.+)$" })
);
