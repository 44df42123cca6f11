//! Reads the front.

use super::{Decode, Reader, advice, wrong_type};
use crate::ast::Upstream;
use crate::decode::scalar::{misread, port_part};
use crate::diag::{Code, Diagnostic, suggestion};
use crate::form::Interface;
use crate::setting::{AcmeTls, Bind, PluginTls, Tls};
use crate::tree::{Kind, Node, Text};
use crate::value::Value;

impl Decode for Bind {
    fn unreadable() -> Option<Self> {
        Some(Bind::On { interfaces: Vec::new(), addresses: Vec::new() })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            let text = Text::decode(node, reader)?;
            return match text.value().as_str() {
                "tailscale" => Some(Bind::Tailscale),
                "all" => Some(Bind::All),
                _ => Bind::on(&[node], reader),
            };
        };
        Bind::on(&items.iter().collect::<Vec<_>>(), reader)
    }
}

impl Bind {
    fn on(nodes: &[&Node], reader: &mut Reader) -> Option<Self> {
        let (mut interfaces, mut addresses) = (Vec::new(), Vec::new());
        for node in nodes {
            let text = Text::decode(node, reader)?;
            match Value::of(text) {
                Some(address) => addresses.push(address),
                None => interfaces.push(Value::<Interface>::decode(node, reader)?),
            }
        }
        if let ([interface, ..], [_, ..]) = (interfaces.as_slice(), addresses.as_slice()) {
            reader.push(
                Diagnostic::new(
                    Code::BadValue,
                    "interfaces and addresses do not go together",
                    interface.span(),
                    "an interface among addresses",
                )
                .help("name interfaces, where Caddy listens on all of their addresses, or only addresses"),
            );
            return None;
        }
        Some(Bind::On { interfaces, addresses })
    }
}

/// The words among the ways to certificates.
const WORDS: [&str; 2] = ["tailscale", "internal"];

impl Decode for Tls {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            // A word that stands for itself, as a key.
            if let Some(word) = WORDS.iter().find(|word| node.get(word).is_some()) {
                let title = format!("`{word}` is a word, not a key");
                reader.push(
                    Diagnostic::new(Code::WrongType, title, node.span, "this is a mapping")
                        .help(format!("write `tls: {word}`")),
                );
                return None;
            }
            if ["plugins", "hash", "acme_dns"].iter().any(|key| node.get(key).is_some()) {
                return PluginTls::decode(node, reader).map(Tls::Plugin);
            }
            if let Some(inner) = node.get("acme").filter(|a| matches!(a.kind, Kind::Map(_))) {
                reader.push(
                    Diagnostic::new(
                        Code::WrongType,
                        "`acme` is the name of a provider",
                        inner.span,
                        "this is a mapping",
                    )
                    .help("write `tls: { acme: PROVIDER, token: SECRET, email: ADDRESS }`, on one level"),
                );
                return None;
            }
            return AcmeTls::decode(node, reader).map(Tls::Acme);
        }
        let word = Text::decode(node, reader)?.value();
        match word.as_str() {
            "tailscale" => Some(Tls::Tailscale),
            "internal" => Some(Tls::Internal),
            _ => {
                reader.push(
                    Diagnostic::new(
                        Code::BadValue,
                        format!("`{word}` is not a way to certificates"),
                        node.span,
                        "unknown word",
                    )
                    .help(suggestion(
                        &word,
                        WORDS.into_iter().chain(["{ acme: PROVIDER, token: SECRET, email: ADDRESS }"]),
                    )),
                );
                None
            }
        }
    }
}

impl Decode for Upstream {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "container:port", reader);
            return None;
        };
        match text.split(':').as_slice() {
            [host, port] if port_part(port).is_some() && !host.pieces.is_empty() => {
                Some(Upstream { host: host.clone(), port: port.clone(), span: node.span })
            }
            _ => {
                let noun = "a container with its port";
                misread(node, noun, "container:port", advice::upstream(&text.value()), reader);
                None
            }
        }
    }
}
