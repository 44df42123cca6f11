//! Reads the front.

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

/// Words for what Caddy does without `tls`.
const DEFAULT: [&str; 4] = ["letsencrypt", "lets-encrypt", "let's encrypt", "auto"];

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
                        format!("`{word}` is not a valid source of certificates"),
                        node.span,
                        "expected tailscale, internal or a mapping with `acme`",
                    )
                    .help(match DEFAULT.contains(&word.to_lowercase().as_str()) {
                        true => "remove `tls`: without it, Caddy asks Let's Encrypt".to_owned(),
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
            wrong_type(node, "container:port", reader);
            return None;
        };
        match text.split(':').as_slice() {
            [host, port] if port_part(port).is_some() && !host.pieces.is_empty() => {
                Some(Upstream { host: host.clone(), port: port.clone(), span: node.span })
            }
            _ => {
                let noun = "a container with its port";
                misread(node, noun, "container:port", meant_upstream(&text.value()), reader);
                None
            }
        }
    }
}

/// `http://vaultwarden:80`, and `vaultwarden`.
fn meant_upstream(value: &str) -> Option<Advice> {
    let (authority, _) = web_parts(value).unwrap_or((value, ""));
    if value.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https")) {
        // Caddy runs on the host, and does not know the names of containers.
        let (published, address) = match authority.rsplit_once(':') {
            Some((name, port)) if name.parse::<IpAddr>().is_err() && !name.contains('.') => (
                format!("publish the port with `ports: [\"{port}:{port}\"]`, and "),
                format!("127.0.0.1:{port}"),
            ),
            _ => (String::new(), authority.to_owned()),
        };
        return Advice::new(
            "is an https address, and `to` forwards with http",
            format!(
                "{published}write the proxy under `extra` in place of `to`: `reverse_proxy https://{address} {{`, and \
                 in its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name"
            ),
        );
    }
    let why = if authority == value { "has no port" } else { "is a whole address" };
    let readable = |part: &str| is_word(part, b"_.-");
    match authority.split_once(':') {
        Some((host, port)) if readable(host) && port.parse::<u16>().is_ok_and(|port| port > 0) => {
            (authority != value).then(|| Advice::write(why, authority))?
        }
        None if value.parse::<u16>().is_ok() => {
            Advice::new("names no container", format!("write `CONTAINER:{value}`"))
        }
        None if readable(authority) => {
            Advice::new(why, format!("write `{authority}:PORT`, with the port that it listens on"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::meant_upstream;

    #[test]
    fn an_upstream_that_cannot_be_read_gets_what_was_meant() {
        for (text, meant) in [
            ("HTTP://vaultwarden:80/x", "write `vaultwarden:80`"),
            (
                "HTTPS://192.168.1.1:8443",
                "write the proxy under `extra` in place of `to`: `reverse_proxy https://192.168.1.1:8443 {`, and in \
                 its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name",
            ),
            ("vaultwarden", "write `vaultwarden:PORT`, with the port that it listens on"),
            ("a:b:c", ""),
        ] {
            assert_eq!(meant_upstream(text).map(|advice| advice.help.text).unwrap_or_default(), meant);
        }
    }
}
