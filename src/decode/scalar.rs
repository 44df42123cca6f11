//! Reads scalars, and collections of any element.

use std::net::IpAddr;

use ipnet::IpNet;

use super::advice::{self, Advice};
use super::{Decode, Shape, bad_value, bad_value_because, no_mapping, wrong_scalar, wrong_type};
use crate::ast::scalar::*;
use crate::calendar::{comes_again, is_calendar};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::duration::duration_ms;
use crate::path::is_path;
use crate::podman;
use crate::printable::is_invisible;
use crate::restic::{is_keep_rule, is_repository as is_restic_repository};
use crate::size::size_bytes;
use crate::source::Span;
use crate::tree::{Atom, Entry, Kind, Node, Piece, Text};
use crate::word::is_word;

impl Decode for Text {
    fn unreadable() -> Option<Self> {
        Some(Text::literal("", Span::NOWHERE))
    }

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(text) if text.atom() != Atom::Null => Some(text.clone()),
            kind => {
                let help = pair(kind)
                    .filter(|_| node.defined.is_none())
                    .map(|(name, value)| format!("put it in quotes: `\"{name}: {value}\"`"));
                wrong_scalar(node, "text", help, diagnostics);
                None
            }
        }
    }
}

/// The name and the value of a mapping that has one scalar: `- a: b` in a list of texts.
fn pair(kind: &Kind) -> Option<(String, String)> {
    let Kind::Map(entries) = kind else { return None };
    let [Entry { key, value: Node { kind: Kind::Scalar(value), .. } }] = entries.as_slice() else {
        return None;
    };
    Some((key.value(), value.value()))
}

impl<T: Decode> Decode for Spanned<T> {
    fn unreadable() -> Option<Self> {
        Some(Spanned { value: T::unreadable()?, span: Span::NOWHERE })
    }

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        T::decode(node, diagnostics).map(|value| Spanned { value, span: node.span })
    }
}

impl Decode for Number {
    fn unreadable() -> Option<Self> {
        Some(Number { value: 1, text: Text::literal("1", Span::NOWHERE) })
    }

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "a whole number", diagnostics);
            return None;
        };
        match text.atom() {
            // `080` and `+80` are numbers to YAML, and not what Nix or Podman would read.
            Atom::Int(value) if !text.is_literal() || value.to_string() == text.value() => {
                Some(Number { value, text: text.clone() })
            }
            Atom::Int(_) => {
                bad_value(
                    node,
                    "a whole number",
                    "write it without leading zeros and without a sign",
                    diagnostics,
                );
                None
            }
            Atom::Str(quoted) if matches!(Atom::from_plain(&quoted), Atom::Int(_)) => {
                let help = Some(format!("write `{quoted}` without quotes"));
                wrong_scalar(node, "a whole number", help, diagnostics);
                None
            }
            _ => {
                wrong_type(node, "a whole number", diagnostics);
                None
            }
        }
    }
}

impl Decode for Flag {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(text) => match text.atom() {
                Atom::Bool(value) => return Some(Flag { value, text: text.clone() }),
                Atom::Str(word) if matches!(word.to_lowercase().as_str(), "yes" | "no" | "on" | "off") => {
                    let value =
                        if matches!(word.to_lowercase().as_str(), "yes" | "on") { "true" } else { "false" };
                    bad_value_because(
                        node,
                        "a boolean",
                        "a word like any other in YAML 1.2",
                        &format!("write {value}"),
                        diagnostics,
                    );
                }
                Atom::Str(quoted) if matches!(Atom::from_plain(&quoted), Atom::Bool(_)) => {
                    let help = Some(format!("write `{quoted}` without quotes"));
                    wrong_scalar(node, "true or false", help, diagnostics);
                }
                _ => wrong_type(node, "true or false", diagnostics),
            },
            _ => wrong_type(node, "true or false", diagnostics),
        }
        None
    }
}

impl Decode for Raw {
    fn decode(node: &Node, _: &mut Diagnostics) -> Option<Self> {
        Some(Raw(node.clone()))
    }
}

/// Says which keys of a map from names to mappings belong into one of these, and gives them back: a key that
/// such a mapping has, and that is no name, because no such mapping stands under it.
fn nameless<'a>(entries: &'a [Entry], shape: Shape, diagnostics: &mut Diagnostics) -> Vec<&'a Entry> {
    let is_key = |key: &Text| shape.keys.contains(&key.value().as_str());
    let is_member = |node: &Node| match &node.kind {
        Kind::Map(members) => members.is_empty() || members.iter().any(|member| is_key(&member.key)),
        Kind::Scalar(_) => node.is_null(),
        Kind::List(_) | Kind::Nix(_) => false,
        Kind::Unknown => true,
    };
    let is_nameless = |entry: &Entry| is_key(&entry.key) && !is_member(&entry.value);
    // Beside one that is certain, `offsite: { keep: … }` is no member called `offsite`.
    let any = entries.iter().any(is_nameless);
    let (nameless, named): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| any && is_key(&entry.key));
    if let Some((first, others)) = nameless.split_first() {
        let key = first.key.value();
        let members: Vec<String> = nameless.iter().map(|entry| format!("{}: …", entry.key.value())).collect();
        let name = named.first().map_or(shape.called.to_owned(), |entry| entry.key.value());
        let diagnostic = Diagnostic::new(
            Code::WrongType,
            format!("`{key}` stands where a name belongs"),
            first.key.span,
            "expected a name",
        );
        diagnostics.push(
            others
                .iter()
                .fold(diagnostic, |diagnostic, other| diagnostic.and(other.key.span, "and here"))
                .help(format!("give it a name: `{name}: {{ {} }}`", members.join(", "))),
        );
    }
    nameless
}

/// Names that stand in a list, where each could also say more: it is clear what they are.
fn listed<T: Decode>(node: &Node, diagnostics: &mut Diagnostics) -> Option<Map<T>> {
    let Kind::List(items) = &node.kind else { return None };
    let mut map: Vec<(Text, T)> = Vec::new();
    for item in items {
        let Kind::Scalar(name) = &item.kind else { return None };
        let empty = T::absent("", item.span, &mut Diagnostics::default())?;
        map.push((name.clone(), empty));
    }
    let first = map.first()?.0.value();
    no_mapping(node, Some(&format!("{{ {first}: {{}} }}")), diagnostics);
    Some(Map(map))
}

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            if node.is_null() && node.defined.is_none() {
                return Some(Map::default());
            }
            if let Some(map) = listed(node, diagnostics) {
                return Some(map);
            }
            let example = T::SHAPE.map(|shape| format!("{{ {}: {} }}", shape.called, shape.example));
            no_mapping(node, example.as_deref(), diagnostics);
            return None;
        };
        let nameless = T::SHAPE.map_or_else(Vec::new, |shape| nameless(entries, shape, diagnostics));
        // What is wrong in it besides its name is said in the same run.
        if !nameless.is_empty() && nameless.len() == entries.len() {
            T::decode(node, diagnostics);
            return Some(Map::default());
        }
        let mut map: Vec<(Text, T)> = Vec::new();
        let mut seen = std::collections::HashMap::new();
        for entry in entries {
            let key = entry.key.value();
            // Two keys may be written differently and refer to the same text. The first of two stays.
            if let Some(first) = seen.get(&key) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("`{key}` is written twice"),
                        entry.key.span,
                        "again here",
                    )
                    .and(*first, "first here")
                    .help("keep one of the two"),
                );
                T::decode(&entry.value, diagnostics);
                continue;
            }
            seen.insert(key, entry.key.span);
            if nameless.iter().any(|other| std::ptr::eq(*other, entry)) {
                continue;
            }
            if let Some(value) = T::decode(&entry.value, diagnostics).or_else(T::unreadable) {
                map.push((entry.key.clone(), value));
            }
        }
        Some(Map(map))
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(Map::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Map::default())
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        match &node.kind {
            Kind::List(_) => Vec::decode(node, diagnostics).map(OneOrMany),
            _ => T::decode(node, diagnostics).map(|one| OneOrMany(vec![one])),
        }
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(OneOrMany::default())
    }

    fn unreadable() -> Option<Self> {
        Some(OneOrMany::default())
    }
}

impl Decode for Pairs {
    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut pairs: Vec<(Text, Text)> = Vec::new();
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    if entry.value.is_null() {
                        diagnostics.push(
                            Diagnostic::new(Code::WrongType, format!("`{}` has no value", entry.key.value()), entry.key.span, "nothing stands here")
                                .help("write a value, or \"\" for an empty one: there is no environment to take it from"),
                        );
                    } else if let Some(value) = Text::decode(&entry.value, diagnostics) {
                        pairs.push((entry.key.clone(), value));
                    }
                }
            }
            Kind::List(items) => {
                for item in items {
                    if let Some((name, value)) = pair(&item.kind) {
                        let help = Some(format!("write `{name}={value}`"));
                        wrong_scalar(item, "NAME=value", help, diagnostics);
                        continue;
                    }
                    let Some(text) = Text::decode(item, diagnostics) else { continue };
                    match text.split_once('=') {
                        Some(pair) => pairs.push(pair),
                        None => bad_value(item, "a name with its value", "write NAME=value", diagnostics),
                    }
                }
            }
            Kind::Scalar(text) if text.value().contains('=') => {
                let help = Some(format!("write `[{:?}]`", text.value()));
                wrong_scalar(node, "a mapping, or a list of NAME=value,", help, diagnostics);
                return None;
            }
            _ => {
                wrong_type(node, "a mapping, or a list of NAME=value,", diagnostics);
                return None;
            }
        }
        let mut seen = std::collections::HashMap::new();
        for (name, _) in &pairs {
            if let Some(first) = seen.insert(name.value(), name.span) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("`{}` is written twice", name.value()),
                        name.span,
                        "again here",
                    )
                    .and(first, "first here")
                    .help("keep one of the two"),
                );
            }
        }
        Some(Pairs(pairs))
    }

    fn absent(_: &str, _: Span, _: &mut Diagnostics) -> Option<Self> {
        Some(Pairs::default())
    }

    fn unreadable() -> Option<Self> {
        Some(Pairs::default())
    }
}

/// Says that `node` is not a `noun`: with advice if there is some for just this value, or else with what any
/// `noun` looks like.
pub(super) fn misread(
    node: &Node,
    noun: &str,
    what: &str,
    advice: Option<Advice>,
    diagnostics: &mut Diagnostics,
) {
    match advice {
        Some(Advice { why, help }) => bad_value_because(node, noun, &why, &help, diagnostics),
        None => bad_value(node, noun, &format!("write {what}"), diagnostics),
    }
}

/// Reads a text of one form: `numbers` says whether YAML's numbers are welcome too. What follows `else`
/// knows what was probably meant by one that cannot be read.
macro_rules! form {
    ($($name:ident: numbers $numbers:literal, |$value:ident| $valid:expr $(, else $advice:path)?;)*) => {$(
        impl Decode for $name {
            fn unreadable() -> Option<Self> {
                Some($name(Text::literal("", Span::NOWHERE)))
            }

            fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
                let text = match &node.kind {
                    Kind::Scalar(text) => text,
                    _ => {
                        wrong_type(node, Self::WHAT, diagnostics);
                        return None;
                    }
                };
                let fits = match text.atom() {
                    Atom::Null | Atom::Bool(_) => None,
                    Atom::Int(_) | Atom::Float(_) if !$numbers => None,
                    _ => Some(text.value()),
                };
                match fits {
                    None => {
                        let written = text.value();
                        let $value = written.as_str();
                        let advice: Option<Advice> = None $(.or_else(|| $advice($value)))?;
                        let help = match advice {
                            _ if text.atom() == Atom::Null => None,
                            _ if $valid => Some(format!("write `\"{written}\"`")),
                            advice => advice.map(|advice| advice.help),
                        };
                        wrong_scalar(node, Self::WHAT, help, diagnostics);
                    }
                    Some($value) => {
                        let $value = $value.as_str();
                        if $valid {
                            return Some($name(text.clone()));
                        }
                        // A diagnostic that is not kept needs no advice, which may take longer than all else.
                        let advice: Option<Advice> =
                            None $(.or_else(|| if diagnostics.is_full() { None } else { $advice($value) }))?;
                        misread(node, Self::NOUN, Self::WHAT, advice, diagnostics);
                    }
                }
                None
            }
        }

        impl $name {
            /// Its value when the file is compiled.
            pub fn value(&self) -> String {
                self.0.value()
            }
        }
    )*};
}

form! {
    Size: numbers true, |v| size_bytes(v).is_some() && !advice::lacks_unit(v), else advice::size;
    SwapSize: numbers true, |v| v == "-1" || (size_bytes(v).is_some() && !advice::lacks_unit(v)), else advice::size;
    Duration: numbers false, |v| duration_ms(v).is_some(), else advice::duration;
    Mode: numbers false, |v| is_mode(v), else advice::mode;
    Owner: numbers true, |v| v.split(':').count() <= 2 && v.split(':').all(is_user);
    AbsolutePath: numbers false, |v| is_path(v), else advice::path;
    HomePath: numbers false, |v| is_home_path(v), else advice::home_path;
    Decimal: numbers true, |v| v.parse::<f64>().is_ok_and(|n| n.is_finite() && n > 0.0) && v.bytes().all(|b| b.is_ascii_digit() || b == b'.'), else advice::decimal;
    ServiceUnit: numbers false, |v| is_service_unit(v), else advice::service_unit;
    SecretName: numbers false, |v| is_secret_name(v), else advice::secret_name;
    Variable: numbers false, |v| is_word(v, b"_") && !v.starts_with(|c: char| c.is_ascii_digit());
    EnvironmentName: numbers false, |v| !v.is_empty() && !v.starts_with('#') && !v.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control() || is_invisible(c));
    Domain: numbers false, |v| is_domain(v.strip_prefix("*.").unwrap_or(v)), else advice::domain;
    Interface: numbers false, |v| v.len() <= 15 && is_word(v, b"_-.") && !matches!(v, "." | "..");
    Address: numbers false, |v| v.parse::<IpAddr>().is_ok(), else advice::address;
    NfsExport: numbers false, |v| is_nfs_export(v), else advice::nfs_export;
    MountOption: numbers false, |v| is_word(v, MOUNT_OPTION), else advice::mount_option;
    Mac: numbers false, |v| is_mac(v), else advice::mac;
    Email: numbers false, |v| v.split_once('@').is_some_and(|(user, host)| is_word(user, b"._%+-") && is_domain(host));
    Subnet: numbers false, |v| v.parse::<IpNet>().is_ok_and(|n| n.trunc() == n), else advice::subnet;
    Period: numbers false, |v| duration_ms(v).is_some_and(|ms| ms > 0), else advice::duration;
    Count: numbers true, |v| v.parse::<u32>().is_ok_and(|n| n > 0 && n.to_string() == v);
    Percent: numbers true, |v| v.parse::<u32>().is_ok_and(|n| (1..100).contains(&n) && n.to_string() == v);
    Registry: numbers false, |v| is_registry(v), else advice::registry;
    Capability: numbers false, |v| podman::is_capability(v), else advice::capability;
    Signal: numbers true, |v| podman::is_signal(v), else advice::signal;
    Device: numbers false, |v| podman::is_device(v), else advice::device;
    DeviceCgroupRule: numbers false, |v| podman::is_device_cgroup_rule(v);
    TmpfsMount: numbers false, |v| is_tmpfs(v), else advice::tmpfs;
    Ipc: numbers false, |v| podman::is_ipc(v), else advice::ipc;
    Pid: numbers false, |v| podman::is_pid(v), else advice::pid;
    Userns: numbers false, |v| podman::is_userns(v), else advice::userns;
    Days: numbers false, |v| is_days(v), else advice::days;
    Name: numbers true, |v| !v.trim().is_empty();
    Repository: numbers false, |v| is_repository(v), else advice::repository;
    ResticRepository: numbers false, |v| is_restic_repository(v), else advice::restic_repository;
    KeepRule: numbers false, |v| is_keep_rule(v), else advice::keep_rule;
    HttpPath: numbers false, |v| is_http_path(v), else advice::http_path;
    WebAddress: numbers false, |v| is_web_address(v), else advice::web_address;
    Calendar: numbers false, |v| is_calendar(v) && comes_again(v), else advice::calendar;
}

/// Whether a text is a mode: three or four octal digits.
pub(super) fn is_mode(text: &str) -> bool {
    matches!(text.len(), 3 | 4) && text.bytes().all(|b| (b'0'..=b'7').contains(&b))
}

/// Whether a text is a number of days, such as `30d`.
pub(super) fn is_days(text: &str) -> bool {
    text.strip_suffix('d').is_some_and(|n| {
        !n.starts_with('0') && (1..=4).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit())
    })
}

impl Decode for Image {
    fn unreadable() -> Option<Self> {
        Some(Image(Text::literal("", Span::NOWHERE)))
    }

    fn decode(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let text = match &node.kind {
            Kind::Scalar(text) if matches!(text.atom(), Atom::Str(_)) => text,
            _ => {
                wrong_type(node, Self::WHAT, diagnostics);
                return None;
            }
        };
        let value = text.value();
        if is_image(&value) {
            return Some(Image(text.clone()));
        }
        let whole = match value.contains('/') {
            true => format!("docker.io/{value}"),
            false => format!("docker.io/library/{value}"),
        };
        if is_image(&whole) {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnqualifiedImage,
                    format!("`{value}` names no registry"),
                    node.span,
                    "expected a registry before it",
                )
                .help(format!("write `{whole}`, if it is Docker's")),
            );
            // What is wrong with the image besides is worth saying in the same run.
            return Some(Image(Text::literal(whole, node.span)));
        }
        misread(node, Self::NOUN, Self::WHAT, advice::image(&value), diagnostics);
        None
    }
}

impl Image {
    /// Its value when the file is compiled.
    pub fn value(&self) -> String {
        self.0.value()
    }
}

fn is_user(text: &str) -> bool {
    is_word(text, b"_-.")
        && !text.starts_with(['-', '.'])
        && (text.parse::<u64>().is_err() || text.parse::<u32>().is_ok_and(|n| n.to_string() == text))
}

/// The most characters of a domain name, and of a part of it between two dots (RFC 1035, 2.3.4).
pub(super) const MAX_DOMAIN: usize = 253;
pub(super) const MAX_LABEL: usize = 63;

pub(super) fn is_domain(text: &str) -> bool {
    text.len() <= MAX_DOMAIN
        && text.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= MAX_LABEL
                && is_word(label, b"-_")
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// What an option of a mount may have besides letters and digits. Spaces, commas and line breaks separate options,
/// fields and lines of /etc/fstab (fstab(5)), and a backslash begins an escape there.
pub(super) const MOUNT_OPTION: &[u8] = b"._@%/:+=-";

/// `server:/path`. NixOS escapes spaces for /etc/fstab, and nothing else.
pub(super) fn is_nfs_export(text: &str) -> bool {
    let Some((server, path)) = text.split_once(":/") else { return false };
    let literal = server.strip_prefix('[').and_then(|s| s.strip_suffix(']'));
    let is_server = match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_domain(server),
    };
    is_server && !path.starts_with('/') && !path.contains(|c: char| c.is_control() || c == '\\')
}

/// A path below `~/`, without the steps that would lead out of it.
pub(super) fn is_home_path(text: &str) -> bool {
    let path = text.strip_prefix('~').filter(|path| path.starts_with('/') && is_path(path));
    path.is_some_and(|path| !path.trim_end_matches('/').is_empty() && !path.contains("//"))
}

/// `ghcr.io`, or `localhost:5000`.
pub(super) fn is_registry(text: &str) -> bool {
    match text.split_once(':') {
        Some((host, port)) => is_domain(host) && port.parse::<u16>().is_ok_and(|n| n > 0),
        None => is_domain(text),
    }
}

/// The address of one interface. An odd first byte is a group's, which the kernel refuses for an interface.
pub(super) fn is_mac(text: &str) -> bool {
    let bytes: Option<Vec<u8>> = text
        .split(':')
        .map(|part| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2 && !part.starts_with('+')))
        .collect();
    bytes.is_some_and(|bytes| bytes.len() == 6 && bytes[0] % 2 == 0)
}

pub(super) fn is_secret_name(text: &str) -> bool {
    is_word(text, b"_-") && !text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

/// What a service of systemd may be called (systemd.unit(5)).
pub(super) fn is_service_unit(name: &str) -> bool {
    let kind = name.rsplit_once('.').is_some_and(|(_, kind)| UNIT_KINDS.contains(&kind));
    name.len() <= 200 && is_word(name, b":_.@-") && !name.starts_with([':', '.', '@', '-']) && !kind
}

/// What systemd has units of (systemd.unit(5)).
const UNIT_KINDS: &[&str] = &[
    "automount",
    "device",
    "mount",
    "path",
    "scope",
    "service",
    "slice",
    "socket",
    "swap",
    "target",
    "timer",
];

/// An owner and a name (docs.github.com, "Repository limits"); GitHub takes `.git` for the end of an address.
pub(super) fn is_repository(text: &str) -> bool {
    text.split_once('/').is_some_and(|(owner, name)| {
        is_word(owner, b"-")
            && !owner.starts_with('-')
            && is_word(name, b"._-")
            && !matches!(name, "." | "..")
            && !name.ends_with(".git")
    })
}

/// What a path and query may have besides letters and digits, without an escape (RFC 3986).
pub(super) const HTTP_PATH: &[u8] = b"/._~%?&=+-";

/// The same for the name of a host.
pub(super) const HTTP_HOST: &[u8] = b".-";

pub(super) fn is_http_path(text: &str) -> bool {
    text.starts_with('/') && is_word(text, HTTP_PATH)
}

/// The host with its port, and the path, of an address of the web. The scheme may be in capitals (RFC 3986, 3.1).
pub(super) fn web_parts(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_web = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_web.then(|| rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

/// The address of something at a host: of a topic of ntfy, which is what stands behind the host.
pub(super) fn is_web_address(text: &str) -> bool {
    let Some((authority, path)) = web_parts(text) else { return false };
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    is_word(host, HTTP_HOST) && port.parse::<u16>().is_ok() && path.len() > 1 && is_http_path(path)
}

/// `/path`, or `/path:option,option`.
fn is_tmpfs(text: &str) -> bool {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    let options: Vec<&str> = options.split(',').filter(|_| text.contains(':')).collect();
    is_path(path) && !path.trim_end_matches('/').is_empty() && podman::bad_option(&options, true).is_none()
}

pub(super) fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let digest_fits = digest.is_none_or(|d| {
        d.strip_prefix("sha256:").is_some_and(|h| {
            h.len() == 64 && h.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
    });
    let Some((registry, path)) = name.split_once('/') else { return false };
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (path, None),
    };
    digest_fits
        && (registry.contains(['.', ':']) || registry == "localhost")
        && is_registry(registry)
        && path.split('/').all(|part| {
            part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
                && !part.is_empty()
        })
        && tag.is_none_or(|t| t.len() <= 128 && is_word(t, b"_.-") && !t.starts_with(['.', '-']))
}

/// The number that a part of a short form has, such as the `8080` of `8080:80`; and its text.
pub fn port_part(text: &Text) -> Option<u16> {
    let value = text.value();
    let port: u16 = value.parse().ok()?;
    (port > 0 && port.to_string() == value).then_some(port)
}

/// Whether `text` begins with something written in place that begins with `prefix`.
pub fn starts_with(text: &Text, prefix: &str) -> bool {
    matches!(text.pieces.first(), Some(Piece::Literal(first)) if first.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_read_by_go_and_by_systemd_alike() {
        assert_eq!(duration_ms("1m30s"), Some(90_000));
        assert_eq!(duration_ms("500ms"), Some(500));
        for wrong in ["", "30", "s", "1d", "30 s", "1min"] {
            assert_eq!(duration_ms(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_image_names_its_registry() {
        for right in [
            "docker.io/library/redis:7-alpine",
            "localhost/toy:1",
            "registry:5000/a/b",
            "ghcr.io/a/b@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ] {
            assert!(is_image(right), "{right}");
        }
        for wrong in
            ["redis", "library/redis:7", "docker.io/x; rm -rf /", "docker.io/$(id)", "docker.io/a:b:c", ""]
        {
            assert!(!is_image(wrong), "{wrong}");
        }
    }
}
