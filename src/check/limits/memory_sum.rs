//! When every container takes what it may, the host has to have it.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::bytes_in_words;
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;

/// How many of the largest are pointed at.
const SHOWN: usize = 8;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(memory) = &host.machine.memory else { return };
    let has = memory.value.bytes;
    let running = host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers);
    let mut given: Vec<(u64, _)> = running
        .filter_map(|c| {
            let limit = c.settings.limits.memory.as_ref()?;
            let is_read = limit.span() != Span::NOWHERE;
            is_read.then_some((limit.value.bytes, limit.span()))
        })
        .collect();
    let sum: u64 = given.iter().map(|(bytes, _)| *bytes).fold(0, u64::saturating_add);
    if sum <= has {
        return;
    }
    given.sort_by_key(|(bytes, span)| (std::cmp::Reverse(*bytes), *span));
    let mut diagnostic = Diagnostic::new(
        Code::MemorySum,
        format!(
            "{} {}, and the host has {}",
            match given.len() {
                1 => "the limit of a container is".to_owned(),
                several => format!("the limits of {several} containers come to"),
            },
            bytes_in_words(sum),
            bytes_in_words(has)
        ),
        memory.span(),
        "all the memory there is",
    );
    for (bytes, span) in given.iter().take(SHOWN) {
        diagnostic = diagnostic.and(*span, bytes_in_words(*bytes));
    }
    diagnostics
        .push(diagnostic.help("give less to those that use less: `podman stats` shows what they take"));
}
