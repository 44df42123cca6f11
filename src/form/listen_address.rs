//! Ports that a front listens on.

use std::net::{IpAddr, Ipv6Addr};

use super::{Advice, Form};

/// A port, on all addresses or on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListenAddress {
    /// The address. `None` for all addresses.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}

impl ListenAddress {
    /// Reports whether only programs of the host reach it.
    pub(crate) fn is_loopback(&self) -> bool {
        self.address.is_some_and(|address| address.is_loopback())
    }
}

impl Form for ListenAddress {
    const NOUN: &'static str = "a port to listen on";
    const LOOKS: &'static str = " such as 80 or 192.168.1.2:80";
    const EXPECTED: &'static str = "a port, or an IP address and a port";
    const EXAMPLE: &'static str = "8080";
    const PATTERN: &'static str = r"^([0-9.]+:|\[[0-9A-Fa-f:.]+\]:)?[1-9][0-9]{0,4}$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<ListenAddress> {
        let (address, port) = match text.rsplit_once(':') {
            None => (None, text),
            Some((address, port)) => {
                let bracketed = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let parsed = match bracketed {
                    Some(address) => IpAddr::V6(address.parse::<Ipv6Addr>().ok()?),
                    None => IpAddr::V4(address.parse().ok()?),
                };
                (Some(parsed).filter(|address| !address.is_unspecified()), port)
            }
        };
        let number: u16 = port.parse().ok()?;
        (number > 0 && number.to_string() == port).then_some(ListenAddress { address, port: number })
    }

    /// `eth0:80`, and `192.168.1.2`.
    fn advice(text: &str) -> Option<Advice> {
        if text.parse::<IpAddr>().is_ok() {
            let address = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
            return Advice::new("has no port", format!("write `{address}:80`, or another port"));
        }
        let (name, port) = text.split_once(':')?;
        (name == "localhost")
            .then(|| Advice::write("is a name, expected an address", format!("127.0.0.1:{port}")))?
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::ListenAddress;

    #[test]
    fn a_port_may_follow_an_address() {
        parses::<ListenAddress>(
            &["80", "127.0.0.1:8080", "[::1]:80", "0.0.0.0:80"],
            &["", "0", "080", "eth0:80", "::1:80", "192.168.1.2", "65536", ":80"],
        );
        advises::<ListenAddress>(&[
            ("192.168.1.2", "write `192.168.1.2:80`, or another port"),
            ("localhost:8080", "write `127.0.0.1:8080`"),
            ("eth0:80", ""),
        ]);
    }
}
