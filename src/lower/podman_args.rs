//! Arguments of `podman run` that the language has no word for. They come last, as they are: one may be
//! the value of the one before it.

use super::{container_set, each_container};
use crate::hir::Host;
use crate::nix::Expr;
use crate::nixos::Output;

pub(super) fn lower(host: &Host, output: &mut Output) {
    each_container(host, output, |container, module| {
        let arguments = container.compose.podman_args.iter().map(Expr::text);
        container_set(module, container).append_all("extraOptions", arguments);
    });
}
