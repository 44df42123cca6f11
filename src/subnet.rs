//! Subnets.

use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The first usable address of a subnet, which Podman assigns to the gateway (podman-network-create(1), --gateway).
pub(crate) fn first_address(subnet: &IpNet) -> IpAddr {
    match subnet {
        IpNet::V4(v4) => v4.hosts().next().unwrap_or(v4.network()).into(),
        IpNet::V6(v6) => Ipv6Addr::from_bits(v6.network().to_bits().saturating_add(1)).into(),
    }
}

/// A set of subnets with fast lookups of addresses, by their prefixes.
#[derive(Debug)]
pub(crate) struct Subnets {
    all: HashSet<IpNet>,
    /// The prefix lengths of both IP versions.
    lengths: BTreeSet<u8>,
}

impl Subnets {
    /// Creates the set.
    pub(crate) fn of(subnets: impl Iterator<Item = IpNet>) -> Subnets {
        let all: HashSet<IpNet> = subnets.map(|subnet| subnet.trunc()).collect();
        Subnets { lengths: all.iter().map(IpNet::prefix_len).collect(), all }
    }

    /// Reports whether an address is in one of the subnets.
    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        let prefixes = self.lengths.iter().filter_map(|length| IpNet::new(address, *length).ok());
        prefixes.into_iter().any(|prefix| self.all.contains(&prefix.trunc()))
    }
}

/// The ranges from which Tailscale assigns addresses (<https://tailscale.com/kb/1015/100.x-addresses>).
pub(crate) const TAILNET: [&str; 2] = ["100.64.0.0/10", "fd7a:115c:a1e0::/48"];

/// Reports whether Tailscale may have assigned the address.
pub(crate) fn is_in_tailnet(address: IpAddr) -> bool {
    TAILNET.iter().any(|net| net.parse::<IpNet>().is_ok_and(|net| net.contains(&address)))
}

#[cfg(test)]
mod tests {
    use super::{Subnets, first_address};

    #[test]
    fn an_address_is_in_the_subnets_that_contain_it() {
        let subnets = ["10.0.0.0/8", "172.20.3.7/24", "fd00:1::/64"];
        let subnets = Subnets::of(subnets.iter().map(|subnet| subnet.parse().unwrap()));
        for (address, inside) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("172.20.3.1", true),
            ("172.20.4.1", false),
            ("fd00:1::9", true),
            ("fd00:2::9", false),
        ] {
            assert_eq!(subnets.contain(address.parse().unwrap()), inside, "{address}");
        }
    }

    #[test]
    fn the_first_address_follows_the_network_address() {
        for (subnet, first) in [("172.20.0.0/16", "172.20.0.1"), ("fd00:1::/64", "fd00:1::1")] {
            assert_eq!(first_address(&subnet.parse().unwrap()).to_string(), first);
        }
    }
}
