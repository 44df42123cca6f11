//! Pass: takes away the diagnostics that the file accepts, and says which acceptance is about nothing.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Accepted;
use crate::source::{SourceId, Sources, Span};

/// Takes what `accepted` names out of `diagnostics`. One of a mapping covers each diagnostic with a place
/// inside of it: whoever accepts a collision at one end accepts it.
pub(crate) fn accept(accepted: &[Accepted], sources: &Sources, diagnostics: &mut Diagnostics) {
    let mut used = vec![false; accepted.len()];
    let is_cut = diagnostics.is_cut();
    diagnostics.accept(|diagnostic| {
        let mut is_accepted = false;
        for (one, used) in accepted.iter().zip(&mut used).filter(|(a, _)| a.code == diagnostic.code) {
            let covers = |within: Span| {
                diagnostic.labels.iter().any(|l| match one.span.source {
                    SourceId::FILE => within.contains(l.span) || within.contains(sources.in_file(l.span)),
                    // An `allow` of a preset is about the preset's own text, wherever the file changes the rest.
                    preset => l.span.source == preset,
                })
            };
            if one.within.is_none_or(covers) {
                *used = true;
                is_accepted = true;
            }
        }
        is_accepted
    });
    // What an `allow` is about may be among the diagnostics that are not kept.
    if is_cut {
        return;
    }
    for (one, _) in accepted.iter().zip(used).filter(|(_, used)| !used) {
        // The file may replace what a preset's `allow` is about.
        if one.span.source != SourceId::FILE {
            continue;
        }
        if one.is_unread {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::UnusedAllow,
                format!("this `allow` has no effect: {} is not said here", one.code.code()),
                one.span,
                format!("would accept {}", one.code.title()),
            )
            .help("take it out"),
        );
    }
}
