//! Decodes sites.

use std::net::Ipv6Addr;

use super::{Decode, Reader, wrong_type};
use crate::ast::{AuthKind, LongPathTarget, LongSiteAuth, PathTarget, SiteAuth, Upstream};
use crate::decode::scalar::{misread, port_part};
use crate::form::{Advice, web_parts};
use crate::setting::Flag;
use crate::shape::Shape;
use crate::source::Span;
use crate::tree::{Kind, Node, Text};
use crate::word::is_word;

/// The prefix of a target with a certificate.
const HTTPS: &str = "https://";

impl Decode for Upstream {
    fn unreadable() -> Option<Self> {
        let text = Text::literal("", Span::PLACEHOLDER);
        Some(Upstream { https: false, host: text.clone(), port: text, span: Span::PLACEHOLDER })
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "CONTAINER:PORT", reader);
            return None;
        };
        let value = text.value();
        let found = upstream(text, node.span);
        if found.is_none() {
            let advice = upstream_advice(&value);
            misread(node, "an upstream", "CONTAINER:PORT", "`CONTAINER:PORT`", advice, reader);
        }
        found
    }
}

/// `server:8080`, `192.168.1.1:80`, `[fd00::1]:80`, and these with `https://`, where the port may be missing.
fn upstream(text: &Text, span: Span) -> Option<Upstream> {
    let is_https = text.value().get(..HTTPS.len()).is_some_and(|s| s.eq_ignore_ascii_case(HTTPS));
    let authority = match is_https {
        true => text.split_at(HTTPS.len()).1,
        false => text.clone(),
    };
    let has_port = authority.value().rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let (host, port) = match authority.rsplit_once(':').filter(|_| has_port) {
        Some(parts) => parts,
        None if is_https => (authority, Text::literal("443", span)),
        None => return None,
    };
    port_part(&port)?;
    let name = host.value();
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = match bracketed {
        Some(address) => {
            address.parse::<Ipv6Addr>().ok()?;
            host.split_at(1).1.split_at(address.len()).0
        }
        None if is_word(&name, b"_.-") => host,
        None => return None,
    };
    Some(Upstream { https: is_https, host, port, span })
}

/// Advice for `http://vaultwarden:80` and `vaultwarden`.
fn upstream_advice(value: &str) -> Option<Advice> {
    let (authority, path) = web_parts(value).unwrap_or((value, ""));
    let is_https = value.get(..HTTPS.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(HTTPS));
    if is_https && !path.is_empty() {
        return Advice::write("has a path", format!("{HTTPS}{authority}"));
    }
    if let Some((host, port)) = authority.rsplit_once(':')
        && !host.is_empty()
        && !port.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
        // Without brackets, this is the last part of the address.
        && authority.parse::<Ipv6Addr>().is_err()
        && port.parse::<u16>().unwrap_or_default() == 0
    {
        return Advice::new("the port is out of range", "write a port from 1 to 65535");
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

impl Decode for PathTarget {
    const SHAPE: Option<Shape> = <LongPathTarget as Decode>::SHAPE;

    fn unreadable() -> Option<Self> {
        LongPathTarget::unreadable().map(PathTarget)
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            return LongPathTarget::decode(node, reader).map(PathTarget);
        }
        let to = Upstream::decode(node, reader)?;
        let insecure = Flag::of_default("false", node.span)?;
        let unreadable = Default::default();
        Some(PathTarget(LongPathTarget {
            span: node.span,
            unreadable,
            to,
            port: None,
            insecure,
            server_name: None,
        }))
    }
}

impl Decode for AuthKind {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        Text::decode(node, reader).map(AuthKind)
    }
}

impl Decode for SiteAuth {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            return LongSiteAuth::decode(node, reader).map(SiteAuth);
        }
        let provider = Text::decode(node, reader)?;
        let unreadable = Default::default();
        Some(SiteAuth(LongSiteAuth { span: node.span, unreadable, provider, except: Vec::new() }))
    }
}

#[cfg(test)]
mod tests {
    use super::{upstream, upstream_advice};
    use crate::source::Span;
    use crate::tree::Text;

    #[test]
    fn an_upstream_has_a_host_and_a_port() {
        for (text, expected) in [
            ("server:80", Some((false, "server", "80"))),
            ("auth.server:80", Some((false, "auth.server", "80"))),
            ("[fd00::1]:80", Some((false, "fd00::1", "80"))),
            ("https://192.168.1.1:8443", Some((true, "192.168.1.1", "8443"))),
            ("HTTPS://[fd00::1]", Some((true, "fd00::1", "443"))),
            ("https://nas.lan", Some((true, "nas.lan", "443"))),
            ("http://server:80", None),
            ("https://server:80/x", None),
            ("https://me:word@server:80", None),
            ("server", None),
            ("server:0", None),
            ("fd00::1", None),
            ("{$HOME}:80", None),
            (":80", None),
        ] {
            let found = upstream(&Text::literal(text, Span::default()), Span::default());
            let found = found.map(|found| (found.https, found.host.value(), found.port.value()));
            let expected = expected.map(|(https, host, port)| (https, host.to_owned(), port.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_invalid_upstream_gets_advice() {
        for (text, help) in [
            ("HTTP://vaultwarden:80/x", "write `vaultwarden:80`"),
            ("HTTPS://192.168.1.1:8443/", "write `https://192.168.1.1:8443`"),
            ("vaultwarden", "write `vaultwarden:PORT`, with the port that the container listens on"),
            ("10.0.0.1:99999", "write a port from 1 to 65535"),
            ("[fd00::1]:0", "write a port from 1 to 65535"),
            ("https://server:65536", "write a port from 1 to 65535"),
            ("http://server:123456/x", "write a port from 1 to 65535"),
            ("fd00::1", ""),
            ("a:b:c", ""),
        ] {
            assert_eq!(upstream_advice(text).map(|advice| advice.help.text).unwrap_or_default(), help);
        }
    }
}
