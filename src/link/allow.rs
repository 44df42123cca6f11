//! The scopes in which the file accepts diagnostics: the whole file, or the mapping with the `allow`.

use crate::ast;
use crate::diag::Code;
use crate::file_context::FileContext;
use crate::hir::Accepted;
use crate::setting::{self, UnreadableParts};
use crate::source::Span;

/// Collects all `allow` entries of `file`. Only an audit reads the encrypted files, so that only an audit reports an entry
/// about them without effect.
pub(super) fn link(file: &ast::File, context: &FileContext) -> Vec<Accepted> {
    let mut accepted = Vec::new();
    let mut add = |allow: &setting::Allow, within: Option<Span>, unreadable: &UnreadableParts| {
        let is_unread = |code: Code| {
            !unreadable.is_empty() || context.encrypted.is_none() && code.is_about_encrypted_files()
        };
        let entry =
            |&(code, span): &(Code, Span)| Accepted { code, within, is_unread: is_unread(code), span };
        accepted.extend(allow.0.iter().map(entry));
    };
    add(&file.allow, None, &file.unreadable);
    add(&file.host.allow, Some(file.host.span), &file.host.unreadable);
    file.tailscale.iter().for_each(|t| add(&t.allow, Some(t.span), &t.unreadable));
    if let Some(caddy) = &file.caddy {
        add(&caddy.allow, Some(caddy.span), &caddy.unreadable);
        caddy.sites.iter().for_each(|s| add(&s.allow, Some(s.span), &s.unreadable));
    }
    if let Some(haproxy) = &file.haproxy {
        add(&haproxy.allow, Some(haproxy.span), &haproxy.unreadable);
        haproxy.sites.iter().for_each(|s| add(&s.allow, Some(s.span), &s.unreadable));
    }
    file.cloudflared.iter().for_each(|c| add(&c.allow, Some(c.span), &c.unreadable));
    file.adguard.iter().for_each(|a| add(&a.allow, Some(a.span), &a.unreadable));
    for (name, provider) in &file.auth.entries {
        add(&provider.allow, Some(from(name.span, provider.span)), &provider.unreadable);
    }
    file.smoke_test.iter().for_each(|s| add(&s.allow, Some(s.span), &s.unreadable));
    file.notify.iter().for_each(|n| add(&n.allow, Some(n.span), &n.unreadable));
    for (name, secret) in &file.secrets.entries {
        add(&secret.allow, Some(from(name.span, secret.span)), &secret.unreadable);
    }
    for (name, network) in &file.networks.entries {
        add(&network.allow, Some(from(name.span, network.span)), &network.unreadable);
    }
    for (name, job) in &file.jobs.entries {
        add(&job.allow, Some(from(name.span, job.span)), &job.unreadable);
    }
    for (name, service) in &file.services.entries {
        add(&service.allow, Some(from(name.span, service.span)), &service.unreadable);
        service.site.iter().chain(&service.sites).for_each(|s| add(&s.allow, Some(s.span), &s.unreadable));
        for (name, backup) in &service.backup.entries {
            add(&backup.allow, Some(from(name.span, backup.span)), &backup.unreadable);
        }
        service.update.iter().for_each(|u| add(&u.allow, Some(u.span), &u.unreadable));
        for (name, update) in &service.updates.entries {
            add(&update.allow, Some(from(name.span, update.span)), &update.unreadable);
        }
        service.cleanup.iter().for_each(|c| add(&c.allow, Some(c.span), &c.unreadable));
        for (name, job) in &service.jobs.entries {
            add(&job.allow, Some(from(name.span, job.span)), &job.unreadable);
        }
        for (name, container) in &service.containers.entries {
            add(&container.allow, Some(from(name.span, container.span)), &container.unreadable);
        }
    }
    accepted
}

/// The span of a mapping including its name, at which diagnostics also point.
fn from(name: Span, mapping: Span) -> Span {
    match name.source == mapping.source && name.start < mapping.start {
        true => Span { start: name.start, ..mapping },
        false => mapping,
    }
}
