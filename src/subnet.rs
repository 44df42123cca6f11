//! Subnets.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The first address that something can have, which Podman gives to the gateway: the one after the subnet's
/// own (podman-network-create(1), --gateway).
pub fn first_address(subnet: &IpNet) -> IpAddr {
    match subnet {
        IpNet::V4(v4) => v4.hosts().next().unwrap_or(v4.network()).into(),
        IpNet::V6(v6) => Ipv6Addr::from_bits(v6.network().to_bits().saturating_add(1)).into(),
    }
}

/// What Tailscale gives addresses out of (<https://tailscale.com/kb/1015/100.x-addresses>).
pub const TAILNET: [&str; 2] = ["100.64.0.0/10", "fd7a:115c:a1e0::/48"];

/// Whether Tailscale may have given the address.
pub fn is_in_tailnet(address: IpAddr) -> bool {
    TAILNET.iter().any(|net| net.parse::<IpNet>().is_ok_and(|net| net.contains(&address)))
}

#[cfg(test)]
mod tests {
    use super::first_address;

    #[test]
    fn the_first_address_is_not_the_subnets_own() {
        for (subnet, first) in [("172.20.0.0/16", "172.20.0.1"), ("fd00:1::/64", "fd00:1::1")] {
            assert_eq!(first_address(&subnet.parse().unwrap()).to_string(), first);
        }
    }
}
