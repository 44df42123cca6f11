//! The ports of `--publish`.

use std::net::IpAddr;

use super::arguments::arguments;
use crate::form::{Form, PortRange, Protocol};
use crate::source::Span;
use crate::tree::Text;

/// A published port (podman-run(1), --publish).
#[derive(Default)]
pub(crate) struct Published {
    /// The address on the host. Without one it is on all of them.
    pub(crate) address: Option<IpAddr>,
    /// The ports on the host. Podman chooses those that are not written.
    pub(crate) ports: Option<PortRange>,
    /// The port in the container, as it is written.
    pub(crate) target: String,
    /// The protocol, if it is one.
    pub(crate) protocol: Option<Protocol>,
}

impl Published {
    /// `ADDRESS:PUBLISHED:TARGET/PROTOCOL`.
    fn parse(port: &str) -> Published {
        let (port, protocol) = port.split_once('/').unwrap_or((port, Protocol::Tcp.name()));
        let (on_host, target) = port.rsplit_once(':').unwrap_or(("", port));
        let (address, ports) = on_host.rsplit_once(':').unwrap_or(("", on_host));
        Published {
            address: address.trim_matches(['[', ']']).parse().ok(),
            ports: PortRange::parse(ports),
            target: target.to_owned(),
            protocol: Protocol::parse(protocol),
        }
    }
}

/// The published ports of a list of arguments, with the spans of the arguments. `--publish-all` is one empty entry, and
/// the last one.
pub(crate) fn published(words: &[Text]) -> Vec<(Published, Span)> {
    let (mut ports, mut all) = (Vec::new(), Vec::new());
    for argument in arguments(words) {
        match argument.name.as_str() {
            "publish" => {
                let span = argument.span;
                ports.extend(argument.values().iter().map(|port| (Published::parse(port), span)));
            }
            "publish-all" => all.push((Published::default(), argument.span)),
            _ => {}
        }
    }
    ports.extend(all);
    ports
}
