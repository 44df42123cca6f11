//! Networks: their names, bridges, subnets and gateways.

use super::name::{check_bridge, check_network};
use crate::diag::Diagnostics;
use crate::hir::{Id, Network};
use crate::setting;
use crate::source::Span;
use crate::tree::Text;

/// A network declared under `networks`. A network with an invalid name is kept, so that references to it resolve.
pub(super) fn shared(name: &Text, declared: setting::Network, diagnostics: &mut Diagnostics) -> Network {
    check_network(name, diagnostics);
    let interface = match &declared.interface {
        Some(interface) => {
            check_bridge(&interface.text, diagnostics);
            interface.text.clone()
        }
        None => Text::literal(bridge(&name.value()), name.span),
    };
    Network { name: Id::new(name.value()), interface, settings: declared, span: name.span }
}

/// The service's own network.
pub(super) fn own(service: &str, span: Span) -> Network {
    Network {
        name: own_name(service),
        interface: Text::literal(bridge(service), span),
        settings: setting::Network::empty(span),
        span,
    }
}

/// The name of the service's own network.
pub(super) fn own_name(service: &str) -> Id<Network> {
    Id::new(format!("{service}-network"))
}

/// The bridge of a network: `br-NAME`, shortened to the 15 characters that Linux allows (IFNAMSIZ).
/// Four hexadecimal digits replace the cut part, so that two long names stay different.
fn bridge(name: &str) -> String {
    let plain = format!("br-{}", name.replace(['.', '_'], "-"));
    if plain.len() <= 15 {
        return plain;
    }
    // FNV-1a: the same on every machine and in every version.
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // A non-ASCII character is reported by another check, and must not be cut in two here.
    let end = (0..=10).rev().find(|end| plain.is_char_boundary(*end)).unwrap_or(0);
    format!("{}-{:04x}", &plain[..end], hash & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::bridge;

    #[test]
    fn bridge_names_have_at_most_15_characters_and_differ() {
        assert_eq!(bridge("immich"), "br-immich");
        let (a, b) = (bridge("paperless-ngx-one"), bridge("paperless-ngx-two"));
        assert!(a.len() <= 15 && b.len() <= 15);
        assert_ne!(a, b);
    }
}
