//! Pass: [`syntax`](crate::syntax) → [`tree`](crate::tree). Replaces each `${…}` by what it names,
//! and keeps the name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics, Fix, closest};
use crate::instance::Instance;
use crate::limits::{MAX_EXPANDED, weight};
use crate::merge::merge;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::{Entry as WrittenEntry, Kind as Written, Node as WrittenNode};
use crate::tree::{Atom, Entry, Kind, Node, Piece, Reference, Step, Target, Text};

/// How deep references may lead through each other. Each step is a constant that refers to another
/// one, so what a person writes stays far below.
const MAX_DEPTH: usize = 64;

/// How deep values may lie in each other, references followed. A NixOS option is ten levels deep.
const MAX_NESTING: usize = 100;

/// Resolves the whole file. `instances` are the presets in use, by their source. `facts` are the keys
/// of the file, which begin the names of facts. `sources` have the texts in which references have places of their own.
pub(crate) fn resolve(
    root: &WrittenNode,
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
        circles: HashSet::new(),
        depth: 0,
        nodes: 0,
        exhausted: false,
        in_constants: false,
        in_command: false,
        large: HashMap::new(),
        misspelt: misspelt(root, facts),
    };
    let entries = root
        .entries()
        .iter()
        .map(|entry| {
            resolver.in_constants = entry.key == "constants";
            let key = resolver.key(entry);
            let value = if resolver.in_constants {
                resolver.constants(&entry.value)
            } else {
                resolver.node(&entry.value)
            };
            Entry { key, value }
        })
        .collect();
    let mut parameters = HashMap::new();
    for instance in instances.values() {
        let arguments = instance.arguments.iter();
        let resolved = arguments.map(|(name, value)| (name.clone(), resolver.node(value))).collect();
        parameters.insert(instance.service.clone(), resolved);
    }
    Resolved { file: Node { span: root.span, defined: None, kind: Kind::Map(entries) }, parameters }
}

/// What comes out of the pass.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The file.
    pub file: Node,
    /// The arguments of each service's preset, by service and parameter.
    pub parameters: HashMap<String, IndexMap<String, Node>>,
}

struct Resolver<'a> {
    root: &'a WrittenNode,
    instances: &'a HashMap<SourceId, Instance>,
    facts: &'a [&'a str],
    sources: &'a Sources,
    diagnostics: &'a mut Diagnostics,
    /// The references that led here, each with the name it uses: for cycles.
    trail: Vec<(String, Span)>,
    /// The circles that were said already, by their members.
    circles: HashSet<Vec<String>>,
    depth: usize,
    nodes: usize,
    exhausted: bool,
    in_constants: bool,
    /// Whether the value is a command of a container, whose shell has variables of the same form.
    in_command: bool,
    /// The entries of the large mappings that references lead through, by their places in memory.
    large: HashMap<*const WrittenNode, HashMap<&'a str, &'a WrittenNode>>,
    /// The keys of the file that were probably meant by unknown ones.
    misspelt: HashSet<&'a str>,
}

/// The keys among `known` that unknown keys of the file were probably meant to be.
fn misspelt<'a>(root: &WrittenNode, known: &[&'a str]) -> HashSet<&'a str> {
    let unknown = root.entries().iter().filter(|entry| !known.contains(&entry.key.as_str()));
    unknown.take(LARGE).filter_map(|entry| closest(&entry.key, known.iter().copied())).collect()
}

/// The keys of the file that hold facts.
const FACTS: &[&str] = &["host", "services", "networks", "tailscale", "caddy"];

/// How many entries a mapping has that is worth an index.
const LARGE: usize = 32;

/// What a name stands for.
struct Found<'a> {
    node: &'a WrittenNode,
    target: Option<Target>,
}

impl<'a> Resolver<'a> {
    /// The value of `key` in a mapping.
    fn get(&mut self, node: &'a WrittenNode, key: &str) -> Option<&'a WrittenNode> {
        if node.entries().len() < LARGE {
            return node.get(key);
        }
        let index = self.large.entry(node).or_insert_with(|| {
            // The first of two entries with one name wins, as it does in a small mapping.
            node.entries().iter().rev().map(|entry| (entry.key.as_str(), &entry.value)).collect()
        });
        index.get(key).copied()
    }

    fn constants(&mut self, node: &WrittenNode) -> Node {
        for entry in node.entries().iter().filter(|entry| !entry.is_unreadable()) {
            if self.facts.contains(&entry.key.as_str()) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ReservedConstant,
                        format!("a constant cannot be called `{}`", entry.key),
                        entry.key_span,
                        "the file has a key of this name",
                    )
                    .help("choose another name: `${…}` could not tell the two apart"),
                );
            } else if matches!(entry.key.as_str(), "builtins" | "toString" | "true" | "false" | "null") {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ReservedConstant,
                        format!("a constant cannot be called `{}`", entry.key),
                        entry.key_span,
                        "has a meaning in Nix",
                    )
                    .help("choose another name"),
                );
            } else if !is_name(&entry.key) || !crate::nix::is_identifier(&entry.key) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::BadName,
                        format!("a constant cannot be called `{}`", entry.key),
                        entry.key_span,
                        "not a valid name",
                    )
                    .help(
                        "use letters, digits, `_` and `-`, begin with a letter, and avoid the keywords of Nix",
                    ),
                );
            }
        }
        if !matches!(node.kind, Written::Map(_) | Written::Unreadable) && !node.is_null() {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::WrongType,
                    "`constants` is not a mapping",
                    node.span,
                    "expected `name: value` pairs",
                )
                .help("write the constants as a mapping: `data: /srv/data`"),
            );
        }
        self.node(node)
    }

    fn node(&mut self, node: &WrittenNode) -> Node {
        self.depth += 1;
        let resolved = self.node_at_depth(node);
        self.depth -= 1;
        resolved
    }

    fn node_at_depth(&mut self, node: &WrittenNode) -> Node {
        if self.depth > MAX_NESTING {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    format!("more than {MAX_NESTING} levels of values"),
                    node.span,
                    "too deep",
                )
                .help("nest the values less"),
            );
            return Node { span: node.span, defined: None, kind: Kind::Unknown };
        }
        // What stands in the file was counted when it was read.
        if !self.trail.is_empty() {
            self.nodes += match &node.kind {
                Written::Scalar { text, .. } | Written::Nix(text) => weight(text),
                Written::List(_) | Written::Unreadable | Written::Replace(_) | Written::Layers(_) => 1,
                Written::Map(entries) => 1 + entries.len(),
            };
        }
        if self.is_exhausted(node.span) {
            return Node { span: node.span, defined: None, kind: Kind::Unknown };
        }
        let kind = match &node.kind {
            Written::Nix(code) => Kind::Nix(code.clone()),
            Written::Unreadable => Kind::Unknown,
            Written::Replace(value) => {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::NothingToReplace,
                        "`!replace` has nothing to replace",
                        node.span,
                        "no preset has a value here",
                    )
                    .help("remove the tag"),
                );
                return self.node(value);
            }
            Written::Layers(layers) => {
                let (base, over) = (self.node(&layers.base), self.node(&layers.over));
                return if omitted(&base) { over } else { merge(&layers.place, base, over) };
            }
            Written::List(items) => {
                Kind::List(items.iter().map(|item| self.node(item)).filter(|n| !omitted(n)).collect())
            }
            Written::Map(entries) => Kind::Map(
                entries
                    .iter()
                    .map(|entry| self.entry(entry))
                    .filter(|entry| !omitted(&entry.value))
                    .collect(),
            ),
            Written::Scalar { text, plain } => match whole_reference(text) {
                Some(name) => return self.whole(name, node.span),
                None => match self.text(text, *plain, node.span) {
                    Some(text) => Kind::Scalar(text),
                    None => Kind::Unknown,
                },
            },
        };
        Node { span: node.span, defined: None, kind }
    }

    fn entry(&mut self, entry: &WrittenEntry) -> Entry {
        let around = self.in_command;
        self.in_command |= matches!(entry.key.as_str(), "command" | "entrypoint" | "test");
        let resolved = Entry { key: self.key(entry), value: self.node(&entry.value) };
        self.in_command = around;
        resolved
    }

    /// Whether there is too much to go on.
    fn is_exhausted(&mut self, span: Span) -> bool {
        if self.nodes > MAX_EXPANDED && !self.exhausted {
            self.exhausted = true;
            // The reference in the file, not the value that it leads to.
            let span = self.trail.first().map_or(span, |(_, reference)| *reference);
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "the references expand to too much",
                    span,
                    format!("by here there are more than {MAX_EXPANDED} values"),
                )
                .help("refer to smaller constants"),
            );
        }
        self.exhausted
    }

    /// A scalar that is one reference takes the value whatever it is.
    fn whole(&mut self, name: &str, span: Span) -> Node {
        let nothing = Node { span, defined: None, kind: Kind::Unknown };
        let Some(found) = self.look_up(name, span) else { return nothing };
        if !self.enter(name, span) {
            return nothing;
        }
        let value = self.node(found.node);
        self.trail.pop();
        match found.target {
            Some(target) => retarget(value, &target, span, found.node.span),
            None => respan(value, span, found.node.span),
        }
    }

    /// A key. One whose reference leads nowhere keeps the text that is written.
    fn key(&mut self, entry: &WrittenEntry) -> Text {
        let literal = || Text { plain: entry.plain_key, ..Text::literal(entry.key.clone(), entry.key_span) };
        self.text(&entry.key, entry.plain_key, entry.key_span).unwrap_or_else(literal)
    }

    /// A text with its references, unless one of them leads nowhere.
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

    /// The pieces that a reference inside of a longer text stands for.
    fn part(&mut self, name: &str, span: Span) -> Option<Vec<Piece>> {
        self.nodes += 1;
        if self.is_exhausted(span) {
            return None;
        }
        let found = self.look_up(name, span)?;
        if !self.enter(name, span) {
            return None;
        }
        let value = self.node(found.node);
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
                    "text is needed here",
                )
                .and(found.node.span, "defined here")
                .help("refer to a value inside of it"),
            );
            return None;
        };
        if text.atom() == Atom::Null {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::ReferenceType,
                    format!("`${{{name}}}` has no value"),
                    span,
                    "text is needed here",
                )
                .and(found.node.span, "empty")
                .help("give it a value"),
            );
            return None;
        }
        // Text that doubles at each step grows as fast as a tree of values does.
        self.nodes += weight(&text.value());
        match found.target {
            Some(target) => {
                Some(vec![Piece::Reference(Reference { target, value: text.atom(), span }.into())])
            }
            None => Some(text.pieces.clone()),
        }
    }

    fn enter(&mut self, name: &str, span: Span) -> bool {
        if let Some(start) = self.trail.iter().position(|(n, s)| n == name && s.source == span.source) {
            let chain: Vec<&str> =
                self.trail[start..].iter().map(|(n, _)| n.as_str()).chain([name]).collect();
            let mut diagnostic = Diagnostic::new(
                Code::ReferenceCycle,
                format!("a circle of references: {}", chain.join(" → ")),
                span,
                format!("leads back to `{name}`"),
            );
            for (name, span) in &self.trail[start + 1..] {
                diagnostic = diagnostic.and(*span, format!("refers to `{name}`"));
            }
            // The same circle is found once from each of its members: the first is enough.
            let mut members: Vec<String> = chain[1..].iter().map(|n| (*n).to_owned()).collect();
            members.sort();
            if self.circles.insert(members) {
                self.diagnostics.push(diagnostic.help("write one of them out"));
            }
            return false;
        }
        if self.trail.len() >= MAX_DEPTH {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    format!("more than {MAX_DEPTH} references lead through each other"),
                    span,
                    "too deep",
                )
                .help("refer to the value itself")
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
            Some(_) if self.in_command => format!("write `${written}`, for the shell of the container"),
            Some(name) => format!("declare `{name}` under `constants`, and write `${{{name}}}`"),
            None => "write `${name.of.a.constant}`, or `$${` where a literal `${` is meant".to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::BadReference,
                format!("`{written}` is not a reference"),
                span,
                "cannot be read",
            )
            .help(help),
        );
    }

    /// What `name` stands for in the source of `span`.
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
            if !self.facts.contains(&steps[0]) {
                self.unknown(name, steps[0], instance.arguments.keys().map(String::as_str), span);
                return None;
            }
        }
        if self.facts.contains(&steps[0]) {
            return self.fact(&steps, name, span);
        }
        let constants = self.root.get("constants");
        match constants.and_then(|c| self.get(c, steps[0])) {
            Some(value) => self.walk(value, &steps, name, span, Target::Constant),
            None => {
                let known = constants.map_or(&[][..], WrittenNode::entries).iter().map(|e| e.key.as_str());
                self.unknown(name, steps[0], known.chain(FACTS.iter().copied()), span);
                None
            }
        }
    }

    fn fact(&mut self, steps: &[&str], name: &str, span: Span) -> Option<Found<'a>> {
        if self.in_constants {
            self.diagnostics.push(
                Diagnostic::new(Code::ReferenceType, format!("a constant cannot depend on `{name}`"), span, "a fact of the file")
                    .help("use the fact where it is needed, or make the value a constant and refer to it from both places"),
            );
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

    /// Goes from `node` along `steps`; the first step names `node` itself unless it is the file.
    fn walk(
        &mut self,
        node: &'a WrittenNode,
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
                Written::List(items) => step
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| Some((Step::Item { index, of: items.len() }, items.get(index)?))),
                Written::Scalar { text, .. } if whole_reference(text).is_some_and(|n| n != name) => {
                    // `a: ${b}` and `${a.c}`: go on in what `a` refers to.
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
                _ => self.get(node, step).map(|n| (Step::Key((*step).to_owned()), n)),
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

    /// A name that leads on from a value which has nothing of that name.
    fn missing_step(&mut self, name: &str, step: &str, parent: &WrittenNode, span: Span) {
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
            (_, true) => "refer to the value itself: nothing is inside of it".to_owned(),
            (_, false) => match self.diagnostics.closest(step, known.clone()) {
                Some(meant) => {
                    let meant = format!("{}{meant}", name.strip_suffix(step).unwrap_or_default());
                    fix = self.renaming(name, &meant, span).map(|fix| Fix { is_certain: false, ..fix });
                    format!("did you mean `{meant}`?")
                }
                None => self.diagnostics.suggestion(step, known),
            },
        };
        self.diagnostics.push(unknown(name, step, span).and(at, "looked for in here").help(help).fix(fix));
    }

    /// The edit that writes `meant` in place of `name`, in the reference at `span`.
    fn renaming(&self, name: &str, meant: &str, span: Span) -> Option<Fix> {
        let at = self.sources.written(span).find(name)?;
        Some(Fix::certain(span.slice(at..at + name.len()), meant))
    }

    /// Whether decoding reports a mistake about the file's `key`: it is required, is no mapping, or is absent beside an
    /// unknown key that was probably meant to be it.
    fn is_reported(&self, key: &str) -> bool {
        match self.root.get(key) {
            Some(node) => {
                let is_no_map =
                    key == "constants" && !matches!(node.kind, Written::Map(_)) && !node.is_null();
                is_no_map || is_cut(node)
            }
            None => key == "host" || self.misspelt.contains(key) || is_cut(self.root),
        }
    }

    fn unknown<'n>(
        &mut self,
        name: &str,
        step: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
        span: Span,
    ) {
        let declared_by = if self.facts.contains(&step) { step } else { "constants" };
        if self.is_reported(declared_by) {
            return;
        }
        if let Some(meant) = name.strip_prefix("constants.") {
            let help = format!("write `${{{meant}}}`: constants are named without that word");
            let fix = self.renaming(name, meant, span);
            self.diagnostics.push(unknown(name, step, span).help(help).fix(fix));
            return;
        }
        // `${paths.data}` and `${paths.media}` are one mistake where `paths` is missing.
        let missing = if name.starts_with(step) { step } else { name };
        let help = if NIX_NAMES.contains(&step) {
            format!("under `nixos`, write the whole value as an expression: `!nix '\"${{{name}}}…\"'`")
        } else if self.in_command && is_variable(name) {
            format!("write `$${{{name}}}`, for the shell of the container")
        } else if is_variable(name) && self.diagnostics.closest(step, known.clone()).is_none() {
            format!("declare it under `constants`: `constants: {{ {name}: … }}`")
        } else {
            self.diagnostics.suggestion(step, known)
        };
        self.diagnostics.push(unknown(missing, step, span).help(help));
    }
}

/// The places of references inside of a scalar.
struct Places<'a> {
    /// What is left of the scalar as it is written, and where that begins.
    rest: &'a str,
    start: usize,
    whole: Span,
}

impl<'a> Places<'a> {
    fn of(written: &'a str, whole: Span) -> Places<'a> {
        Places { rest: written, start: 0, whole }
    }

    /// The place of the next `reference`. The whole scalar, if an escape or a break of the line changed how it is written.
    fn next(&mut self, reference: &str) -> Span {
        let Some(at) = self.rest.find(reference) else { return self.whole };
        let start = self.start + at;
        self.start = start + reference.len();
        self.rest = &self.rest[at + reference.len()..];
        self.whole.slice(start..self.start)
    }
}

/// Whether something of `node` could not be read. A name that it has not may stand there.
fn is_cut(node: &WrittenNode) -> bool {
    matches!(node.kind, Written::Unreadable) || node.has_unreadable_entry()
}

/// The user's value where a preset has one too, if it replaces the preset's: a list merges with it, and no reference
/// leads to the result.
fn upper(node: &WrittenNode) -> &WrittenNode {
    match &node.kind {
        Written::Layers(layers) if matches!(layers.over.kind, Written::Scalar { .. }) => &layers.over,
        _ => node,
    }
}

/// Names that mean something in Nix, and nothing in a text of this language.
const NIX_NAMES: &[&str] = &["builtins", "config", "lib", "pkgs"];

/// Whether `name` has the form of a variable of the environment, which Compose reads in the place of a constant.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The variable in `${NAME:-default}` and the other forms of a shell.
fn variable_with_default(written: &str) -> Option<&str> {
    let (name, _) = written.strip_prefix("${")?.split_once([':', '-', '?', '+'])?;
    is_variable(name).then_some(name)
}

/// A preset leaves out what a parameter without a value would have filled.
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
        format!("`{step}` is not known here"),
    )
    .once()
}

/// The name in a text that is one `${name}` and nothing else.
fn whole_reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['{', '}', '$'])).then_some(name)
}

/// Whether `step` may be a part of a reference.
fn is_name(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Makes each scalar of `value` a reference to its place below `target`.
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

/// Moves a value to the place of its use, and leaves its pieces as they are.
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
