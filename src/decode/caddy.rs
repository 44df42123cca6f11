//! Decodes `caddy`.

use std::net::IpAddr;

use super::{Decode, Reader, wrong_type};
use crate::ast::Upstream;
use crate::decode::scalar::{misread, port_part};
use crate::diag::{Code, Diagnostic, suggestion};
use crate::form::{Advice, Interface, web_parts};
use crate::setting::{AcmeTls, Bind, PluginTls, Tls};
use crate::tree::{Kind, Node, Text};
use crate::value::Value;
use crate::word::is_word;

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

impl Decode for Upstream {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "CONTAINER:PORT", reader);
            return None;
        };
        match text.split(':').as_slice() {
            [host, port] if port_part(port).is_some() && !host.pieces.is_empty() => {
                Some(Upstream { host: host.clone(), port: port.clone(), span: node.span })
            }
            _ => {
                let value = text.value();
                misread(
                    node,
                    "an upstream",
                    "CONTAINER:PORT",
                    "`CONTAINER:PORT`",
                    upstream_advice(&value),
                    reader,
                );
                None
            }
        }
    }
}

/// Advice for `http://vaultwarden:80` and `vaultwarden`.
fn upstream_advice(value: &str) -> Option<Advice> {
    let (authority, _) = web_parts(value).unwrap_or((value, ""));
    if value.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https")) {
        // Caddy runs on the host, where the names of containers do not resolve.
        let (published, address) = match authority.rsplit_once(':') {
            Some((name, port)) if name.parse::<IpAddr>().is_err() && !name.contains('.') => (
                format!("publish the port with `ports: [\"{port}:{port}\"]`, and "),
                format!("127.0.0.1:{port}"),
            ),
            _ => (String::new(), authority.to_owned()),
        };
        return Advice::new(
            "`to` forwards with http, not https",
            format!(
                "{published}write the proxy under `extra` instead of `to`: `reverse_proxy https://{address} {{`, and \
                 in its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name"
            ),
        );
    }
    let why = if authority == value { "has no port" } else { "is a URL, expected CONTAINER:PORT" };
    let readable = |part: &str| is_word(part, b"_.-");
    match authority.split_once(':') {
        Some((host, port)) if readable(host) && port.parse::<u16>().is_ok_and(|port| port > 0) => {
            (authority != value).then(|| Advice::write(why, authority))?
        }
        None if value.parse::<u16>().is_ok() => {
            Advice::new("has no container", format!("write `CONTAINER:{value}`"))
        }
        None if readable(authority) => {
            Advice::new(why, format!("write `{authority}:PORT`, with the port that the container listens on"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::upstream_advice;

    #[test]
    fn an_invalid_upstream_gets_advice() {
        for (text, help) in [
            ("HTTP://vaultwarden:80/x", "write `vaultwarden:80`"),
            (
                "HTTPS://192.168.1.1:8443",
                "write the proxy under `extra` instead of `to`: `reverse_proxy https://192.168.1.1:8443 {`, and in \
                 its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name",
            ),
            ("vaultwarden", "write `vaultwarden:PORT`, with the port that the container listens on"),
            ("a:b:c", ""),
        ] {
            assert_eq!(upstream_advice(text).map(|advice| advice.help.text).unwrap_or_default(), help);
        }
    }
}
