//! Arguments of `podman run` that the language has no word for. They come last, as they are: one may be
//! the value of the one before it.

use super::around::Around;
use super::own_set;
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;

pub(super) fn lower(container: &Container, _: &Around, module: &mut Module) {
    let arguments = container.settings.podman_args.iter().map(Expr::text);
    own_set(module, container).append_all("podmanArgs", arguments);
}
