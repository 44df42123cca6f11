//! Ports of a container, and the ports on the host that forward to them.

use std::net::Ipv4Addr;

use ipnet::IpNet;
use schemars::json_schema;

use super::Spanned;
use crate::form::{Address, ClientRange, PortRange, Protocol};
use crate::shape::{mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A published port: a port on the host that forwards to a container.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    /// The address on the host.
    pub address: Value<Address>,
    /// The port on the host, or a range.
    pub published: Value<PortRange>,
    /// The port in the container, or a range.
    pub target: Value<PortRange>,
    /// The protocol.
    pub protocol: Value<Protocol>,
    /// The only clients that reach the port, if not all do.
    pub from: Option<Spanned<Vec<Value<ClientRange>>>>,
    /// The span of the entry.
    pub span: Span,
}

impl Port {
    /// True if HTTP reaches the port at 127.0.0.1.
    pub(crate) fn has_http_on_loopback(&self) -> bool {
        let address = self.address.value.0;
        let is_on_loopback = address == Ipv4Addr::LOCALHOST || address == Ipv4Addr::UNSPECIFIED;
        is_on_loopback && self.protocol.value == Protocol::Tcp
    }

    /// The subnets of `from` with addresses of the port's IP version, without duplicates. `None` without a `from`.
    pub(crate) fn clients(&self) -> Option<Vec<IpNet>> {
        let is_ipv6 = self.address.value.0.is_ipv6();
        let subnets = self.from.as_ref()?.value.iter().flat_map(|range| range.value.subnets());
        Some(IpNet::aggregate(&subnets.filter(|subnet| subnet.addr().is_ipv6() == is_ipv6).collect()))
    }
}

mapping! {
    /// A port in Compose's long form.
    LongPort such as "{ target: 80, published: 8080 }" {
        /// The port in the container, or a range.
        target: Text,
        /// The port on the host, or a range.
        published: Text,
        /// The address on the host.
        host_ip: Value<Address> = "127.0.0.1",
        /// The protocol: `tcp`, `udp` or `sctp`.
        protocol: Text = "tcp",
        /// The only clients that reach the port: subnets, addresses and `tailnet`. The host itself always reaches it.
        from: Option<Spanned<Vec<Value<ClientRange>>>>,
    }
}

schema!(Port, |g| {
    let long = g.subschema_for::<LongPort>();
    json_schema!({ "title": "[port]", "anyOf": [{ "type": "string" }, long] })
});

/// The ports of a container.
pub(crate) type Ports = Vec<Port>;

/// A port that a container listens on.
#[derive(Clone, Debug)]
pub(crate) struct Expose {
    /// The port, or a range of ports such as `3000-3010`.
    pub port: Value<PortRange>,
    /// True for UDP, false for TCP.
    pub udp: bool,
}

schema!(Expose, |_g| json_schema!({ "title": "port or range", "anyOf": [
    { "type": "integer" },
    { "type": "string", "pattern": "^[0-9]+(-[0-9]+)?(/([tT][cC][pP]|[uU][dD][pP]))?$" },
] }));
