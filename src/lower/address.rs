//! Addresses of interfaces: a program that listens on one waits until the host has it. An address that comes from a lease, a
//! tunnel or the tailnet is often later than `network.target`, and a program that cannot bind it fails.
//!
//! ```yaml
//! caddy: { bind: [192.168.1.2, 10.8.0.1] }
//! ```
//! ```nix
//! systemd.services.caddy.serviceConfig.ExecStartPre = [ (scripts.waitForAddress "192.168.1.2" "") … ];
//! ```

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::tailscale;
use crate::hir::Host;
use crate::nix::Expr;
use crate::script::Script;

/// The commands that wait for addresses, one for each. Loopback addresses, and 0.0.0.0 for all addresses, are always there.
pub(super) fn waits(addresses: impl Iterator<Item = IpAddr>, host: &Host) -> Vec<Expr> {
    let is_late = |address: &IpAddr| !address.is_loopback() && !address.is_unspecified();
    let addresses: BTreeSet<IpAddr> = addresses.filter(is_late).collect();
    let tailnet = host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
    let wait = |address: IpAddr| {
        let interface = match Some(address) == tailnet {
            true => Expr::text(&tailscale::interface(host)),
            false => Expr::str(""),
        };
        Expr::run(Script::WaitForAddress, [Expr::str(address.to_string()), interface])
    };
    addresses.into_iter().map(wait).collect()
}
