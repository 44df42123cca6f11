//! Reads the parts of a container that Compose lets one write in several ways.

use super::{Decode, Reader, bad_value, bad_value_because, wrong_type};
use crate::ast::{Condition, DependsOn, LongDependency};
use crate::decode::scalar::misread;
use crate::diag::{Code, Diagnostic};
use crate::form::{AbsolutePath, Duration, Form, PortRange, Protocol};
use crate::path::is_path;
use crate::podman::{self, BadOption};
use crate::setting::{
    Command, Expose, ExtraHosts, GracePeriod, HealthTest, LongPort, LongUlimit, LongVolume, NetworkMode,
    Number, Port, Ulimit, Volume, VolumeSource, VolumeType,
};
use crate::source::Span;
use crate::tree::{Atom, Kind, Node, Piece, Text};
use crate::value::Value;
use crate::word::is_word;

impl Decode for ExtraHosts {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut hosts = Vec::new();
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    if let Some(address) = Text::decode(&entry.value, reader) {
                        hosts.push((entry.key.clone(), address));
                    }
                }
            }
            Kind::List(items) => {
                for item in items {
                    let Some(text) = Text::decode(item, reader) else { continue };
                    // Compose takes both `name:address` and `name=address`.
                    match text.split_once('=').or_else(|| text.split_once(':')) {
                        Some(pair) => hosts.push(pair),
                        None => bad_value(item, "a name with its address", "write name:address", reader),
                    }
                }
            }
            _ => {
                wrong_type(node, "a mapping of name: address, or a list of name:address", reader);
                return None;
            }
        }
        for (name, address) in &hosts {
            let fits =
                address.value() == "host-gateway" || address.value().parse::<std::net::IpAddr>().is_ok();
            if !fits || name.value().is_empty() {
                reader.push(
                    Diagnostic::new(
                        Code::BadValue,
                        format!("`{}` is not an address", address.value()),
                        address.span,
                        "expected an IP address",
                    )
                    .help("write an IP address, or `host-gateway` for this host"),
                );
            }
        }
        Some(ExtraHosts(hosts))
    }

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
        Some(ExtraHosts::default())
    }

    fn unreadable() -> Option<Self> {
        Some(ExtraHosts::default())
    }
}

impl Decode for Command {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::List(_) = node.kind {
            return Vec::decode(node, reader).map(Command);
        }
        let text = Text::decode(node, reader)?;
        match words(&text) {
            Some(words) => Some(Command(words)),
            None => {
                bad_value(node, "a command line", "close its quotes", reader);
                None
            }
        }
    }
}

/// Splits a command line as a shell does. What a reference stands for is one word or a part of one.
fn words(text: &Text) -> Option<Vec<Text>> {
    let mut line = String::new();
    for (i, piece) in text.pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => line.push_str(literal),
            // No text of a file holds a NUL, so this stands for the piece and for nothing else.
            Piece::Reference(_) => line.push_str(&format!("\0{i}\0")),
        }
    }
    let words = shell_words::split(&line).ok()?;
    Some(
        words
            .into_iter()
            .map(|word| {
                let mut out = Text::empty(text.span);
                for (i, part) in word.split('\0').enumerate() {
                    match part.parse::<usize>() {
                        Ok(piece) if i % 2 == 1 => out.push(text.pieces[piece].clone()),
                        _ => out.push(Piece::Literal(part.to_owned())),
                    }
                }
                out
            })
            .collect(),
    )
}

impl Decode for GracePeriod {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, &Duration::description(), reader);
            return None;
        };
        let ms = match text.atom() {
            Atom::Int(seconds) if (0..=86_400).contains(&seconds) => Some(seconds as u64 * 1000),
            Atom::Str(span) => Duration::parse(&span).map(|span| span.ms).filter(|ms| *ms <= 86_400_000),
            _ => None,
        };
        let Some(ms) = ms else {
            let advice = Duration::advice(&text.value());
            misread(node, Duration::NOUN, "90s or 2m, of a day at most", advice, reader);
            return None;
        };
        // `podman run --stop-timeout` takes whole seconds, and what a constant says has to reach it.
        let whole = text.value().strip_suffix('s').is_none_or(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if !text.is_literal() && (!whole || matches!(text.value().chars().last(), Some('m' | 'h'))) {
            bad_value(
                node,
                "a time in whole seconds",
                "write seconds, such as 90s, in the constant that it comes from",
                reader,
            );
            return None;
        }
        Some(GracePeriod { seconds: ms.div_ceil(1000), text: text.clone() })
    }
}

impl Decode for Volume {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            return long_volume(node, reader);
        }
        let text = Text::decode(node, reader)?;
        let mut parts = text.split(':');
        let options = match parts.len() {
            2 => Vec::new(),
            3 => parts.pop().expect("three parts").split(','),
            1 if podman::bad_option(&[text.value().as_str()], false).is_none() => {
                bad_value_because(
                    node,
                    "a volume",
                    "an option of a volume",
                    "put the whole volume in quotes, as in \"SOURCE:TARGET:ro,z\": a comma ends an item of `[ ]`",
                    reader,
                );
                return None;
            }
            _ => {
                bad_value(node, "a volume", "write source:target, or source:target:options", reader);
                return None;
            }
        };
        let (target, source) = (parts.pop()?, parts.pop()?);
        let source = source_of(source, node, reader)?;
        if !is_path(&target.value()) {
            misread(
                node,
                "a volume with an absolute target",
                "source:/target",
                AbsolutePath::advice(&target.value()),
                reader,
            );
            return None;
        }
        check_no_colon([&target], node, reader)?;
        check_target(&target, reader)?;
        check_options(&options, false, node, reader)?;
        Some(Volume { source, target, options, owner: None, group: None, mode: None, span: node.span })
    }
}

fn long_volume(node: &Node, reader: &mut Reader) -> Option<Volume> {
    let long = LongVolume::decode(node, reader)?;
    let mut options = long.options;
    if long.read_only.value {
        options.push(Text::literal("ro", long.read_only.text.span));
    }
    let source = match (long.r#type, long.source) {
        (Some(VolumeType::Tmpfs), None) => VolumeSource::Tmpfs,
        (Some(VolumeType::Tmpfs), Some(source)) => {
            reader.push(
                Diagnostic::new(Code::BadValue, "a tmpfs has no source", source.span, "not used")
                    .help("remove `source`"),
            );
            return None;
        }
        (_, None) if long.unread.may_hold(&["source"]) => return None,
        (_, None) => {
            <Text as Decode>::absent("source", node.span, reader)?;
            return None;
        }
        (_, Some(source)) if source.span == Span::NOWHERE => return None,
        (kind, Some(source)) => {
            let found = source_of(source.clone(), node, reader)?;
            let wrong = match (kind, &found) {
                (Some(VolumeType::Bind), VolumeSource::Named(_)) => {
                    Some(("a `bind` needs a path as its source", "a name", "write `type: volume`, or a path"))
                }
                (Some(VolumeType::Volume), VolumeSource::Bind(_)) => {
                    Some(("a `volume` needs a name as its source", "a path", "write `type: bind`"))
                }
                _ => None,
            };
            if let Some((title, label, help)) = wrong {
                reader.push(Diagnostic::new(Code::BadValue, title, source.span, label).help(help));
                return None;
            }
            found
        }
    };
    if let Some(size) = long.size {
        if !matches!(source, VolumeSource::Tmpfs) {
            reader.push(
                Diagnostic::new(Code::BadValue, "only a tmpfs has a size", size.text.span, "not used")
                    .help("remove `size`"),
            );
            return None;
        }
        options.push(Text::join(
            &[Text::literal("size", size.text.span), size.text.clone()],
            "=",
            size.text.span,
        ));
    }
    if let (VolumeSource::Named(_) | VolumeSource::Tmpfs, Some(span)) = (
        &source,
        [&long.owner, &long.group]
            .into_iter()
            .flatten()
            .map(|o| o.text.span)
            .chain(long.mode.iter().map(|m| m.text.span))
            .next(),
    ) {
        reader.push(
            Diagnostic::new(
                Code::BadValue,
                "only a folder of the host has an owner, a group and a mode",
                span,
                "not used",
            )
            .help("remove it, or write a path as the source"),
        );
        return None;
    }
    let target = long.target.text;
    // Already reported.
    if target.span == Span::NOWHERE {
        return None;
    }
    check_no_colon([&target], node, reader)?;
    check_target(&target, reader)?;
    check_options(&options, matches!(source, VolumeSource::Tmpfs), node, reader)?;
    Some(Volume {
        source,
        target,
        options,
        owner: long.owner,
        group: long.group,
        mode: long.mode,
        span: node.span,
    })
}

fn source_of(source: Text, node: &Node, reader: &mut Reader) -> Option<VolumeSource> {
    let value = source.value();
    if is_path(&value) {
        check_no_colon([&source], node, reader)?;
        return Some(VolumeSource::Bind(source));
    }
    let name = is_word(&value, b"_.-") && value.starts_with(|c: char| c.is_ascii_alphanumeric());
    if name {
        return Some(VolumeSource::Named(source));
    }
    let advice = value.contains('/').then(|| AbsolutePath::advice(&value)).flatten();
    let source = "an absolute path on the host, or the name of a volume, and then the target";
    misread(node, "a volume with a source that Podman can find", source, advice, reader);
    None
}

/// Podman separates the parts of a volume by colons, and knows no way to quote one.
pub(super) fn check_no_colon<'a>(
    texts: impl IntoIterator<Item = &'a Text>,
    node: &Node,
    reader: &mut Reader,
) -> Option<()> {
    if texts.into_iter().any(|t| t.value().contains([':', ','])) {
        bad_value(node, "a path that Podman can take", "name the folder without a colon and a comma", reader);
        return None;
    }
    Some(())
}

/// The root of a container is its image's.
fn check_target(target: &Text, reader: &mut Reader) -> Option<()> {
    let value = target.value();
    if !value.starts_with('/') || !value.trim_end_matches('/').is_empty() {
        return Some(());
    }
    reader.push(
        Diagnostic::new(
            Code::BadValue,
            "a volume on the container's `/`",
            target.span,
            "hides the whole image",
        )
        .help("mount it on a folder in the container"),
    );
    None
}

fn check_options(options: &[Text], tmpfs: bool, node: &Node, reader: &mut Reader) -> Option<()> {
    let values: Vec<String> = options.iter().map(Text::value).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let Some((index, bad)) = podman::bad_option(&values, tmpfs) else { return Some(()) };
    let (of, page) = if tmpfs { ("a tmpfs", "--tmpfs") } else { ("a volume", "--volume") };
    let (message, help) = match bad {
        BadOption::Unknown(option) => (
            format!("`{option}` is no option of {of}"),
            match podman::closest_option(option, tmpfs) {
                _ if tmpfs && podman::is_tmpfs_owner(option) => {
                    "write `mode=1777` in its place: any user may write there".to_owned()
                }
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("take it out; podman-run(1) has the options, at {page}"),
            },
        ),
        BadOption::Value(option) => (
            format!("the option `{option}` has a value that {of} cannot have"),
            format!("write it as in podman-run(1), at {page}"),
        ),
        BadOption::Both(first, second) if first == second => {
            (format!("`{first}` is there twice"), "keep one of the two".to_owned())
        }
        BadOption::Both(first, second) => {
            (format!("`{first}` and `{second}` exclude each other"), "keep one of the two".to_owned())
        }
    };
    let span = options.get(index).map_or(node.span, |option| option.span);
    reader.push(Diagnostic::new(Code::BadValue, message, span, "Podman refuses it").help(help));
    None
}

impl Decode for Port {
    fn meant_by(text: &str) -> String {
        let is_alone = text.parse::<u16>().is_ok();
        if is_alone { format!("{text}:{text}") } else { text.to_owned() }
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            let long = LongPort::decode(node, reader)?;
            // Already reported.
            if long.published.span == Span::NOWHERE || long.target.span == Span::NOWHERE {
                return None;
            }
            let parts = (Some(long.host_ip.text), long.published, long.target, Some(long.protocol));
            return port(parts, node, reader);
        }
        let text = Text::decode(node, reader)?;
        let (ports, protocol) = without_protocol(&text, node, reader)?;
        let Some((rest, target)) = ports.rsplit_once(':') else {
            reader.push(
                Diagnostic::new(
                    Code::BadValue,
                    "a port without one on the host",
                    node.span,
                    "Podman would choose one at each start",
                )
                .help(format!(
                    "write \"{}:{}\", or `expose` if nothing on the host needs it",
                    ports.value(),
                    text.value()
                )),
            );
            return None;
        };
        // An IPv6 address has colons of its own, and stands in brackets.
        let (address, published) = match rest.rsplit_once(':') {
            Some((address, published)) => (Some(without_brackets(address)), published),
            None => (None, rest),
        };
        port((address, published, target, protocol), node, reader)
    }
}

/// The address in `[…]`, or a text without them as it is.
fn without_brackets(text: Text) -> Text {
    let value = text.value();
    match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => text.split_at(1).1.split_at(inner.len()).0,
        None => text,
    }
}

/// The parts of a port, as they are written: the address, the port on the host, that in the container, and the protocol.
type PortParts = (Option<Text>, Text, Text, Option<Text>);

fn port((address, published, target, protocol): PortParts, node: &Node, reader: &mut Reader) -> Option<Port> {
    if let Some(protocol) = &protocol {
        has_one_protocol("protocol: ", &protocol.split('/'), node, reader)?;
    }
    let read = || {
        let port = Port {
            address: or_default(address, "127.0.0.1", node.span)?,
            published: Value::of(published)?,
            target: Value::of(target)?,
            protocol: or_default(protocol, "tcp", node.span)?,
            span: node.span,
        };
        let count = |ports: &Value<PortRange>| ports.value.last - ports.value.first;
        (count(&port.published) == count(&port.target)).then_some(port)
    };
    let port = read();
    if port.is_none() {
        bad_value(
            node,
            "a published port",
            "write host:container or address:host:container, with ports from 1 to 65535",
            reader,
        );
    }
    port
}

/// What a text means, or the default of the port at `owner` in its place. `None` if it cannot be parsed.
fn or_default<T: Form>(text: Option<Text>, default: &'static str, owner: Span) -> Option<Value<T>> {
    match text {
        Some(text) => Value::of(text),
        None => Value::of_default(default, owner),
    }
}

/// What stands before the `/` of `8080:80/udp`, and the protocol behind it.
fn without_protocol(text: &Text, node: &Node, reader: &mut Reader) -> Option<(Text, Option<Text>)> {
    let mut parts = text.split('/');
    has_one_protocol(&format!("{}/", parts[0].value()), &parts[1..], node, reader)?;
    let protocol = (parts.len() > 1).then(|| parts.pop()).flatten();
    Some((parts.swap_remove(0), protocol))
}

/// Refuses `tcp/udp`: Podman publishes a port for one protocol. The help writes `before` in front of each.
fn has_one_protocol(before: &str, protocols: &[Text], node: &Node, reader: &mut Reader) -> Option<()> {
    if protocols.len() < 2 {
        return Some(());
    }
    let entries: Vec<String> =
        protocols.iter().map(|protocol| format!("`{before}{}`", protocol.value())).collect();
    let help = format!("write an entry for each: {}", entries.join(" and "));
    bad_value_because(node, "a port", "a port has one protocol", &help, reader);
    None
}

impl Decode for Expose {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = Text::decode(node, reader)?;
        let (port, protocol) = without_protocol(&text, node, reader)?;
        let protocol = or_default::<Protocol>(protocol, "tcp", node.span).map(|protocol| protocol.value);
        let udp = protocol.filter(|protocol| *protocol != Protocol::Sctp).map(|p| p == Protocol::Udp);
        match (udp, Value::of(port)) {
            (Some(udp), Some(port)) => Some(Expose { port, udp }),
            _ => {
                bad_value(
                    node,
                    "a port",
                    "write a number from 1 to 65535 or a range such as 3000-3010, with /udp where it is UDP",
                    reader,
                );
                None
            }
        }
    }
}

impl Decode for NetworkMode {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = Text::decode(node, reader)?;
        match text.value().as_str() {
            "host" => return Some(NetworkMode::Host(node.span)),
            "none" => return Some(NetworkMode::None),
            "bridge" | "default" => {
                let help = "remove it: a container is on the bridge of its service without it";
                bad_value_because(node, "a mode of the network", "Compose's default", help, reader);
                return None;
            }
            _ => {}
        }
        match text.split(':').as_slice() {
            [kind, name]
                if matches!(kind.value().as_str(), "container" | "service") && !name.value().is_empty() =>
            {
                Some(NetworkMode::Container(name.clone()))
            }
            _ => {
                bad_value(
                    node,
                    "a mode of the network",
                    "write host, none or container:NAME; `networks` names networks",
                    reader,
                );
                None
            }
        }
    }
}

impl Decode for Ulimit {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            let long = LongUlimit::decode(node, reader)?;
            return Some(Ulimit { soft: long.soft.text, hard: Some(long.hard.text) });
        }
        Number::decode(node, reader).map(|n| Ulimit { soft: n.text, hard: None })
    }
}

impl Decode for HealthTest {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            let text = Text::decode(node, reader)?;
            // Podman reads these first words as Compose's list form (specgenutil, MakeHealthCheckFromCli).
            let first = text.value().split_whitespace().next().unwrap_or("").to_uppercase();
            if text.value().trim().is_empty() || matches!(first.as_str(), "NONE" | "CMD" | "CMD-SHELL") {
                bad_value(
                    node,
                    "a command line",
                    "write the line alone; `disable: true` turns the check off",
                    reader,
                );
                return None;
            }
            return Some(HealthTest::Shell(text));
        };
        let words = Vec::<Text>::decode(node, reader)?;
        // Already reported.
        if words.len() < items.len() {
            return None;
        }
        match words.first().map(Text::value).as_deref() {
            Some("NONE") if words.len() == 1 => Some(HealthTest::None),
            Some("CMD-SHELL") if words.len() == 2 => Some(HealthTest::Shell(words[1].clone())),
            Some("CMD") if words.len() > 1 => Some(HealthTest::Exec(words[1..].to_vec())),
            _ => {
                bad_value(
                    node,
                    "a command",
                    "write a line for the shell, or a list that begins with CMD or CMD-SHELL",
                    reader,
                );
                None
            }
        }
    }
}

/// Reports Compose's `service_completed_successfully`, in the short form or the long one. No other condition may be
/// suggested in its place: a container that starts beside a migration races it.
fn waits_for_end(value: &Node, reader: &mut Reader) -> bool {
    let condition = value.get("condition").unwrap_or(value);
    let Kind::Scalar(text) = &condition.kind else { return false };
    let value = text.value();
    let word = value.strip_prefix("service_").unwrap_or(&value);
    if !word.starts_with("complete") && !word.starts_with("exited") {
        return false;
    }
    reader.push(
        Diagnostic::new(
            Code::BadValue,
            format!("`{}` is not supported: no container waits for the end of another", text.value()),
            condition.span,
            "a container can wait for the start or the health of another one",
        )
        .help("run both commands in this container, one after the other: `command: [sh, -c, \"migrate && exec serve\"]`"),
    );
    true
}

impl Decode for DependsOn {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            let names = Vec::<Text>::decode(node, reader)?;
            return Some(DependsOn(names.into_iter().map(|n| (n, Condition::Started)).collect()));
        };
        let mut all = Vec::new();
        for entry in entries {
            if waits_for_end(&entry.value, reader) {
                continue;
            }
            let condition = match entry.value.kind {
                Kind::Map(_) => LongDependency::decode(&entry.value, reader).map(|l| l.condition),
                _ => Condition::decode(&entry.value, reader),
            };
            // The name may be another mistake than the condition.
            all.push((entry.key.clone(), condition.unwrap_or(Condition::Started)));
        }
        Some(DependsOn(all))
    }

    fn absent(_: &str, _: Span, _: &mut Reader) -> Option<Self> {
        Some(DependsOn::default())
    }

    fn unreadable() -> Option<Self> {
        Some(DependsOn::default())
    }
}
