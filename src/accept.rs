//! Pass: removes the diagnostics that the file accepts with `allow`, and reports each `allow` without an effect.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Accepted;
use crate::source::{SourceId, Sources, Span};

/// Removes the `accepted` diagnostics. An `allow` of a mapping covers each diagnostic with a label inside it: accepting a
/// collision at one of its places is enough.
pub(crate) fn accept(accepted: &[Accepted], sources: &Sources, diagnostics: &mut Diagnostics) {
    let mut used = vec![false; accepted.len()];
    let is_cut = diagnostics.is_cut();
    diagnostics.accept(|diagnostic| {
        let mut is_accepted = false;
        for (one, used) in accepted.iter().zip(&mut used).filter(|(a, _)| a.code == diagnostic.code) {
            let covers = |within: Span| {
                diagnostic.labels.iter().any(|l| match one.span.source {
                    SourceId::FILE => within.contains(l.span) || within.contains(sources.in_file(l.span)),
                    // An `allow` of a preset covers only the preset's own values.
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
    // The covered diagnostic may be one that exceeded the limit.
    if is_cut {
        return;
    }
    for (one, _) in accepted.iter().zip(used).filter(|(_, used)| !used) {
        // The file may replace the value that a preset's `allow` covers.
        if one.span.source != SourceId::FILE {
            continue;
        }
        if one.is_unread {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::UnusedAllow,
                format!("this `allow` has no effect: {} is not reported here", one.code.code()),
                one.span,
                format!("accepts: {}", one.code.title()),
            )
            .help(format!("remove {} from `allow`", one.code.code())),
        );
    }
}
