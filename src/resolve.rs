//! Pass: [`syntax`](crate::syntax) → [`tree`](crate::tree). Resolves each `${…}` to its value, and keeps the name.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics, Fix, closest};
use crate::instance::Instance;
use crate::limits::{MAX_EXPANDED, weight};
use crate::merge::merge;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{Entry as SyntaxEntry, Kind as SyntaxKind, Lookup, Node as SyntaxNode, whole_reference};
use crate::tree::{Atom, Entry, Kind, Node, Piece, Reference, Step, Target, Text};

/// The longest chain of references. Each step is a constant that refers to another constant, so that files written by
/// people stay far below the limit.
const MAX_DEPTH: usize = 64;

/// The deepest nesting of values, after references are resolved. A NixOS option is ten levels deep.
const MAX_NESTING: usize = 100;

/// Resolves the whole file. `instances` are the presets in use, by source. `facts` are the top-level keys of the file, with
/// which the names of facts start. `sources` are the texts in which references have spans of their own.
pub(crate) fn resolve(
    root: &SyntaxNode,
    instances: &HashMap<SourceId, Instance>,
    facts: &[&str],
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Resolved {
    let mut resolver = Resolver {
        root,
        instances,
        facts,
        sources,
        diagnostics,
        trail: Vec::new(),
        cycles: HashSet::new(),
        depth: 0,
        nodes: 0,
        exhausted: false,
        in_constants: false,
        in_command: false,
        position: Position::File,
        service: None,
        misplaced_secrets: Vec::new(),
        valueless: HashMap::new(),
        whole_constants: HashSet::new(),
        lookup: Lookup::default(),
        misspelt: misspelt(root, facts),
    };
    let entries = root
        .entries()
        .iter()
        .map(|entry| {
            resolver.in_constants = entry.key == "constants";
            let key = resolver.key(entry);
            resolver.position = Position::File.below(&entry.key);
            let value = if resolver.in_constants {
                resolver.constants(&entry.value)
            } else {
                resolver.node(&entry.value)
            };
            Entry { key, value }
        })
        .collect();
    let mut parameters = HashMap::new();
    resolver.position = Position::Other;
    for instance in instances.values() {
        resolver.service = Some(instance.service.clone());
        let arguments = instance.arguments.iter();
        let resolved = arguments.map(|(name, value)| (name.clone(), resolver.node(value))).collect();
        parameters.insert(instance.service.clone(), resolved);
    }
    if let Some(constants) = root.get("constants") {
        resolver.valueless_constants(constants, &mut Vec::new());
    }
    let misplaced_secrets = resolver.misplaced_secrets;
    let file = Node { span: root.span, defined: None, kind: Kind::Map(entries) };
    Resolved { file, parameters, misplaced_secrets }
}

/// The result of the pass.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The file.
    pub file: Node,
    /// The arguments of each service's preset, by service and parameter.
    pub parameters: HashMap<String, IndexMap<String, Node>>,
    /// The secrets of references that are not valid, which are reported.
    pub misplaced_secrets: Vec<String>,
}

struct Resolver<'a> {
    root: &'a SyntaxNode,
    instances: &'a HashMap<SourceId, Instance>,
    facts: &'a [&'a str],
    sources: &'a Sources,
    diagnostics: &'a mut Diagnostics,
    /// The chain of references to the current value, each with its name. It finds cycles.
    trail: Vec<(String, Span)>,
    /// The cycles that were reported, by their members.
    cycles: HashSet<Vec<String>>,
    depth: usize,
    nodes: usize,
    exhausted: bool,
    in_constants: bool,
    /// The value is a command of a container, whose shell has variables of the same form.
    in_command: bool,
    /// The position of the current value in the file.
    position: Position,
    /// The service around the current value.
    service: Option<String>,
    misplaced_secrets: Vec<String>,
    /// The references to each constant without a value, by the place of the missing value.
    valueless: HashMap<Span, Vec<Span>>,
    /// The places of the constants that a reference takes as a whole. In a mapping, a key without a value has the meaning
    /// that it has at the place of the reference.
    whole_constants: HashSet<Span>,
    lookup: Lookup<'a>,
    /// The top-level keys for which undeclared keys probably stand.
    misspelt: HashSet<&'a str>,
}

/// The number of undeclared keys that are compared with the declared ones.
const MAX_MISSPELT: usize = 32;

/// The keys in `known` for which undeclared keys of the file probably stand.
fn misspelt<'a>(root: &SyntaxNode, known: &[&'a str]) -> HashSet<&'a str> {
    let unknown = root.entries().iter().filter(|entry| !known.contains(&entry.key.as_str()));
    unknown.take(MAX_MISSPELT).filter_map(|entry| closest(&entry.key, known.iter().copied())).collect()
}

/// The most references that a diagnostic about a constant without a value shows.
const USES: usize = 4;

/// The keys of the file that hold facts.
const FACTS: &[&str] = &["host", "services", "networks", "tailscale", "caddy"];

/// The value that a name refers to.
struct Found<'a> {
    node: &'a SyntaxNode,
    target: Option<Target>,
}

impl<'a> Resolver<'a> {
    fn constants(&mut self, node: &SyntaxNode) -> Node {
        for entry in node.entries().iter().filter(|entry| !entry.is_unreadable()) {
            if self.facts.contains(&entry.key.as_str()) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ReservedConstant,
                        format!("a constant cannot have the name `{}`", entry.key),
                        entry.key_span,
                        "is a top-level key of the file",
                    )
                    .help("rename the constant: `${…}` would be ambiguous"),
                );
            } else if entry.key == "site" {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ReservedConstant,
                        "a constant cannot have the name `site`",
                        entry.key_span,
                        "is the site of a service, as in `${site.url}`",
                    )
                    .help("rename the constant: `${…}` would be ambiguous"),
                );
            } else if matches!(entry.key.as_str(), "builtins" | "toString" | "true" | "false" | "null") {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ReservedConstant,
                        format!("a constant cannot have the name `{}`", entry.key),
                        entry.key_span,
                        "is a built-in name of Nix",
                    )
                    .help("rename the constant"),
                );
            } else if !is_name(&entry.key) || !crate::nix::is_identifier(&entry.key) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::BadName,
                        format!("`{}` is not a valid name for a constant", entry.key),
                        entry.key_span,
                        "expected letters, digits, `_` and `-`, starting with a letter",
                    )
                    .help("rename the constant; keywords of Nix cannot be names either"),
                );
            }
        }
        if !matches!(node.kind, SyntaxKind::Map(_) | SyntaxKind::Unreadable) && !node.is_null() {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::WrongType,
                    "`constants` is not a mapping",
                    node.span,
                    "expected `NAME: VALUE` pairs",
                )
                .help("write a mapping, such as `data: /srv/data`"),
            );
        }
        self.node(node)
    }

    fn node(&mut self, node: &SyntaxNode) -> Node {
        self.depth += 1;
        let resolved = self.node_at_depth(node);
        self.depth -= 1;
        resolved
    }

    fn node_at_depth(&mut self, node: &SyntaxNode) -> Node {
        if self.depth > MAX_NESTING {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    format!("values are nested more than {MAX_NESTING} levels deep"),
                    node.span,
                    format!("level {}", MAX_NESTING + 1),
                )
                .help("remove levels of nesting"),
            );
            return Node { span: node.span, defined: None, kind: Kind::Unknown };
        }
        // Values outside of references were counted when the file was parsed.
        if !self.trail.is_empty() {
            self.nodes += match &node.kind {
                SyntaxKind::Scalar { text, .. } | SyntaxKind::Nix(text) => weight(text),
                SyntaxKind::List(_)
                | SyntaxKind::Unreadable
                | SyntaxKind::Replace(_)
                | SyntaxKind::Layers(_) => 1,
                SyntaxKind::Map(entries) => 1 + entries.len(),
            };
        }
        if self.is_exhausted(node.span) {
            return Node { span: node.span, defined: None, kind: Kind::Unknown };
        }
        let kind = match &node.kind {
            SyntaxKind::Nix(code) => Kind::Nix(code.clone()),
            SyntaxKind::Unreadable => Kind::Unknown,
            SyntaxKind::Replace(value) => {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::NothingToReplace,
                        "`!replace` has no value of a preset to replace",
                        node.span,
                        "no preset has a value here",
                    )
                    .help("remove the tag `!replace`"),
                );
                return self.node(value);
            }
            SyntaxKind::Layers(layers) => {
                let (base, over) = (self.node(&layers.base), self.node(&layers.over));
                return if omitted(&base) { over } else { merge(&layers.place, base, over) };
            }
            SyntaxKind::List(items) => {
                Kind::List(items.iter().map(|item| self.node(item)).filter(|n| !omitted(n)).collect())
            }
            SyntaxKind::Map(entries) => Kind::Map(
                entries
                    .iter()
                    .map(|entry| self.entry(entry))
                    .filter(|entry| !omitted(&entry.value))
                    .collect(),
            ),
            SyntaxKind::Scalar { text, plain } => match whole_reference(text) {
                Some(name) => return self.whole(name, node.span),
                None => match self.text(text, *plain, node.span) {
                    Some(text) => Kind::Scalar(text),
                    None => Kind::Unknown,
                },
            },
        };
        Node { span: node.span, defined: None, kind }
    }

    fn entry(&mut self, entry: &SyntaxEntry) -> Entry {
        let outer = self.in_command;
        self.in_command |= matches!(entry.key.as_str(), "command" | "entrypoint" | "test");
        let position = std::mem::replace(&mut self.position, Position::Other);
        if position == Position::Services {
            self.service = Some(entry.key.clone());
        }
        let key = self.key(entry);
        self.position = position.below(&entry.key);
        let value = self.node(&entry.value);
        self.position = position;
        if position == Position::Services {
            self.service = None;
        }
        self.in_command = outer;
        Entry { key, value }
    }

    /// Reports whether the limit of expanded values is reached.
    fn is_exhausted(&mut self, span: Span) -> bool {
        if self.nodes > MAX_EXPANDED && !self.exhausted {
            self.exhausted = true;
            // The place is the reference in the file, not its value.
            let span = self.trail.first().map_or(span, |(_, reference)| *reference);
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the references expand to too many values",
                    span,
                    format!("more than {MAX_EXPANDED} values up to here"),
                )
                .help("refer to smaller constants"),
            );
        }
        self.exhausted
    }

    /// Resolves a scalar that is a single reference. The value may have any type.
    fn whole(&mut self, name: &str, span: Span) -> Node {
        let nothing = Node { span, defined: None, kind: Kind::Unknown };
        if let Some(secret) = self.secret_name(name, span) {
            let Some(piece) = self.secret(secret, span) else { return nothing };
            let text = Text { pieces: vec![piece], ..Text::empty(span) };
            return Node { kind: Kind::Scalar(text), ..nothing };
        }
        if let Some(part) = SitePart::of(name) {
            let text = match self.site(part, name, span) {
                Some(pieces) => Text { pieces, ..Text::empty(span) },
                // A preset does not need the address of a site without a name: the value is null.
                None if span.source != SourceId::FILE => Text { plain: true, ..Text::empty(span) },
                None => return nothing,
            };
            return Node { kind: Kind::Scalar(text), ..nothing };
        }
        let Some(found) = self.look_up(name, span) else { return nothing };
        if self.is_valueless(&found, span) || !self.enter(name, span) {
            return nothing;
        }
        if matches!(found.target, Some(Target::Constant(_))) {
            self.whole_constants.insert(found.node.span);
        }
        let value = self.referred(name, found.node);
        self.trail.pop();
        match found.target {
            Some(target) => retarget(value, &target, span, found.node.span),
            None => respan(value, span, found.node.span),
        }
    }

    /// Resolves a key. A key with an invalid reference keeps its written text.
    fn key(&mut self, entry: &SyntaxEntry) -> Text {
        let literal = || Text { plain: entry.plain_key, ..Text::literal(entry.key.clone(), entry.key_span) };
        self.text(&entry.key, entry.plain_key, entry.key_span).unwrap_or_else(literal)
    }

    /// Resolves the references in a text. Returns `None` if one of them is invalid.
    fn text(&mut self, written: &str, plain: bool, span: Span) -> Option<Text> {
        if !written.contains("${") && !written.is_empty() {
            return Some(Text { plain, ..Text::literal(written, span) });
        }
        let mut whole = true;
        let mut text = Text { plain, ..Text::empty(span) };
        let mut rest = written;
        let mut places = Places::of(self.sources.written(span), span);
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                text.push(Piece::Literal(format!("{}{{", &rest[..at])));
                rest = &rest[at + 2..];
                places.next("${");
                continue;
            }
            text.push(Piece::Literal(rest[..at].to_owned()));
            let Some(end) = rest[at..].find('}') else {
                self.bad_reference(&rest[at..], places.next("${"));
                return None;
            };
            let name = &rest[at + 2..at + end];
            let place = places.next(&rest[at..=at + end]);
            rest = &rest[at + end + 1..];
            match self.part(name, place) {
                Some(pieces) => pieces.into_iter().for_each(|piece| text.push(piece)),
                None => whole = false,
            }
        }
        text.push(Piece::Literal(rest.to_owned()));
        whole.then_some(text)
    }

    /// Resolves a reference inside a longer text to pieces.
    fn part(&mut self, name: &str, span: Span) -> Option<Vec<Piece>> {
        self.nodes += 1;
        if self.is_exhausted(span) {
            return None;
        }
        if let Some(secret) = self.secret_name(name, span) {
            let piece = self.secret(secret, span)?;
            if matches!(&piece, Piece::Reference(reference) if reference.value == Atom::Null) {
                self.no_value(name, span, span);
                return None;
            }
            return Some(vec![piece]);
        }
        if let Some(part) = SitePart::of(name) {
            return self.site(part, name, span);
        }
        let found = self.look_up(name, span)?;
        if self.is_valueless(&found, span) || !self.enter(name, span) {
            return None;
        }
        let value = self.referred(name, found.node);
        self.trail.pop();
        if matches!(value.kind, Kind::Unknown) {
            return None;
        }
        let Kind::Scalar(text) = &value.kind else {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::ReferenceType,
                    format!("`${{{name}}}` is {}", value.type_name()),
                    span,
                    "expected a string",
                )
                .and(found.node.span, "defined here")
                .help(format!("refer to a value inside it, such as `{}`", inside(name, found.node))),
            );
            return None;
        };
        if text.atom() == Atom::Null {
            self.no_value(name, span, found.node.span);
            return None;
        }
        // Text that doubles at each step grows as fast as a tree of values.
        self.nodes += weight(&text.value());
        match found.target {
            Some(target) => {
                Some(vec![Piece::Reference(Reference { target, value: text.atom(), span }.into())])
            }
            None => Some(text.pieces.clone()),
        }
    }

    /// Reports whether `found` is a constant without a value, and keeps the place of the reference for the diagnostic.
    fn is_valueless(&mut self, found: &Found<'_>, span: Span) -> bool {
        let is_constant = matches!(found.target, Some(Target::Constant(_)));
        if !is_constant || !found.node.is_null() {
            return false;
        }
        let uses = self.valueless.entry(found.node.span).or_default();
        if uses.len() < USES && !uses.contains(&span) {
            uses.push(span);
        }
        true
    }

    /// Reports the constants without a value in `node`, which is at `path`. Inside a constant, a missing value is reported
    /// unless a reference takes the value around it.
    fn valueless_constants(&mut self, node: &'a SyntaxNode, path: &mut Vec<Cow<'a, str>>) {
        if self.whole_constants.contains(&node.span) || self.diagnostics.is_full() {
            return;
        }
        match &node.kind {
            SyntaxKind::Map(entries) => {
                for entry in entries.iter().filter(|entry| !entry.is_unreadable()) {
                    path.push(entry.key.as_str().into());
                    self.valueless_constants(&entry.value, path);
                    path.pop();
                }
            }
            SyntaxKind::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string().into());
                    self.valueless_constants(item, path);
                    path.pop();
                }
            }
            SyntaxKind::Scalar { .. } if node.is_null() && !path.is_empty() => {
                let name = path.join(".");
                let title = format!("the constant `{name}` has no value");
                let code = Code::ConstantWithoutValue;
                let mut diagnostic = Diagnostic::new(code, title, node.span, "expected a value");
                for used in self.valueless.remove(&node.span).unwrap_or_default() {
                    diagnostic = diagnostic.and(used, "used here");
                }
                self.diagnostics.push(diagnostic.help(format!("write a value for `{name}`")));
            }
            _ => {}
        }
    }

    /// Reports a reference in a text to the empty value at `defined`.
    fn no_value(&mut self, name: &str, span: Span, defined: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::ReferenceType,
                format!("`${{{name}}}` has no value"),
                span,
                "expected a string",
            )
            .and(defined, "this value is empty")
            .help(format!("write a value for `{name}`")),
        );
    }

    /// Resolves the value that `name` refers to, as a part of its own service.
    fn referred(&mut self, name: &str, node: &SyntaxNode) -> Node {
        let mut steps = name.split('.');
        let (Some("services"), Some(service)) = (steps.next(), steps.next()) else { return self.node(node) };
        let outer = self.service.replace(service.to_owned());
        let value = self.node(node);
        self.service = outer;
        value
    }

    /// Resolves `${site.url}` or `${site.host}` to the address of the only site of the service around it.
    fn site(&mut self, part: SitePart, name: &str, span: Span) -> Option<Vec<Piece>> {
        if self.in_constants {
            self.in_constant(name, span);
            return None;
        }
        let Some(service) = self.service.clone() else {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::BadReference,
                    format!("`${{{name}}}` is valid only in a service"),
                    span,
                    "is not a part of a service",
                )
                .help("write the address of the site"),
            );
            return None;
        };
        let services = self.root.get("services")?;
        let declared = self.lookup.get(services, &service)?;
        let one = self.member(declared, "site").filter(|site| !site.is_null());
        let several = match self.member(declared, "sites").map(|sites| &sites.kind) {
            Some(SyntaxKind::List(items)) => items.as_slice(),
            _ => &[],
        };
        let site = match (one, several) {
            (Some(site), []) | (None, [site]) => site,
            _ => {
                let count = several.len() + usize::from(one.is_some());
                if !self.diagnostics.is_full() && !is_cut(declared) && !is_cut(services) {
                    self.no_single_site(&service, count, name, span);
                }
                return None;
            }
        };
        if !self.enter(name, span) {
            return None;
        }
        let address = self.address(part, site);
        self.trail.pop();
        let Some(address) = address else {
            let has_name = ["host", "subdomain"].iter().any(|key| self.member(site, key).is_some());
            // Linking reports a site of Caddy without a name.
            if !has_name && !is_cut(site) && self.front(site).is_some_and(|front| front == "haproxy") {
                let title = format!("the site of the service `{service}` has no name");
                let help = format!("add a `host` to the site, or {}", self.instead_of_site(name, span));
                let label = format!("`${{{name}}}` needs the name of the site");
                self.diagnostics.push(Diagnostic::new(Code::UnknownReference, title, span, label).help(help));
            }
            return None;
        };
        self.nodes += weight(&address.value());
        Some(address.pieces)
    }

    /// The address of a site. `None` if it has no valid name, which linking reports if the name is not valid.
    fn address(&mut self, part: SitePart, site: &'a SyntaxNode) -> Option<Text> {
        let front = self.front(site)?;
        let host = self.host(site, &front)?;
        let SitePart::Url = part else { return Some(host) };
        let mut address = Text::empty(host.span);
        let listen = self.member(site, "listen");
        // A site of Caddy has a certificate, unless it has a port of its own. A site of HAProxy has none.
        let is_plain = front == "haproxy" || listen.is_some();
        let scheme = if is_plain { "http://" } else { "https://" };
        address.push(Piece::Literal(scheme.to_owned()));
        host.pieces.into_iter().for_each(|piece| address.push(piece));
        if is_plain {
            let listen = listen?;
            let Kind::Scalar(listen) = self.node(listen).kind else { return None };
            let port = listen.rsplit_once(':').map_or(listen, |(_, port)| port);
            if port.value() != "80" {
                address.push(Piece::Literal(":".to_owned()));
                port.pieces.into_iter().for_each(|piece| address.push(piece));
            }
        }
        Some(address)
    }

    /// The key of the program that serves a site.
    fn front(&mut self, site: &'a SyntaxNode) -> Option<String> {
        match self.member(site, "front") {
            Some(front) => self.node(front).text(),
            None if !self.has_front("caddy") && self.has_front("haproxy") => Some("haproxy".to_owned()),
            None => Some("caddy".to_owned()),
        }
    }

    /// True if the file declares the front with this key.
    fn has_front(&self, key: &str) -> bool {
        self.root.get(key).is_some_and(|front| !front.is_null())
    }

    /// The name of a site that `front` serves.
    fn host(&mut self, site: &'a SyntaxNode, front: &str) -> Option<Text> {
        let text = |node: Node| match node.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        };
        if let Some(host) = self.member(site, "host") {
            return text(self.node(host));
        }
        let subdomain = self.member(site, "subdomain")?;
        let front = self.root.get(front)?;
        let domain = self.member(front, "domain")?;
        let (subdomain, domain) = (text(self.node(subdomain))?, text(self.node(domain))?);
        let span = subdomain.span;
        Some(Text::join(&[subdomain, domain], ".", span))
    }

    /// The value of `key` in a mapping, or in the mapping that a reference leads to.
    fn member(&mut self, node: &'a SyntaxNode, key: &str) -> Option<&'a SyntaxNode> {
        match &node.kind {
            SyntaxKind::Layers(layers) => {
                self.member(&layers.over, key).or_else(|| self.member(&layers.base, key))
            }
            SyntaxKind::Replace(value) => self.member(value, key),
            SyntaxKind::Scalar { text, .. } => {
                let name = whole_reference(text)?;
                if !self.enter(name, node.span) {
                    return None;
                }
                let found = self.look_up(name, node.span);
                let member = found.and_then(|found| self.member(found.node, key));
                self.trail.pop();
                member
            }
            _ => self.lookup.get(node, key).map(upper),
        }
    }

    /// The action in place of the reference `name` to a site: the parameter of the preset whose default it is, or an address.
    fn instead_of_site(&self, name: &str, span: Span) -> String {
        let parameter = self.trail.last().map(|(name, _)| name.as_str()).filter(|parameter| {
            let instance = self.instances.get(&span.source);
            instance.is_some_and(|instance| instance.arguments.contains_key(*parameter))
        });
        match parameter {
            Some(parameter) => format!("set `{parameter}` under `with`"),
            None => format!("write the address in place of `${{{name}}}`"),
        }
    }

    /// Reports a reference to the only site of a service that has `count` sites.
    fn no_single_site(&mut self, service: &str, count: usize, name: &str, span: Span) {
        let other = self.instead_of_site(name, span);
        let (title, help) = match count {
            0 => (format!("the service `{service}` has no site"), format!("add a `site`, or {other}")),
            _ => (format!("the service `{service}` has {count} sites"), other),
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnknownReference,
                title,
                span,
                format!("`${{{name}}}` needs a single site"),
            )
            .help(help),
        );
    }

    /// The name of the secret that a reference `secrets.NAME` at `span` names. In a preset, NAME is the path of a parameter
    /// with the name of a secret.
    fn secret_name<'n>(&self, reference: &'n str, span: Span) -> Option<&'n str> {
        let name = reference.strip_prefix("secrets.")?;
        (is_name(name) || self.instances.contains_key(&span.source)).then_some(name)
    }

    /// Resolves a reference to the content of the secret `name`. It is valid only in a text that is rendered when the
    /// container starts: every other text is in the Nix store.
    fn secret(&mut self, name: &str, span: Span) -> Option<Piece> {
        if self.position == Position::Rendered {
            return match self.instances.contains_key(&span.source) {
                true => self.secret_of_parameter(name, span),
                false => Some(content(name.to_owned(), None, span)),
            };
        }
        self.misplaced_secrets.push(name.to_owned());
        // A reference to another value leads here from a place outside of the rendered texts.
        let span = self.trail.first().map_or(span, |(_, reference)| *reference);
        self.diagnostics.push(
            Diagnostic::new(
                Code::SecretInStore,
                format!("`${{secrets.{name}}}` cannot be used here"),
                span,
                "would be in the Nix store, which all users of the host can read",
            )
            .help(format!(
                "write it in a value under `environment` or `files` of a container; where the name of a secret is expected, write `{name}`"
            )),
        );
        None
    }

    /// Resolves a reference of a preset to the content of the secret whose name is the argument of the parameter at `path`.
    /// A parameter without a value omits the key that uses it.
    fn secret_of_parameter(&mut self, path: &str, span: Span) -> Option<Piece> {
        let found = self.look_up(path, span)?;
        if !self.enter(path, span) {
            return None;
        }
        let position = std::mem::replace(&mut self.position, Position::Other);
        let value = self.node(found.node);
        self.position = position;
        self.trail.pop();
        let Kind::Scalar(name) = value.kind else { return None };
        let target = found.target?;
        let Target::Parameter { path, .. } = &target else { return None };
        if name.atom() == Atom::Null {
            return Some(Piece::Reference(Reference { target, value: Atom::Null, span }.into()));
        }
        // A secret that is not declared is reported at the argument.
        Some(content(name.value(), Some(path.clone()), name.span))
    }

    /// Reports a reference below `secrets` that is not the name of a secret.
    fn bad_secret(&mut self, name: &str, span: Span) {
        self.misplaced_secrets.extend(name.split('.').nth(1).map(str::to_owned));
        self.diagnostics.push(
            Diagnostic::new(
                Code::BadReference,
                format!("`${{{name}}}` is not a valid reference"),
                span,
                "expected the name of one secret",
            )
            .help("write `${secrets.NAME}`, the content of the secret NAME"),
        );
    }

    fn enter(&mut self, name: &str, span: Span) -> bool {
        if let Some(start) = self.trail.iter().position(|(n, s)| n == name && s.source == span.source) {
            let chain: Vec<&str> =
                self.trail[start..].iter().map(|(n, _)| n.as_str()).chain([name]).collect();
            let mut diagnostic = Diagnostic::new(
                Code::ReferenceCycle,
                format!("references form a cycle: {}", chain.join(" → ")),
                span,
                format!("refers back to `{name}`"),
            );
            for (name, span) in &self.trail[start + 1..] {
                diagnostic = diagnostic.and(*span, format!("refers to `{name}`"));
            }
            // Each member of a cycle finds the same cycle. Only the first is reported.
            let mut members: Vec<String> = chain[1..].iter().map(|n| (*n).to_owned()).collect();
            members.sort();
            if self.cycles.insert(members) {
                self.diagnostics.push(diagnostic.help("write a value in place of one of these references"));
            }
            return false;
        }
        if self.trail.len() >= MAX_DEPTH {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    format!("a chain of more than {MAX_DEPTH} references"),
                    span,
                    format!("reference {}", MAX_DEPTH + 1),
                )
                .help("refer to the last value of the chain")
                .once(),
            );
            return false;
        }
        self.trail.push((name.to_owned(), span));
        true
    }

    fn bad_reference(&mut self, written: &str, span: Span) {
        let begins = written.strip_prefix("${").and_then(|name| name.split(['.', ' ']).next());
        let help = match variable_with_default(written) {
            _ if begins.is_some_and(|name| NIX_NAMES.contains(&name)) => {
                format!("under `nixos`, write the whole value as an expression: `!nix '\"{written}…\"'`")
            }
            Some(_) if self.in_command => format!("write `${written}` to leave it to the container's shell"),
            Some(name) => format!("declare `{name}` under `constants`, and write `${{{name}}}`"),
            None => "write `${NAME}`, or `$${` for a literal `${`".to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::BadReference,
                format!("`{written}` is not a valid reference"),
                span,
                "expected names with dots between them, and `}` at the end",
            )
            .help(help),
        );
    }

    /// Looks up `name` in the source of `span`.
    fn look_up(&mut self, name: &str, span: Span) -> Option<Found<'a>> {
        let steps: Vec<&str> = name.split('.').collect();
        if steps.iter().any(|step| !is_name(step)) {
            self.bad_reference(&format!("${{{name}}}"), span);
            return None;
        }
        if let Some(instance) = self.instances.get(&span.source) {
            if steps == ["service"] {
                return Some(Found { node: &instance.name, target: None });
            }
            if let Some(value) = instance.arguments.get(steps[0]) {
                let target = |path| Target::Parameter { service: instance.service.clone(), path };
                return self.walk(value, &steps, name, span, target);
            }
            if instance.missing.iter().any(|parameter| parameter == steps[0]) {
                return None;
            }
            if !self.facts.contains(&steps[0]) && steps[0] != "site" {
                self.unknown(name, steps[0], instance.arguments.keys().map(String::as_str), span);
                return None;
            }
        }
        if self.facts.contains(&steps[0]) {
            return self.fact(&steps, name, span);
        }
        if steps[0] == "site" {
            self.unknown(name, name, ["site.url", "site.host"], span);
            return None;
        }
        let constants = self.root.get("constants");
        match constants.and_then(|c| self.lookup.get(c, steps[0])) {
            Some(value) => self.walk(value, &steps, name, span, Target::Constant),
            None => {
                let known = constants.map_or(&[][..], SyntaxNode::entries).iter().map(|e| e.key.as_str());
                self.unknown(
                    name,
                    steps[0],
                    known.chain(FACTS.iter().copied()).chain(["secrets", "site"]),
                    span,
                );
                None
            }
        }
    }

    fn fact(&mut self, steps: &[&str], name: &str, span: Span) -> Option<Found<'a>> {
        if steps[0] == "secrets" {
            self.bad_secret(name, span);
            return None;
        }
        if self.in_constants {
            self.in_constant(name, span);
            return None;
        }
        if !FACTS.contains(&steps[0]) || steps.len() < 2 {
            self.unknown(
                name,
                name,
                [
                    "host.name",
                    "host.timezone",
                    "services.NAME.port",
                    "networks.NAME.gateway",
                    "tailscale.address",
                    "caddy.domain",
                ],
                span,
            );
            return None;
        }
        let root = self.root;
        let found = self.walk(root, steps, name, span, |_| Target::HostName)?;
        let target = match steps {
            ["host", "name"] => Some(Target::HostName),
            ["host", "timezone"] => Some(Target::TimeZone),
            ["services", service, "port"] => Some(Target::Port((*service).to_owned())),
            _ => None,
        };
        Some(Found { node: found.node, target })
    }

    /// Reports a reference of a constant to a fact.
    fn in_constant(&mut self, name: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::ReferenceType,
                format!("a constant cannot refer to `{name}`"),
                span,
                "is not a constant",
            )
            .help(format!(
                "move the value of `{name}` to `constants`, and refer to the constant in both places"
            )),
        );
    }

    /// Follows `steps` from `node`. The first step is the name of `node`, unless `node` is the file.
    fn walk(
        &mut self,
        node: &'a SyntaxNode,
        steps: &[&str],
        name: &str,
        span: Span,
        target: impl FnOnce(Vec<Step>) -> Target,
    ) -> Option<Found<'a>> {
        let mut path = Vec::new();
        let mut node = node;
        let start = if std::ptr::eq(node, self.root) { 0 } else { 1 };
        if start == 1 {
            path.push(Step::Key(steps[0].to_owned()));
        }
        for step in &steps[start..] {
            node = upper(node);
            let next = match &node.kind {
                SyntaxKind::List(items) => step
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| Some((Step::Item { index, of: items.len() }, items.get(index)?))),
                SyntaxKind::Scalar { text, .. } if whole_reference(text).is_some_and(|n| n != name) => {
                    // For `a: ${b}` and `${a.c}`, continue in `b`.
                    let inner = whole_reference(text).expect("seen just now");
                    let rest = &steps[path.len().max(1)..];
                    let through = format!("{inner}.{}", rest.join("."));
                    if !self.enter(name, span) {
                        return None;
                    }
                    let found = self.look_up(&through, Span { source: node.span.source, ..span });
                    self.trail.pop();
                    return found;
                }
                _ => self.lookup.get(node, step).map(|n| (Step::Key((*step).to_owned()), n)),
            };
            match next {
                Some((step, next)) => {
                    path.push(step);
                    node = next;
                }
                None => {
                    self.missing_step(&steps[..=path.len()].join("."), step, node, span);
                    return None;
                }
            }
        }
        Some(Found { node: upper(node), target: Some(target(path)) })
    }

    /// Reports a name whose last step does not exist in `parent`.
    fn missing_step(&mut self, name: &str, step: &str, parent: &SyntaxNode, span: Span) {
        let is_reported = std::ptr::eq(parent, self.root) && self.is_reported(step);
        if is_reported || is_cut(parent) {
            return;
        }
        let at = parent.span;
        let known = parent.entries().iter().map(|entry| entry.key.as_str());
        let mut fix = None;
        let help = match (name.split('.').collect::<Vec<_>>().as_slice(), parent.entries().is_empty()) {
            (["services", service, "port"], _) => {
                format!("give the service a port: `{service}: {{ port: … }}`")
            }
            (_, true) => format!(
                "write `${{{}}}`: the value has no keys",
                name.strip_suffix(step).unwrap_or(name).trim_end_matches('.')
            ),
            (_, false) => match self.diagnostics.closest(step, known.clone()) {
                Some(suggested) => {
                    let suggested = format!("{}{suggested}", name.strip_suffix(step).unwrap_or_default());
                    fix = self.renaming(name, &suggested, span).map(|fix| Fix { is_certain: false, ..fix });
                    format!("did you mean `{suggested}`?")
                }
                None => self.diagnostics.suggestion(step, known),
            },
        };
        self.diagnostics.push(unknown(name, step, span).and(at, "searched here").help(help).fix(fix));
    }

    /// The edit that replaces `name` with `new`, in the reference at `span`.
    fn renaming(&self, name: &str, new: &str, span: Span) -> Option<Fix> {
        let at = self.sources.written(span).find(name)?;
        Some(Fix::certain(span.slice(at..at + name.len()), new))
    }

    /// Reports whether decoding emits a diagnostic for the top-level `key`: it is required, is not a mapping, or is absent
    /// beside an undeclared key that probably stands for it.
    fn is_reported(&self, key: &str) -> bool {
        match self.root.get(key) {
            Some(node) => {
                let is_no_map =
                    key == "constants" && !matches!(node.kind, SyntaxKind::Map(_)) && !node.is_null();
                is_no_map || is_cut(node)
            }
            None => key == "host" || self.misspelt.contains(key) || is_cut(self.root),
        }
    }

    /// The service around `span`, if it has a scalar with the key `key`. `None` once the limit of errors is reached.
    fn service_with(&self, key: &str, span: Span) -> Option<&'a str> {
        if self.diagnostics.is_full() {
            return None;
        }
        let services = self.root.get("services")?.entries().iter();
        let around = services.map(|entry| (entry, entry.value.span)).find(|(_, service)| {
            service.source == span.source && service.start <= span.start && span.end <= service.end
        });
        let (service, _) = around?;
        let is_scalar = matches!(service.value.get(key)?.kind, SyntaxKind::Scalar { .. });
        (is_scalar && is_name(key) && is_name(&service.key)).then_some(&service.key)
    }

    fn unknown<'n>(
        &mut self,
        name: &str,
        step: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
        span: Span,
    ) {
        let declared_by = if self.facts.contains(&step) { step } else { "constants" };
        // A constant with a reserved name is reported where it is declared.
        let is_reserved = self.root.get("constants").is_some_and(|all| self.lookup.get(all, step).is_some());
        if is_reserved || self.is_reported(declared_by) {
            return;
        }
        if let Some(suggested) = name.strip_prefix("constants.") {
            let help = format!("write `${{{suggested}}}`: references to constants have no prefix");
            let fix = self.renaming(name, suggested, span);
            let title = format!("there is no `{name}`");
            self.diagnostics.push(
                Diagnostic::new(Code::UnknownReference, title, span, "has the prefix `constants`")
                    .help(help)
                    .fix(fix)
                    .once(),
            );
            return;
        }
        if let Some(service) = self.service_with(name, span) {
            let path = format!("services.{service}.{name}");
            let fix = self.renaming(name, &path, span).map(|fix| Fix { is_certain: false, ..fix });
            let diagnostic = Diagnostic { once: false, ..unknown(name, step, span) };
            let help = format!("write `${{{path}}}`: a reference is the whole path of a key");
            self.diagnostics.push(diagnostic.help(help).fix(fix));
            return;
        }
        // `${paths.data}` and `${paths.media}` are one mistake if `paths` is missing.
        let missing = if name.starts_with(step) { step } else { name };
        let help = if NIX_NAMES.contains(&step) {
            format!("under `nixos`, write the whole value as an expression: `!nix '\"${{{name}}}…\"'`")
        } else if self.in_command && is_variable(name) {
            format!("write `$${{{name}}}` to leave it to the container's shell")
        } else if is_variable(name) && self.diagnostics.closest(step, known.clone()).is_none() {
            format!("declare it: `constants: {{ {name}: VALUE }}`")
        } else {
            self.diagnostics.suggestion(step, known)
        };
        self.diagnostics.push(unknown(missing, step, span).help(help));
    }
}

/// A part of the address of a site.
#[derive(Clone, Copy, Debug)]
enum SitePart {
    /// The address with its scheme.
    Url,
    /// The host name.
    Host,
}

impl SitePart {
    /// The part that a reference names.
    fn of(reference: &str) -> Option<SitePart> {
        match reference {
            "site.url" => Some(SitePart::Url),
            "site.host" => Some(SitePart::Host),
            _ => None,
        }
    }
}

/// A reference to the content of the secret `name`, which is the argument of a `parameter`.
fn content(name: String, parameter: Option<Vec<Step>>, span: Span) -> Piece {
    let value = Atom::Str(format!("${{secrets.{name}}}"));
    Piece::Reference(Reference { target: Target::Secret { name, parameter }, value, span }.into())
}

/// A position in the file, as far as it decides whether a text may contain a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    File,
    Services,
    Service,
    Containers,
    Container,
    /// A value that is rendered when a container starts.
    Rendered,
    Other,
}

impl Position {
    /// The position of the value of `key`, in the mapping at this position.
    fn below(self, key: &str) -> Position {
        match (self, key) {
            (Position::File, "services") => Position::Services,
            (Position::Services, _) => Position::Service,
            (Position::Service, "containers") => Position::Containers,
            (Position::Containers, _) => Position::Container,
            (Position::Container, "environment" | "files") | (Position::Rendered, _) => Position::Rendered,
            _ => Position::Other,
        }
    }
}

/// The spans of references inside a scalar.
struct Places<'a> {
    /// The rest of the scalar as it is written, and its offset.
    rest: &'a str,
    start: usize,
    whole: Span,
}

impl<'a> Places<'a> {
    fn of(written: &'a str, whole: Span) -> Places<'a> {
        Places { rest: written, start: 0, whole }
    }

    /// The span of the next `reference`, or of the whole scalar if an escape or a line break changed its text.
    fn next(&mut self, reference: &str) -> Span {
        let Some(at) = self.rest.find(reference) else { return self.whole };
        let start = self.start + at;
        self.start = start + reference.len();
        self.rest = &self.rest[at + reference.len()..];
        self.whole.slice(start..self.start)
    }
}

/// Reports whether a part of `node` could not be parsed, which may contain an absent name.
fn is_cut(node: &SyntaxNode) -> bool {
    matches!(node.kind, SyntaxKind::Unreadable) || node.has_unreadable_entry()
}

/// The user's value, if it replaces a preset's value. A list merges with the preset's list, and references cannot go
/// through the result.
fn upper(node: &SyntaxNode) -> &SyntaxNode {
    match &node.kind {
        SyntaxKind::Layers(layers) if matches!(layers.over.kind, SyntaxKind::Scalar { .. }) => &layers.over,
        _ => node,
    }
}

/// Names that have a meaning in Nix and none in this language.
const NIX_NAMES: &[&str] = &["builtins", "config", "lib", "pkgs"];

/// Reports whether `name` looks like an environment variable, which Compose would interpolate.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The variable in `${NAME:-default}` and other shell forms.
fn variable_with_default(written: &str) -> Option<&str> {
    let (name, _) = written.strip_prefix("${")?.split_once([':', '-', '?', '+'])?;
    is_variable(name).then_some(name)
}

/// Reports whether a preset omits the value because its parameter has no value.
fn omitted(node: &Node) -> bool {
    let Kind::Scalar(text) = &node.kind else { return false };
    matches!(
        text.reference().map(Arc::as_ref),
        Some(Reference { target: Target::Parameter { .. }, value: Atom::Null, .. })
    )
}

fn unknown(name: &str, step: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownReference,
        format!("there is no `{name}`"),
        span,
        format!("`{step}` is not declared"),
    )
    .once()
}

/// A reference to the first value inside `node`, which `name` refers to.
fn inside(name: &str, node: &SyntaxNode) -> String {
    let step = match &node.kind {
        SyntaxKind::List(_) => "0",
        _ => node.entries().first().map_or("KEY", |entry| entry.key.as_str()),
    };
    format!("${{{name}.{step}}}")
}

/// Reports whether `step` is a valid part of a reference.
fn is_name(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Turns each scalar of `value` into a reference below `target`.
fn retarget(value: Node, target: &Target, span: Span, defined: Span) -> Node {
    let below = |step: Step| target.clone().below(step);
    let kind = match value.kind {
        Kind::Scalar(text) => {
            let reference = Reference { target: target.clone(), value: text.atom(), span };
            Kind::Scalar(Text { pieces: vec![Piece::Reference(reference.into())], ..Text::empty(span) })
        }
        Kind::Nix(code) => Kind::Nix(code),
        Kind::Unknown => Kind::Unknown,
        Kind::List(items) => {
            let of = items.len();
            let items = items.into_iter().enumerate();
            Kind::List(
                items
                    .map(|(index, item)| {
                        let at = item.span;
                        retarget(item, &below(Step::Item { index, of }), span, at)
                    })
                    .collect(),
            )
        }
        Kind::Map(entries) => {
            let entries = entries.into_iter();
            Kind::Map(
                entries
                    .map(|entry| {
                        let step = Step::Key(entry.key.value());
                        let at = entry.value.span;
                        Entry {
                            key: Text { plain: entry.key.plain, ..Text::literal(entry.key.value(), span) },
                            value: retarget(entry.value, &below(step), span, at),
                        }
                    })
                    .collect(),
            )
        }
    };
    Node { span, defined: Some(defined), kind }
}

/// Moves a value to the place of its use, and keeps its pieces.
fn respan(value: Node, span: Span, defined: Span) -> Node {
    let kind = match value.kind {
        Kind::Scalar(text) => Kind::Scalar(Text { span, ..text }),
        Kind::Nix(code) => Kind::Nix(code),
        Kind::Unknown => Kind::Unknown,
        Kind::List(items) => Kind::List(items.into_iter().map(|i| respan(i, span, defined)).collect()),
        Kind::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|e| Entry { key: Text { span, ..e.key }, value: respan(e.value, span, defined) })
                .collect(),
        ),
    };
    Node { span, defined: Some(defined), kind }
}
