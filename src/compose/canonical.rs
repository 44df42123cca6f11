//! Node → canonical node: compose-go's `transform/` and the casts of its loader, for one file before it is merged.
//!
//! ```yaml
//! ports: ["8080:80"]       # [{ mode: ingress, target: 80, published: "8080", protocol: tcp }]
//! environment: [A=1, B]    # { A: "1", B: null }
//! command: sh -c "a b"     # [sh, -c, a b]
//! ```
//!
//! The canonical forms differ from compose-go's in four respects. A range of ports stays one entry, with ranges as `target`
//! and `published`. `extra_hosts` is a mapping of lists. A size stays as it is written. The `mode` of a file is octal text.
//!
//! A value with a variable that has no value is not checked: the value is not known.

mod check;
pub(super) mod device;
pub(super) mod hosts;
pub(super) mod list;
pub(super) mod mode;
pub(super) mod number;
pub(super) mod port;
mod scalar;
pub(super) mod volume;
pub(super) mod words;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::project::{Kind, Node, Origin, Origins, Scalar};
use crate::source::Span;

use super::keys::{self, Shape};

/// The state of the pass.
pub(super) struct Canon<'a> {
    /// The places of the nodes.
    origins: &'a Origins,
    /// The diagnostics.
    diagnostics: &'a mut Diagnostics,
    /// Entries of a list without effect, each with the later entry that has its name.
    replaced: &'a mut Vec<(Origin, Origin)>,
}

/// Brings a service into its canonical form.
pub(super) fn service(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &Shape::Keys(&keys::SERVICE));
}

/// Brings an entry of the top-level `networks` into its canonical form.
pub(super) fn network(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::NETWORK_VALUE);
}

/// Brings an entry of the top-level `volumes` into its canonical form.
pub(super) fn volume(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::VOLUME_VALUE);
}

/// Brings an entry of the top-level `secrets` into its canonical form.
pub(super) fn secret(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::SECRET_VALUE);
}

/// Brings an entry of the top-level `configs` into its canonical form.
pub(super) fn config(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    Canon { origins, diagnostics, replaced }.shape(node, &keys::CONFIG_VALUE);
}

/// Brings the other values of the top level into their canonical forms: `include`, `models`, `name` and `version`. Reports
/// unknown keys of the top level.
pub(super) fn file(
    node: &mut Node,
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    replaced: &mut Vec<(Origin, Origin)>,
) {
    let mut canon = Canon { origins, diagnostics, replaced };
    canon.keys(node, &keys::FILE, &["services", "networks", "volumes", "secrets", "configs"]);
}

/// Completes the merged `depends_on` of a service: an entry of one file can lack the keys that another file has.
pub(super) fn complete(service: &mut Node, origins: &Origins, diagnostics: &mut Diagnostics) {
    let mut replaced = Vec::new();
    let mut canon = Canon { origins, diagnostics, replaced: &mut replaced };
    let Kind::Map(keys) = &mut service.kind else { return };
    let Some(Node { kind: Kind::Map(dependencies), .. }) = keys.get_mut("depends_on") else { return };
    for dependency in dependencies.values_mut() {
        let origin = dependency.origin;
        let Kind::Map(keys) = &mut dependency.kind else { continue };
        if !keys.contains_key("condition") {
            canon.missing_key(origin, "condition", keys::DEPENDENCY.noun);
        }
        keys.entry("required".to_owned()).or_insert_with(|| flag(origin, true));
    }
}

impl Canon<'_> {
    /// The span of a value.
    fn value(&self, origin: Origin) -> Span {
        self.origins.place(origin).value
    }

    /// Reports a value that has no valid form.
    #[track_caller]
    fn invalid(&mut self, origin: Origin, title: impl Into<String>, expected: &str) {
        let at = self.value(origin);
        self.diagnostics.push(Diagnostic::new(Code::ComposeValue, title, at, format!("expected {expected}")));
    }

    /// Reports a mapping without a key that it needs.
    #[track_caller]
    fn missing_key(&mut self, origin: Origin, key: &str, noun: &str) {
        let at = self.value(origin);
        let title = format!("{noun} has no `{key}`");
        self.diagnostics.push(
            Diagnostic::new(Code::ComposeValue, title, at, format!("`{key}` is missing"))
                .help(format!("add `{key}`")),
        );
    }
}

/// A mapping at the place of a value.
fn mapping<const N: usize>(origin: Origin, entries: [(&str, Node); N]) -> Node {
    let entries = entries.into_iter().map(|(key, node)| (key.to_owned(), node));
    Node { origin, kind: Kind::Map(entries.collect::<IndexMap<String, Node>>()) }
}

/// A text at the place of a value.
fn text(origin: Origin, text: impl Into<String>) -> Node {
    Node { origin, kind: Kind::Scalar(Scalar::text(text)) }
}

/// A boolean at the place of a value.
fn flag(origin: Origin, is_true: bool) -> Node {
    let scalar = Scalar { is_plain: true, ..Scalar::text(if is_true { "true" } else { "false" }) };
    Node { origin, kind: Kind::Scalar(scalar) }
}
