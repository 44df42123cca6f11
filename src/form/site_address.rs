//! Addresses that a site answers on.

use std::net::IpAddr;

use super::{Address, Advice, Form};

/// An address of the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SiteAddress {
    /// The host's address in the tailnet.
    Tailscale,
    /// An IP address.
    Address(IpAddr),
}

impl Form for SiteAddress {
    const NOUN: &'static str = "an address of a site";
    const LOOKS: &'static str = " such as 192.168.1.2";
    const EXPECTED: &'static str = "an IP address or tailscale";
    const EXAMPLE: &'static str = "192.168.1.2";
    const PATTERN: &'static str = r"^(tailscale|[0-9A-Fa-f.:]+)$";

    fn parse(text: &str) -> Option<SiteAddress> {
        if text == "tailscale" {
            return Some(SiteAddress::Tailscale);
        }
        Address::parse(text).map(|address| SiteAddress::Address(address.0))
    }

    /// `tailnet`, `all`, and the mistakes in an address.
    fn advice(text: &str) -> Option<Advice> {
        match text.to_lowercase().as_str() {
            "tailnet" | "tailscale" | "tailscale0" => {
                Advice::write("is not the word for the tailnet address", "tailscale")
            }
            "all" => Advice::new("is the default", "remove `bind` from the site"),
            _ => Address::advice(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::SiteAddress;

    #[test]
    fn a_site_answers_on_an_address_or_the_tailnet() {
        parses::<SiteAddress>(
            &["192.168.1.2", "fd00::2", "tailscale"],
            &["", "all", "eth0", "192.168.1.0/24", "Tailscale"],
        );
        advises::<SiteAddress>(&[
            ("tailnet", "write `tailscale`"),
            ("all", "remove `bind` from the site"),
            ("192.168.1.2/24", "write `192.168.1.2`"),
            ("eth0", ""),
        ]);
    }
}
