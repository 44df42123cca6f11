//! Podman networks, and the attachment of a container to one.

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
        /// One or more subnets. Without it, Podman chooses one. Required for fixed addresses of containers.
        subnet: OneOrMany<Value<Subnet>>,
        /// The gateway in each subnet, in the same order.
        gateway: OneOrMany<Value<Address>>,
        /// The range in each subnet from which Podman assigns addresses, in the same order. Addresses outside of it are left
        /// to fixed addresses. Becomes `--ip-range`.
        ip_range: OneOrMany<Value<Subnet>>,
        /// Enables IPv4 and IPv6; Podman chooses a missing subnet (`--ipv6`).
        ipv6: Flag = "false",
        /// Blocks access to other networks (`--internal`). A container that is only on internal networks cannot
        /// publish ports or have a site.
        internal: Flag = "false",
        /// The network is created outside of this file. Before each start of a container, its existence is checked.
        external: Flag = "false",
        /// The name of the network's bridge on the host. Default: `br-NAME`, shortened to 15 characters.
        interface: Option<Value<Interface>>,
        /// Options of the bridge driver (`--opt`): `isolate`, `metric`, `mode`, `mtu`, `no_default_route`, `vlan`
        /// and `vrf`. `isolate` is `false` unless it is set here.
        driver_opts: Pairs,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A container on one network.
    Attachment such as "{ ipv4_address: 172.20.0.10 }" or nothing called "lan" {
        /// Additional names of the container on this network.
        aliases: Vec<Value<Domain>>,
        /// A fixed IPv4 address within the network's `subnet`.
        ipv4_address: Option<Value<Address>>,
        /// A fixed IPv6 address within the network's `subnet`.
        ipv6_address: Option<Value<Address>>,
        /// A fixed MAC address.
        mac_address: Option<Value<Mac>>,
    }
}

/// The network of a container that is on no Podman network.
#[derive(Clone, Debug)]
pub(crate) enum NetworkMode {
    /// The host's network, with the span of the value.
    Host(Span),
    /// No network.
    None,
    /// The network of another container.
    Container(Text),
}

schema!(
    NetworkMode,
    |_g| json_schema!({ "title": "`host`, `none`, `container:NAME` or `service:NAME`", "type": "string", "pattern": "^(host|none|(container|service):.+)$" })
);
