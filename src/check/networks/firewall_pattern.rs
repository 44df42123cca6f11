//! The firewall takes the names of interfaces as they are: `podman+` is a pattern to iptables alone, and a
//! syntax error to nftables.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::{Node, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for tree in host.raw_options() {
        for option in options(tree) {
            let interface = match option.path.as_slice() {
                [a, b, c, interface, ..] if a == "networking" && b == "firewall" && c == "interfaces" => {
                    interface
                }
                _ => continue,
            };
            if interface.contains(['+', '*']) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::FirewallPattern,
                        format!("`{interface}` is no interface"),
                        option.span,
                        "a pattern, which nftables cannot read",
                    )
                    .help("take it out: homegen opens port 53 on the bridge of every network that it makes"),
                );
            }
        }
    }
}
