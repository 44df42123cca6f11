//! Networks: their names, bridges, subnets and gateways.

use super::name::{check_bridge, check_network};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Network;
use crate::setting;
use crate::source::Span;
use crate::subnet::first_address;
use crate::tree::Text;

/// A network out of the file's `networks`. One with a name that is not possible is known all the same.
pub(super) fn shared(name: &Text, declared: setting::Network, diagnostics: &mut Diagnostics) -> Network {
    check_network(name, diagnostics);
    check_addresses(&declared, diagnostics);
    let interface = match &declared.interface {
        Some(interface) => {
            check_bridge(&interface.text, diagnostics);
            interface.text.clone()
        }
        None => Text::literal(bridge(&name.value()), name.span),
    };
    Network { name: name.value(), interface, settings: declared, span: name.span }
}

/// The network that a service has for itself.
pub(super) fn own(service: &str, span: Span) -> Network {
    Network {
        name: format!("{service}-network"),
        interface: Text::literal(bridge(service), span),
        settings: setting::Network::nothing(span),
        span,
    }
}

/// The bridge of a network: `br-NAME`, shortened to the 15 characters that Linux allows (IFNAMSIZ).
/// What is cut off lives on in four digits, so that two long names stay apart.
fn bridge(name: &str) -> String {
    let plain = format!("br-{}", name.replace(['.', '_'], "-"));
    if plain.len() <= 15 {
        return plain;
    }
    // FNV-1a: the same on every machine and in every version.
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // A letter of more than one byte is refused elsewhere, and must not be cut in two here.
    let end = (0..=10).rev().find(|end| plain.is_char_boundary(*end)).unwrap_or(0);
    format!("{}-{:04x}", &plain[..end], hash & 0xffff)
}

fn check_addresses(network: &setting::Network, diagnostics: &mut Diagnostics) {
    if network.external.value {
        let own =
            network.subnet.0.first().map(|s| s.text.span).or(network.gateway.0.first().map(|g| g.text.span));
        if let Some(span) = own {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "someone else makes this network",
                    span,
                    "would not be used",
                )
                .help("take it out, or take `external` out"),
            );
        }
        return;
    }
    for (i, gateway) in network.gateway.0.iter().enumerate() {
        let Some(subnet) = network.subnet.0.get(i) else {
            // The subnet could not be read.
            if network.subnet.0.is_empty() && network.unread.may_hold(&["subnet"]) {
                return;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    "a gateway without a subnet",
                    gateway.text.span,
                    "belongs to no subnet",
                )
                .help("give as many subnets as gateways, in the same order"),
            );
            continue;
        };
        let (address, net) = (gateway.value.0, subnet.value.0);
        let usable = net.contains(&address)
            && address != net.network()
            && (net.addr().is_ipv6() || address != net.broadcast());
        if !usable {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    format!("{address} is no address of {net}"),
                    gateway.text.span,
                    "the gateway",
                )
                .and(subnet.text.span, "its subnet")
                .help(format!("take the first address: {}", first_address(&net))),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bridge;

    #[test]
    fn bridges_fit_into_fifteen_characters_and_differ() {
        assert_eq!(bridge("immich"), "br-immich");
        let (a, b) = (bridge("paperless-ngx-one"), bridge("paperless-ngx-two"));
        assert!(a.len() <= 15 && b.len() <= 15);
        assert_ne!(a, b);
    }
}
