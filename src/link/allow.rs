//! Where the file accepts what is said about it: everywhere, or inside of the mapping with the `allow`.

use crate::ast;
use crate::hir::Accepted;
use crate::source::Span;

/// Everything that `file` accepts.
pub(super) fn link(file: &ast::File) -> Vec<Accepted> {
    let mut accepted = Vec::new();
    let mut add = |allow: &ast::Allow, within: Option<Span>| {
        accepted.extend(allow.0.iter().map(|&(code, span)| Accepted { code, within, span }));
    };
    add(&file.allow, None);
    add(&file.host.allow, Some(file.host.span));
    file.tailscale.iter().for_each(|t| add(&t.allow, Some(t.span)));
    if let Some(caddy) = &file.caddy {
        add(&caddy.allow, Some(caddy.span));
        caddy.sites.iter().for_each(|s| add(&s.allow, Some(s.span)));
    }
    file.smoke_test.iter().for_each(|s| add(&s.allow, Some(s.span)));
    file.notify.iter().for_each(|n| add(&n.allow, Some(n.span)));
    for (name, secret) in &file.secrets.0 {
        secret.iter().for_each(|s| add(&s.allow, Some(from(name.span, s.span))));
    }
    for (name, network) in &file.networks.0 {
        network.iter().for_each(|n| add(&n.allow, Some(from(name.span, n.span))));
    }
    for (name, service) in &file.services.0 {
        add(&service.allow, Some(from(name.span, service.span)));
        service.site.iter().chain(&service.sites).for_each(|s| add(&s.allow, Some(s.span)));
        for (name, backup) in &service.backup.0 {
            add(&backup.allow, Some(from(name.span, backup.span)));
        }
        service.update.iter().for_each(|u| add(&u.allow, Some(u.span)));
        service.cleanup.iter().for_each(|c| add(&c.allow, Some(c.span)));
        for (name, container) in &service.containers.0 {
            add(&container.allow, Some(from(name.span, container.span)));
        }
    }
    accepted
}

/// A mapping with the name that stands before it, which diagnostics point at too.
fn from(name: Span, mapping: Span) -> Span {
    match name.source == mapping.source && name.start < mapping.start {
        true => Span { start: name.start, ..mapping },
        false => mapping,
    }
}
