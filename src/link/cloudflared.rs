//! The tunnel of Cloudflare.

use super::notify;
use crate::ast;
use crate::hir::Cloudflared;

pub(super) fn link(declared: Option<ast::Cloudflared>) -> Option<Cloudflared> {
    declared.map(|declared| Cloudflared {
        span: declared.span,
        tunnel: declared.tunnel,
        credentials: declared.credentials,
        notification: notify::resolve(declared.notify),
    })
}
