//! Notifications: that they go anywhere, and to one address of each kind.

use crate::ast::Notify;
use crate::diag::{Code, Diagnostic, Diagnostics};

pub(super) fn check(notify: &Notify, diagnostics: &mut Diagnostics) {
    // What could not be read is said, and may be what is missing.
    let goes_nowhere = notify.pushover.is_none() && notify.ntfy.is_none() && notify.webhook.is_none();
    if goes_nowhere && !diagnostics.has_unreadable_in(notify.span) {
        diagnostics.push(
            Diagnostic::new(Code::MissingKey, "`notify` goes nowhere", notify.span, "names nobody")
                .help("add one of `pushover`, `ntfy` and `webhook`"),
        );
    }
    let Some(ntfy) = &notify.ntfy else { return };
    match (&ntfy.url, &ntfy.url_secret) {
        (Some(url), Some(secret)) => diagnostics.push(
            Diagnostic::new(Code::Contradiction, "two addresses of one topic", url.0.span, "one is here")
                .and(secret.0.span, "and one is in this secret")
                .help("keep one of `url` and `url_secret`"),
        ),
        (None, None) if !diagnostics.has_unreadable_in(ntfy.span) => diagnostics.push(
            Diagnostic::new(Code::MissingKey, "`url` is missing", ntfy.span, "has no `url`")
                .help("add `url:`, the address of the topic, or `url_secret:`, a secret with it"),
        ),
        _ => {}
    }
}
