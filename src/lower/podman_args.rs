//! Arguments of `podman run` that have no key.
//!
//! ```yaml
//! notes: { image: docker.io/example/notes:1.2.3, podman_args: [--annotation=a=b] }
//! ```
//! ```nix
//! virtualisation.oci-containers.containers.notes.homeserver.podmanArgs = [ "--annotation=a=b" ];
//! ```
//!
//! They come last and unchanged, because an argument may be the value of the one before it.

use super::context::HostContext;
use super::own_set;
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
    let arguments = container.settings.podman_args.iter().map(Expr::text);
    own_set(module, container).append_all("podmanArgs", arguments);
}
