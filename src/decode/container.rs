//! Decodes the keys of a container that Compose writes in a short and a long form.

use super::{Decode, Reader, bad_value, bad_value_because, wrong_type};
use crate::ast::{Condition, DependsOn, LongDependency};
use crate::decode::scalar::misread;
use crate::diag::{Code, Diagnostic};
use crate::form::{AbsolutePath, Duration, Form, PortRange, Protocol};
use crate::path::is_path;
use crate::podman::{self, BadOption};
use crate::setting::{
    Command, Expose, ExtraHosts, GracePeriod, HealthTest, LongPort, LongUlimit, LongUsedDatabase, LongVolume,
    NetworkMode, Number, Port, Spanned, Transport, Ulimit, UsedDatabase, Volume, VolumeSource, VolumeType,
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
                    // Compose accepts both `name:address` and `name=address`.
                    match text.split_once('=').or_else(|| text.split_once(':')) {
                        Some(pair) => hosts.push(pair),
                        None => {
                            bad_value(item, "an extra host", "NAME:ADDRESS", "write `NAME:ADDRESS`", reader)
                        }
                    }
                }
            }
            _ => {
                wrong_type(node, "a mapping of `NAME: ADDRESS`", reader);
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
                        format!("`{}` is not a valid address for an extra host", address.value()),
                        address.span,
                        "expected an IP address or `host-gateway`",
                    )
                    .help("write an IP address, or `host-gateway` for this host"),
                );
            }
        }
        Some(ExtraHosts(hosts))
    }

    fn absent(_: Span) -> Option<Self> {
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
                bad_value_because(
                    node,
                    "a command line",
                    "has a quote that is not closed",
                    "close the quote",
                    reader,
                );
                None
            }
        }
    }
}

/// Splits a command line as a shell does. The value of a reference is not split.
fn words(text: &Text) -> Option<Vec<Text>> {
    let mut line = String::new();
    for (i, piece) in text.pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => line.push_str(literal),
            // No string of a file contains a NUL, so that these marks are unambiguous.
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
            misread(
                node,
                Duration::NOUN,
                "a duration of at most 24h",
                "a duration such as 90s or 2m",
                advice,
                reader,
            );
            return None;
        };
        // `podman run --stop-timeout` takes whole seconds, and the value of a constant is passed to it unchanged.
        let whole = text.value().strip_suffix('s').is_none_or(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if !text.is_literal() && (!whole || matches!(text.value().chars().last(), Some('m' | 'h'))) {
            bad_value(
                node,
                "a grace period",
                "whole seconds such as 90s",
                "write the value of the constant in seconds, such as 90s",
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
                    "is an option of a volume",
                    "put the whole volume in quotes, as in \"SOURCE:TARGET:ro,z\": a comma ends an item of `[ ]`",
                    reader,
                );
                return None;
            }
            _ => {
                let expected = "SOURCE:TARGET or SOURCE:TARGET:OPTIONS";
                bad_value(node, "a volume", expected, "write `SOURCE:TARGET`", reader);
                return None;
            }
        };
        let (target, source) = (parts.pop()?, parts.pop()?);
        let source = source_of(source, node, reader)?;
        if !is_path(&target.value()) {
            let advice = AbsolutePath::advice(&target.value()).map(|advice| advice.about("the target"));
            misread(node, "a volume", "an absolute path as the target", "`SOURCE:/TARGET`", advice, reader);
            return None;
        }
        check_no_colon([&target], node, reader)?;
        check_target(&target, reader)?;
        check_options(&options, false, node, reader)?;
        Some(Volume {
            source,
            target,
            options,
            owner: None,
            group: None,
            mode: None,
            disposable: None,
            span: node.span,
        })
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
                Diagnostic::new(Code::BadValue, "a tmpfs mount has no source", source.span, "not used")
                    .help("remove `source`"),
            );
            return None;
        }
        (_, None) if long.unreadable.may_hold(&["source"]) => return None,
        (_, None) => {
            let example = LongVolume::SHAPE.map(|shape| shape.example).unwrap_or_default();
            reader.push(Diagnostic::missing_key("source", node.span, example));
            return None;
        }
        (_, Some(source)) if source.span == Span::PLACEHOLDER => return None,
        (kind, Some(source)) => {
            let found = source_of(source.clone(), node, reader)?;
            let wrong = match (kind, &found) {
                (Some(VolumeType::Bind), VolumeSource::Named(_)) => Some((
                    "a bind mount needs a path as its source",
                    "this is a name",
                    "write `type: volume`, or a path",
                )),
                (Some(VolumeType::Volume), VolumeSource::Bind(_)) => {
                    Some(("a volume needs a name as its source", "this is a path", "write `type: bind`"))
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
                Diagnostic::new(Code::BadValue, "only a tmpfs mount has a size", size.text.span, "not used")
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
                "only a bind mount has an owner, a group and a mode",
                span,
                "not used",
            )
            .help("remove this key, or write a path on the host as `source`"),
        );
        return None;
    }
    let disposable = match long.disposable {
        Some(reason) => check_disposable(reason.text, &source, &options, reader)?,
        // A reason that could not be read is a reason.
        None if long.unreadable.may_hold(&["disposable"]) => {
            Some(Text::literal("unreadable", Span::PLACEHOLDER))
        }
        None => None,
    };
    let target = long.target.text;
    // Already reported.
    if target.span == Span::PLACEHOLDER {
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
        disposable,
        span: node.span,
    })
}

/// Reports a reason for a volume that keeps no data.
fn check_disposable(
    reason: Text,
    source: &VolumeSource,
    options: &[Text],
    reader: &mut Reader,
) -> Option<Option<Text>> {
    let span = reason.span;
    if matches!(source, VolumeSource::Tmpfs) {
        reader.push(
            Diagnostic::new(Code::BadValue, "a tmpfs mount keeps no data", span, "not used")
                .help("remove `disposable`"),
        );
        return None;
    }
    let Some(read_only) = options.iter().find(|option| option.value() == "ro") else {
        return Some(Some(reason));
    };
    reader.push(
        Diagnostic::new(
            Code::Contradiction,
            "a read-only volume is declared disposable",
            span,
            "the container writes nothing that could be lost",
        )
        .and(read_only.span, "mounted read-only here")
        .help("remove `disposable`"),
    );
    Some(None)
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
    let advice = advice.map(|advice| advice.about("the source"));
    let expected = "an absolute path or the name of a volume as the source";
    misread(node, "a volume", expected, "`/SOURCE:/TARGET` or `NAME:/TARGET`", advice, reader);
    None
}

/// Reports a colon or a comma in a path: Podman separates the parts of a volume with them, and has no quotes for them.
pub(super) fn check_no_colon<'a>(
    texts: impl IntoIterator<Item = &'a Text>,
    node: &Node,
    reader: &mut Reader,
) -> Option<()> {
    if texts.into_iter().any(|t| t.value().contains([':', ','])) {
        bad_value_because(
            node,
            "a path of a mount",
            "contains a colon or a comma, which separate the parts of a mount",
            "rename the folder, without colons and commas",
            reader,
        );
        return None;
    }
    Some(())
}

/// Reports a mount on the container's root folder.
fn check_target(target: &Text, reader: &mut Reader) -> Option<()> {
    let value = target.value();
    if !value.starts_with('/') || !value.trim_end_matches('/').is_empty() {
        return Some(());
    }
    reader.push(
        Diagnostic::new(
            Code::BadValue,
            "a volume cannot be mounted on `/`",
            target.span,
            "would hide the whole image",
        )
        .help("write a folder of the container as the target"),
    );
    None
}

fn check_options(options: &[Text], tmpfs: bool, node: &Node, reader: &mut Reader) -> Option<()> {
    let values: Vec<String> = options.iter().map(Text::value).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let Some((index, bad)) = podman::bad_option(&values, tmpfs) else { return Some(()) };
    let (noun, page) = if tmpfs { ("a tmpfs mount", "--tmpfs") } else { ("a volume", "--volume") };
    let (message, help) = match bad {
        BadOption::Unknown(option) => (
            format!("`{option}` is not a valid option of {noun}"),
            match podman::closest_option(option, tmpfs) {
                _ if tmpfs && podman::is_tmpfs_owner(option) => {
                    "write `mode=1777` instead: any user may write to the mount".to_owned()
                }
                Some(suggested) => format!("did you mean `{suggested}`?"),
                None => format!("remove it; podman-run(1) lists the options at {page}"),
            },
        ),
        BadOption::Value(option) => (
            format!("the option `{option}` of {noun} has an invalid value"),
            format!("write a value that podman-run(1) lists at {page}"),
        ),
        BadOption::Both(first, second) if first == second => {
            (format!("the option `{first}` is set twice"), "remove one of the two".to_owned())
        }
        BadOption::Both(first, second) => {
            (format!("`{first}` and `{second}` exclude each other"), "remove one of the two".to_owned())
        }
    };
    let span = options.get(index).map_or(node.span, |option| option.span);
    reader.push(Diagnostic::new(Code::BadValue, message, span, "Podman refuses this option").help(help));
    None
}

impl Decode for Port {
    fn item_of(text: &str) -> String {
        let is_alone = text.parse::<u16>().is_ok();
        if is_alone { format!("{text}:{text}") } else { text.to_owned() }
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            let mut long = LongPort::decode(node, reader)?;
            // Already reported.
            if long.published.span == Span::PLACEHOLDER || long.target.span == Span::PLACEHOLDER {
                return None;
            }
            // An unreadable client may be the one that reaches the port.
            if long.unreadable.may_hold(&["from"]) {
                long.from = Some(Spanned { value: Vec::new(), span: Span::PLACEHOLDER });
            }
            let parts = (Some(long.host_ip.text), long.published, long.target, Some(long.protocol));
            return port(parts, node, reader).map(|port| Port { from: long.from, ..port });
        }
        let text = Text::decode(node, reader)?;
        let (ports, protocol) = without_protocol(&text, node, reader)?;
        let Some((rest, target)) = ports.rsplit_once(':') else {
            reader.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{}` has no host port", text.value()),
                    node.span,
                    "Podman would choose a random host port at each start",
                )
                .help(format!(
                    "write `\"{}:{}\"`, or move the port to `expose` if nothing on the host connects to it",
                    ports.value(),
                    text.value()
                )),
            );
            return None;
        };
        // An IPv6 address contains colons, and stands in brackets.
        let (address, published) = match rest.rsplit_once(':') {
            Some((address, published)) => (Some(without_brackets(address)), published),
            None => (None, rest),
        };
        port((address, published, target, protocol), node, reader)
    }
}

/// Removes the brackets of an IPv6 address.
fn without_brackets(text: Text) -> Text {
    let value = text.value();
    match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => text.split_at(1).1.split_at(inner.len()).0,
        None => text,
    }
}

/// The written parts of a port: the address, the host port, the container port, and the protocol.
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
            from: None,
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
            "HOST:CONTAINER or ADDRESS:HOST:CONTAINER, with ports from 1 to 65535",
            "write `HOST:CONTAINER`, with two ports or two ranges of the same length",
            reader,
        );
    }
    port
}

/// Parses a text, or the default of the port at `owner` if there is no text. Returns `None` if the text is invalid.
fn or_default<T: Form>(text: Option<Text>, default: &'static str, owner: Span) -> Option<Value<T>> {
    match text {
        Some(text) => Value::of(text),
        None => Value::of_default(default, owner),
    }
}

/// Splits `8080:80/udp` at its `/` into the ports and the protocol.
fn without_protocol(text: &Text, node: &Node, reader: &mut Reader) -> Option<(Text, Option<Text>)> {
    let mut parts = text.split('/');
    has_one_protocol(&format!("{}/", parts[0].value()), &parts[1..], node, reader)?;
    let protocol = (parts.len() > 1).then(|| parts.pop()).flatten();
    Some((parts.swap_remove(0), protocol))
}

/// Reports `tcp/udp`: Podman publishes a port for one protocol. The help puts `before` in front of each protocol.
fn has_one_protocol(before: &str, protocols: &[Text], node: &Node, reader: &mut Reader) -> Option<()> {
    if protocols.len() < 2 {
        return Some(());
    }
    let entries: Vec<String> =
        protocols.iter().map(|protocol| format!("`{before}{}`", protocol.value())).collect();
    let help = format!("write one entry for each protocol: {}", entries.join(" and "));
    bad_value_because(node, "a port", "expected one protocol", &help, reader);
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
                    "PORT, PORT-PORT, or one of them with `/udp`",
                    "write a port from 1 to 65535 such as `3000`, `3000-3010` or `53/udp`",
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
                let help =
                    "remove `network_mode`: a container is on the bridge network of its service by default";
                bad_value_because(node, "a network mode", "this is Compose's default", help, reader);
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
                    "a network mode",
                    "host, none or container:NAME",
                    "write `host`, `none` or `container:NAME`, or list networks under `networks`",
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

impl Decode for UsedDatabase {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Map(_) = node.kind {
            let long = LongUsedDatabase::decode(node, reader)?;
            return Some(UsedDatabase { database: long.database, over: long.over });
        }
        Text::decode(node, reader).map(|database| UsedDatabase { database, over: Transport::Socket })
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
                    "a health check",
                    "a command line without NONE, CMD or CMD-SHELL",
                    "write the command line, or `disable: true` without a check",
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
                    "a health check",
                    "a list that starts with CMD or CMD-SHELL",
                    "write a command line, or a list such as `[CMD, curl, localhost]`",
                    reader,
                );
                None
            }
        }
    }
}

impl Decode for DependsOn {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else {
            let names = Vec::<Text>::decode(node, reader)?;
            return Some(DependsOn(names.into_iter().map(|n| (n, Condition::Started)).collect()));
        };
        let mut all = Vec::new();
        for entry in entries {
            let condition = match entry.value.kind {
                Kind::Map(_) => LongDependency::decode(&entry.value, reader).map(|l| l.condition),
                _ => Condition::decode(&entry.value, reader),
            };
            // The name is still checked: it may be a mistake of its own.
            all.push((entry.key.clone(), condition.unwrap_or(Condition::Started)));
        }
        Some(DependsOn(all))
    }

    fn absent(_: Span) -> Option<Self> {
        Some(DependsOn::default())
    }

    fn unreadable() -> Option<Self> {
        Some(DependsOn::default())
    }
}
