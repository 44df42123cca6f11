//! Decodes `caddy`.

use super::{Decode, Reader};
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
            if let word @ ("tailscale" | "all") = text.value().as_str() {
                let help = match (nodes.len(), word) {
                    (1, _) => format!("write `bind: {word}`"),
                    (_, "all") => "write `bind: all`, or remove `all`".to_owned(),
                    _ => "write `\"${tailscale.address}\"` in its place".to_owned(),
                };
                let title = format!("`{word}` is not an address or an interface");
                let label = "stands for the whole value of `bind`";
                reader.push(Diagnostic::new(Code::BadValue, title, node.span, label).help(help));
                return None;
            }
            match Value::of(text) {
                Some(address) => addresses.push(address),
                None => interfaces.push(Value::<Interface>::decode(node, reader)?),
            }
        }
        if let ([interface, ..], [_, ..]) = (interfaces.as_slice(), addresses.as_slice()) {
            reader.push(
                Diagnostic::new(
                    Code::BadValue,
                    "`bind` mixes interfaces and addresses",
                    interface.span(),
                    "this is an interface",
                )
                .help("write only interfaces, on all of whose addresses Caddy listens, or only addresses"),
            );
            return None;
        }
        Some(Bind::On { interfaces, addresses })
    }
}

/// The sources of certificates that are a word.
const WORDS: [&str; 2] = ["tailscale", "internal"];

/// Words for Caddy's default without `tls`: Let's Encrypt.
const DEFAULT: [&str; 4] = ["letsencrypt", "lets-encrypt", "let's encrypt", "auto"];

impl Decode for Tls {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            // A word in the place of a key.
            if let Some(word) = WORDS.iter().find(|word| node.get(word).is_some()) {
                let title = format!("`{word}` is a value of `tls`, not a key");
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
                        "`acme` takes the name of a DNS provider",
                        inner.span,
                        "this is a mapping",
                    )
                    .help("write `tls: { acme: PROVIDER, token: SECRET, email: ADDRESS }`"),
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
                        format!("`{word}` is not a valid source of certificates"),
                        node.span,
                        "expected tailscale, internal or a mapping with `acme`",
                    )
                    .help(match DEFAULT.contains(&word.to_lowercase().as_str()) {
                        true => "remove `tls`: Caddy uses Let's Encrypt by default".to_owned(),
                        false => suggestion(
                            &word,
                            WORDS.into_iter().chain(["{ acme: PROVIDER, token: SECRET, email: ADDRESS }"]),
                        ),
                    }),
                );
                None
            }
        }
    }
}
