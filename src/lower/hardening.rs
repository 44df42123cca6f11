//! Drops capabilities that an image does not need.
//!
//! ```yaml
//! image: docker.io/library/postgres:17
//! ```
//! ```nix
//! capabilities = { ALL = false; CHOWN = true; … };
//! extraOptions = [ "--security-opt=no-new-privileges" ];
//! ```

use super::container_set;
use super::context::HostContext;
use crate::hardening::capabilities;
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
    let Some(needed) = capabilities(&container.settings) else { return };
    let set = container_set(module, container);
    let capabilities = set.at(&["capabilities"]);
    capabilities.set("ALL", Expr::Bool(false));
    needed.iter().for_each(|name| capabilities.set(*name, Expr::Bool(true)));
    set.append("extraOptions", [Expr::str("--security-opt=no-new-privileges")]);
}
