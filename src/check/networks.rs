//! Rules about networks, addresses and ports.

mod address_taken;
mod alias_without_network;
mod default_gateway;
mod dns_port;
mod firewall_pattern;
mod fixed_address;
mod host_closed;
pub(super) mod host_ports;
mod internal_port;
mod ipv4_chosen;
mod ipv6_publish;
mod lan_ports;
mod loopback_port;
pub(super) mod named_hosts;
mod network_addresses;
mod network_mode;
mod nftables_flush;
mod port_clients;
mod port_taken;
mod published_wide;
mod reached_sites;
mod subnet_overlap;
mod subnet_small;
mod tailnet_address;
mod tailscale_missing;
mod unused_port;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    address_taken::check,
    alias_without_network::check,
    default_gateway::check,
    dns_port::check,
    firewall_pattern::check,
    fixed_address::check,
    host_closed::check,
    host_ports::check,
    internal_port::check,
    ipv4_chosen::check,
    ipv6_publish::check,
    loopback_port::check,
    network_addresses::check,
    network_mode::check,
    nftables_flush::check,
    port_clients::check,
    port_taken::check,
    published_wide::check,
    reached_sites::check,
    subnet_overlap::check,
    subnet_small::check,
    tailnet_address::check,
    tailscale_missing::check,
    unused_port::check,
];
