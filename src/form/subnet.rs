//! Networks in CIDR notation.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::{Advice, Form};

/// A network in CIDR notation, without host bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Subnet(pub IpNet);

impl Form for Subnet {
    const NOUN: &'static str = "a subnet";
    const LOOKS: &'static str = " such as 172.20.0.0/16";
    const EXPECTED: &'static str = "a network in CIDR notation: ADDRESS/PREFIX";
    const EXAMPLE: &'static str = "172.20.0.0/16";
    const PATTERN: &'static str = r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$";

    fn parse(text: &str) -> Option<Subnet> {
        text.parse().ok().filter(|net: &IpNet| net.trunc() == *net).map(Subnet)
    }

    /// `172.17.0.1/24`, which is an address in a subnet, and `172.17.0.0`.
    fn advice(text: &str) -> Option<Advice> {
        let mask = text.split_once('/').and_then(|(address, mask)| {
            Ipv4Net::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()
        });
        if let Some(net) = mask {
            return Advice::write("has a netmask, expected a prefix length", net.trunc());
        }
        if let Ok(net) = text.parse::<IpNet>() {
            return Advice::write("has host bits set", net.trunc());
        }
        let address: IpAddr = text.parse().ok()?;
        let net = IpNet::new(address, if address.is_ipv4() { 24 } else { 64 }).ok()?;
        Advice::write("has no prefix length", net.trunc())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Subnet;

    #[test]
    fn a_subnet_is_a_network_address_with_a_prefix_length() {
        parses::<Subnet>(
            &["172.20.0.0/16", "fd00::/64"],
            &["", "172.20.0.0", "172.20.0.1/16", "172.20.0.0/33"],
        );
        advises::<Subnet>(&[
            ("172.17.0.1/24", "write `172.17.0.0/24`"),
            ("172.17.0.1", "write `172.17.0.0/24`"),
            ("172.21.0.0/255.255.0.0", "write `172.21.0.0/16`"),
            ("lan", ""),
        ]);
    }
}
