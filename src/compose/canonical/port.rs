//! Published ports.
//!
//! ```yaml
//! ports: ["127.0.0.1:8080:80/udp"]   # [{ mode: ingress, host_ip: 127.0.0.1, target: 80, published: "8080", protocol: udp }]
//! ```
//!
//! The grammar is go-connections' (`nat.ParsePortSpec`). A range of several ports stays one entry with ranges, where
//! Compose makes one entry of each port.

use std::net::IpAddr;
use std::ops::{Range, RangeInclusive};

use indexmap::IndexMap;

use crate::project::{Kind, Node, Scalar};

use super::{Canon, scalar, shown, text};

/// Brings a list of ports into the form of mappings.
pub(in crate::compose) fn expand(node: &mut Node, canon: &mut Canon) {
    let Kind::List(items) = &mut node.kind else { return };
    for item in items {
        match &mut item.kind {
            Kind::Scalar(written) => match short(written, item.origin) {
                Ok(keys) => item.kind = Kind::Map(keys),
                Err(expected) => {
                    let title = format!("{} is not a valid port", shown(&written.value()));
                    let help = "write `HOST:CONTAINER`, such as `127.0.0.1:8080:80/tcp`";
                    canon.invalid(item.origin, title, &format!("expected {expected}"), help);
                }
            },
            Kind::Map(keys) => {
                let origin = item.origin;
                for (key, default) in [("protocol", "tcp"), ("mode", "ingress")] {
                    keys.entry(key.to_owned()).or_insert_with(|| text(origin, default));
                }
                if let Some(Node { kind: Kind::Scalar(published), .. }) = keys.get_mut("published") {
                    published.is_plain = false;
                }
            }
            _ => {}
        }
    }
}

/// The ranges of the fields of a short port.
struct Fields {
    host_ip: Range<usize>,
    published: Range<usize>,
    target: Range<usize>,
    protocol: Range<usize>,
}

/// The mapping of a short port, or what is expected.
fn short(written: &Scalar, origin: crate::project::Origin) -> Result<IndexMap<String, Node>, String> {
    let value = written.value();
    let fields = fields(&value);
    let field = |range: &Range<usize>| &value[range.clone()];
    let mut host_ip = scalar::slice(written, fields.host_ip.clone());
    let mut published = scalar::slice(written, fields.published.clone());
    let mut target = scalar::slice(written, fields.target.clone());
    let mut protocol = scalar::slice(written, fields.protocol.clone());
    if !scalar::has_missing(written) {
        if field(&fields.target).is_empty() {
            return Err("a port of the container".to_owned());
        }
        let lower = protocol.value().to_lowercase();
        match lower.as_str() {
            "" | "tcp" | "udp" | "sctp" => scalar::set(&mut protocol, lower),
            _ => return Err("the protocol tcp, udp or sctp".to_owned()),
        }
        if let Some(inner) = field(&fields.host_ip).strip_prefix('[') {
            if !inner.ends_with(']') {
                return Err("`]` after the address".to_owned());
            }
            host_ip = scalar::slice(written, fields.host_ip.start + 1..fields.host_ip.end - 1);
        }
        if !host_ip.value().is_empty() && !is_address(&host_ip.value()) {
            return Err("an IP address before the ports".to_owned());
        }
        let target_range = normalize(&mut target)?;
        if !field(&fields.published).is_empty() {
            let host_range = normalize(&mut published)?;
            let has_several = target_range.start() != target_range.end();
            let length = |range: &RangeInclusive<u16>| range.end() - range.start();
            if has_several && length(&target_range) != length(&host_range) {
                return Err("two ranges of the same length".to_owned());
            }
        }
    }
    if protocol.value().is_empty() && !scalar::has_variable(&protocol) {
        protocol = Scalar::text("tcp");
    }
    let is_number = target.value().bytes().all(|b| b.is_ascii_digit());
    target.is_plain = is_number && !target.value().is_empty();
    let is_written = |scalar: &Scalar| !scalar.value().is_empty() || scalar::has_variable(scalar);
    let node = |scalar: Scalar| Node { origin, kind: Kind::Scalar(scalar) };
    let mut keys = IndexMap::new();
    keys.insert("mode".to_owned(), text(origin, "ingress"));
    if is_written(&host_ip) {
        keys.insert("host_ip".to_owned(), node(host_ip));
    }
    keys.insert("target".to_owned(), node(target));
    if is_written(&published) {
        keys.insert("published".to_owned(), node(published));
    }
    keys.insert("protocol".to_owned(), node(protocol));
    Ok(keys)
}

/// Splits a short port. All colons before the last two belong to the address.
fn fields(value: &str) -> Fields {
    let (ports, end) = (value, value.len());
    let last = ports.rfind(':');
    let start = last.map_or(0, |at| at + 1);
    let (host_ip, published) = match last {
        None => (0..0, 0..0),
        Some(last) => match ports[..last].rfind(':') {
            None => (0..0, 0..last),
            Some(first) => (0..first, first + 1..last),
        },
    };
    let slash = ports[start..].find('/').map_or(end, |at| start + at);
    let protocol =
        (slash + 1).min(end)..ports[(slash + 1).min(end)..].find('/').map_or(end, |at| slash + 1 + at);
    Fields { host_ip, published, target: start..slash, protocol }
}

/// Reads a port or a range of ports, and writes it without leading zeros, and a range of one port as that port.
fn normalize(written: &mut Scalar) -> Result<RangeInclusive<u16>, String> {
    let value = written.value().into_owned();
    let expected = || "ports from 0 to 65535".to_owned();
    // `+1` is a number for Rust, and none for Go's ParseUint.
    let port = |text: &str| {
        let digits = Some(text).filter(|text| !text.starts_with('+'));
        digits.and_then(|text| text.parse::<u16>().ok()).ok_or_else(expected)
    };
    let (start, end) = match value.split_once('-') {
        Some((start, end)) => (port(start)?, port(end)?),
        None => (port(&value)?, port(&value)?),
    };
    if end < start {
        return Err("a range from the smaller to the larger port".to_owned());
    }
    let text = if start == end { start.to_string() } else { format!("{start}-{end}") };
    scalar::set(written, text);
    Ok(start..=end)
}

/// Tells whether a text is an IP address for Go's `net.ParseIP`, which knows no zones.
pub(in crate::compose) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}
