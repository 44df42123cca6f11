//! Where notifications go: anywhere, and to one address of each kind.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(notify) = &host.notify else { return };
    let goes_nowhere = notify.pushover.is_none() && notify.ntfy.is_none() && notify.webhook.is_none();
    if goes_nowhere && !notify.unread.may_hold(&["pushover", "ntfy", "webhook"]) {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                "`notify` has no destination",
                notify.span,
                "expected `pushover`, `ntfy` or `webhook`",
            )
            .help("add one of `pushover`, `ntfy` and `webhook`"),
        );
    }
    let mut known: HashMap<String, Span> = HashMap::new();
    for unit in &notify.units {
        if let Some(first) = known.insert(unit.text.value(), unit.text.span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`{}` is named twice", unit.text.value()),
                    unit.text.span,
                    "again here",
                )
                .and(first, "and here")
                .help("keep one of the two"),
            );
        }
    }
    let Some(ntfy) = &notify.ntfy else { return };
    match (&ntfy.url, &ntfy.url_secret) {
        (Some(url), Some(secret)) => diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                "`url` and `url_secret` are both set",
                url.text.span,
                "an address of the topic",
            )
            .and(secret.text.span, "a secret with an address of the topic")
            .help("keep one of `url` and `url_secret`"),
        ),
        (None, None) if !ntfy.unread.may_hold(&["url", "url_secret"]) => {
            diagnostics
                .push(Diagnostic::new(Code::MissingKey, "`url` is missing", ntfy.span, "has no topic").help(
                "add `url:` with the address of the topic, or `url_secret:` with a secret that contains it",
            ))
        }
        _ => {}
    }
}
