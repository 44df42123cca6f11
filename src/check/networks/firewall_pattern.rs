//! The firewall takes exact names of interfaces: `podman+` is a pattern of iptables, and a syntax error in nftables.

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
                        format!("`{interface}` is not the name of an interface"),
                        option.span,
                        "expected an exact name: nftables does not support this pattern",
                    )
                    .help("remove it: homegen opens port 53 on the bridge of every network that it creates"),
                );
            }
        }
    }
}
