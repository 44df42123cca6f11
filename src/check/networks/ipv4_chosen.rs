//! With `ipv6: true` a network has both kinds of addresses: beside an IPv6 subnet of the file Podman chooses an IPv4
//! one, which no rule can compare with other subnets (`CreateBridge` in containers/common).

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
                "a network with both kinds of addresses",
            )
            .and(subnet.text.span, "IPv6 only")
            .help("remove `ipv6` for a network of IPv6 alone, or add an IPv4 subnet, such as 172.30.0.0/24"),
        );
    }
}
