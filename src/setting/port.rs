//! Ports of a container, and the ports on the host that forward to them.

use std::net::Ipv4Addr;

use schemars::json_schema;

use crate::form::{Address, PortRange, Protocol};
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
    /// The span of the entry.
    pub span: Span,
}

impl Port {
    /// True if the port is reachable at 127.0.0.1.
    pub(crate) fn is_on_loopback(&self) -> bool {
        let address = self.address.value.0;
        address == Ipv4Addr::LOCALHOST || address == Ipv4Addr::UNSPECIFIED
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
