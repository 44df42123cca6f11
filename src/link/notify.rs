//! Notifications: that they go anywhere, and to one address of each kind.

use std::collections::HashMap;

use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::setting::{Notify, Spanned, Tell};
use crate::source::Span;

/// Whether somebody is told of what says this.
pub(super) fn tells(said: Option<Spanned<Tell>>) -> bool {
    said.is_some_and(|said| said.value == Tell::Failure)
}

/// The same of a job, which tells without a word where there is anybody.
pub(super) fn job_tells(said: Option<Spanned<Tell>>, anybody: bool) -> bool {
    said.map_or(anybody, |said| said.value == Tell::Failure)
}

pub(super) fn check(file: &ast::File, diagnostics: &mut Diagnostics) {
    match &file.notify {
        Some(notify) => check_addresses(notify, diagnostics),
        None => check_nobody(file, diagnostics),
    }
}

/// Nobody is named, and somebody is to be told.
fn check_nobody(file: &ast::File, diagnostics: &mut Diagnostics) {
    let caddy = file.caddy.iter().map(|caddy| caddy.notify);
    let services = file.services.entries.iter().flat_map(|(_, service)| {
        std::iter::once(service.notify)
            .chain(service.containers.entries.iter().map(|(_, container)| container.notify))
            .chain(service.backup.entries.iter().map(|(_, backup)| backup.notify))
            .chain(service.update.iter().map(|update| update.notify))
            .chain(service.cleanup.iter().map(|cleanup| cleanup.notify))
    });
    let smoke_test = file.smoke_test.iter().map(|test| test.notify);
    let says = caddy
        .chain(services)
        .chain(smoke_test)
        .flatten()
        .filter(|said| said.value == Tell::Failure && said.span != Span::NOWHERE)
        .map(|said| (said.span, "would notify nobody"));
    // Whatever its own `notify` says.
    let finds = file
        .smoke_test
        .iter()
        .filter(|test| test.ping.is_none())
        .map(|test| (test.span, "the smoke test reports by a notification"));
    let diagnostic = says.chain(finds).fold(None, |all: Option<Diagnostic>, (span, said)| match all {
        None => {
            Some(Diagnostic::new(Code::NotifyMissing, "`notify: failure` has no destination", span, said))
        }
        Some(diagnostic) => Some(diagnostic.and(span, said)),
    });
    if let Some(diagnostic) = diagnostic {
        diagnostics
            .push(diagnostic.help("add `notify: { ntfy: { url: … } }`, or Pushover, at the top of the file"));
    }
}

fn check_addresses(notify: &Notify, diagnostics: &mut Diagnostics) {
    let goes_nowhere = notify.pushover.is_none() && notify.ntfy.is_none() && notify.webhook.is_none();
    if goes_nowhere && !notify.unread.may_hold(&["pushover", "ntfy", "webhook"]) {
        diagnostics.push(
            Diagnostic::new(Code::MissingKey, "`notify` goes nowhere", notify.span, "names nobody")
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
            Diagnostic::new(Code::Contradiction, "two addresses of one topic", url.text.span, "one is here")
                .and(secret.text.span, "and one is in this secret")
                .help("keep one of `url` and `url_secret`"),
        ),
        (None, None) if !ntfy.unread.may_hold(&["url", "url_secret"]) => diagnostics.push(
            Diagnostic::new(Code::MissingKey, "`url` is missing", ntfy.span, "has no `url`")
                .help("add `url:`, the address of the topic, or `url_secret:`, a secret with it"),
        ),
        _ => {}
    }
}
