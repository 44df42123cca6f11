//! A network with `ipv6: true` has IPv4 and IPv6. If the file declares only an IPv6 subnet, Podman chooses the IPv4
//! subnet, which no rule can compare with other subnets (`CreateBridge` in containers/common).

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for network in host.networks.iter().filter(|n| !n.is_external()) {
        let declared = &network.settings;
        let Some(subnet) = declared.subnet.0.first() else { continue };
        if !declared.ipv6.value
            || declared.subnet.0.iter().any(|subnet| matches!(subnet.value.0, IpNet::V4(_)))
        {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::Ipv4Chosen,
                format!("Podman chooses an IPv4 subnet for `{}`", network.name),
                declared.ipv6.text.span,
                "adds IPv4 to the network",
            )
            .and(subnet.text.span, "the only subnet, which is IPv6")
            .help(
                "add an IPv4 subnet such as `172.30.0.0/24`, or remove `ipv6` for a network with IPv6 only",
            ),
        );
    }
}
