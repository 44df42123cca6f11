//! IP addresses.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Advice, Form};

/// An IPv4 or IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address(pub IpAddr);

impl Form for Address {
    const NOUN: &'static str = "an IP address";
    const LOOKS: &'static str = " such as 192.168.1.20";
    const EXPECTED: &'static str = "an IPv4 or IPv6 address";
    const EXAMPLE: &'static str = "192.168.1.20";
    const PATTERN: &'static str = r"^[0-9A-Fa-f.:]+$";

    fn parse(text: &str) -> Option<Address> {
        text.parse().ok().map(Address)
    }

    /// `100.64.0.7/32`, and `1.1.1.1, 8.8.8.8`.
    fn advice(text: &str) -> Option<Advice> {
        if let Ok(net) = text.parse::<IpNet>() {
            return Advice::write("is a network: it ends with a prefix length", net.addr());
        }
        let all: Option<Vec<IpAddr>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
        let list: Vec<String> = all?.iter().map(|address| format!("\"{address}\"")).collect();
        Advice::new("contains several addresses", format!("write a list: `[{}]`", list.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Address;

    #[test]
    fn an_address_is_ipv4_or_ipv6() {
        advises::<Address>(&[
            ("100.64.0.7/32", "write `100.64.0.7`"),
            ("1.1.1.1, 8.8.8.8", "write a list: `[\"1.1.1.1\", \"8.8.8.8\"]`"),
            ("nas", ""),
        ]);
        parses::<Address>(
            &["192.168.1.20", "fd00::1"],
            &["", "192.168.1", "192.168.1.0/24", "[fd00::1]", "nas"],
        );
    }
}
