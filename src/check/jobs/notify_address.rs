//! `notify` needs a destination, and each destination one address.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(notify) = &host.notify else { return };
    let has_no_destination = notify.pushover.is_none() && notify.ntfy.is_none() && notify.webhook.is_none();
    if has_no_destination && !notify.unreadable.may_hold(&["pushover", "ntfy", "webhook"]) {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                "`notify` has no destination",
                notify.span,
                "expected `pushover`, `ntfy` or `webhook`",
            )
            .help("add `pushover`, `ntfy` or `webhook`"),
        );
    }
    let mut known: HashMap<String, Span> = HashMap::new();
    for unit in &notify.units {
        if let Some(first) = known.insert(unit.text.value(), unit.text.span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("the unit `{}` is listed twice", unit.text.value()),
                    unit.text.span,
                    "listed again here",
                )
                .and(first, "first listed here")
                .help("remove one of the two entries"),
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
                "the address of the topic",
            )
            .and(secret.text.span, "a secret with the address of the topic")
            .help("remove `url` or `url_secret`"),
        ),
        (None, None) if !ntfy.unreadable.may_hold(&["url", "url_secret"]) => {
            diagnostics
                .push(Diagnostic::new(Code::MissingKey, "`ntfy` has no topic", ntfy.span, "expected `url` or `url_secret`").help(
                    "add `url: https://ntfy.sh/TOPIC`, or `url_secret` with the name of a secret that contains the address",
            ))
        }
        _ => {}
    }
}
