//! The host must have the memory for all containers that reach their limit at the same time.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::bytes_in_words;
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;

/// The maximum number of limits that a message shows.
const SHOWN: usize = 8;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(memory) = &host.machine.memory else { return };
    let has = memory.value.bytes;
    let running = host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers);
    let mut given: Vec<(u64, _)> = running
        .filter_map(|c| {
            let limit = c.settings.limits.memory.as_ref()?;
            let is_read = limit.span() != Span::PLACEHOLDER;
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
            "{} {}, but the host has {}",
            match given.len() {
                1 => "the limit of a container is".to_owned(),
                several => format!("the limits of {several} containers add up to"),
            },
            bytes_in_words(sum),
            bytes_in_words(has)
        ),
        memory.span(),
        "the host's memory",
    );
    for (bytes, span) in given.iter().take(SHOWN) {
        diagnostic = diagnostic.and(*span, bytes_in_words(*bytes));
    }
    diagnostics.push(
        diagnostic.help("lower the limits of containers that use less: `podman stats` shows their memory"),
    );
}
