//! The declared front.

use super::notify;
use crate::ast;
use crate::hir::Front;
use crate::hir::front::{Caddy, Program};

/// A front without its sites, and the sites that belong to no service.
pub(super) struct Declared {
    pub(super) front: Front,
    pub(super) sites: ast::Sites,
}

/// Takes the front from a file.
pub(super) fn take(file: &mut ast::File) -> Option<Declared> {
    file.caddy.take().map(|caddy| Declared {
        front: Front {
            span: caddy.span,
            unreadable: caddy.unreadable,
            domain: caddy.domain,
            bind: caddy.bind,
            headers: caddy.headers,
            sites: Vec::new(),
            unlinked_sites: Vec::new(),
            notification: notify::resolve(caddy.notify),
            program: Program::Caddy(Caddy {
                behind: caddy.behind.map(|behind| behind.span),
                tls: caddy.tls,
                global: caddy.global,
                extra: caddy.extra,
            }),
        },
        sites: caddy.sites,
    })
}
