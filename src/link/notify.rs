//! Notifications: who is told.

use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::setting::{Spanned, Tell};
use crate::source::Span;

/// Whether somebody is told of what says this.
pub(super) fn tells(said: Option<Spanned<Tell>>) -> bool {
    said.is_some_and(|said| said.value == Tell::Failure)
}

/// The same of a job, which tells without a word where there is anybody.
pub(super) fn job_tells(said: Option<Spanned<Tell>>, anybody: bool) -> bool {
    said.map_or(anybody, |said| said.value == Tell::Failure)
}

/// Nobody is named, and somebody is to be told.
pub(super) fn check(file: &ast::File, diagnostics: &mut Diagnostics) {
    if file.notify.is_some() {
        return;
    }
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
