//! Clients of a site.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Advice, Form, Subnet};
use crate::subnet::TAILNET;

/// A range of addresses of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientRange {
    /// The addresses that Tailscale assigns.
    Tailnet,
    /// A subnet, or an address as a subnet of one.
    Subnet(IpNet),
}

impl ClientRange {
    /// The subnets of the range.
    pub(crate) fn subnets(self) -> Vec<IpNet> {
        match self {
            ClientRange::Tailnet => TAILNET.iter().filter_map(|net| net.parse().ok()).collect(),
            ClientRange::Subnet(net) => vec![net],
        }
    }
}

impl Form for ClientRange {
    const NOUN: &'static str = "a range of clients";
    const LOOKS: &'static str = " such as 192.168.1.0/24";
    const EXPECTED: &'static str = "a subnet, an address or tailnet";
    const EXAMPLE: &'static str = "192.168.1.0/24";
    const PATTERN: &'static str = r"^(tailnet|[0-9A-Fa-f.:]+(/[0-9]{1,3})?)$";

    fn parse(text: &str) -> Option<ClientRange> {
        if text == "tailnet" {
            return Some(ClientRange::Tailnet);
        }
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        Subnet::parse(text).map(|subnet| subnet.0).or_else(address).map(ClientRange::Subnet)
    }

    /// `tailscale`, and the mistakes in a subnet.
    fn advice(text: &str) -> Option<Advice> {
        if matches!(text.to_lowercase().as_str(), "tailscale" | "tailnet" | "tailscale0") {
            return Advice::write("is not the word for the tailnet", "tailnet");
        }
        Subnet::advice(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::ClientRange;

    #[test]
    fn clients_are_a_subnet_an_address_or_the_tailnet() {
        parses::<ClientRange>(
            &["192.168.1.0/24", "10.0.0.7", "fd00::/64", "::1", "tailnet"],
            &["", "lan", "192.168.1.7/24", "192.168.1.0/33", "Tailnet"],
        );
        advises::<ClientRange>(&[
            ("tailscale", "write `tailnet`"),
            ("192.168.1.7/24", "write `192.168.1.0/24`"),
            ("lan", ""),
        ]);
    }
}
