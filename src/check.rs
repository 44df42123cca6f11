//! Rules over the whole host, in folders by the subjects of their codes. One rule is one file there and a line in the
//! `RULES` of its subject.

mod clients;
mod databases;
mod front;
mod images;
mod isolation;
mod jobs;
mod last_build;
mod limits;
mod names;
mod networks;
mod nix;
mod secrets;
mod start;
mod storage;
mod values;

use crate::diag::Diagnostics;
use crate::hir::Host;
use crate::tree::Node;

/// A rule. It sees the host, and the tree that the host was read from.
type Rule = fn(&Host, &Node, &mut Diagnostics);

/// The rules, by subject.
const SUBJECTS: &[&[Rule]] = &[
    clients::RULES,
    databases::RULES,
    front::RULES,
    images::RULES,
    isolation::RULES,
    jobs::RULES,
    last_build::RULES,
    limits::RULES,
    names::RULES,
    networks::RULES,
    nix::RULES,
    secrets::RULES,
    start::RULES,
    storage::RULES,
    values::RULES,
];

/// Checks a host.
pub(crate) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    for rule in SUBJECTS.iter().copied().flatten() {
        rule(host, file, diagnostics);
    }
}
