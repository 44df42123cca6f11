//! Containers that have to end before their dependents start, such as migrations of a database.
//!
//! ```yaml
//! server: { depends_on: { migrate: completed } }
//! migrate: { restart: "no" }
//! ```
//! ```nix
//! migrate.homeserver.completes = true;
//! ```
//!
//! The unit of such a container is active once the container has ended with success, and stays active. It fails if the
//! container ends with another exit code, and systemd starts no unit that requires a failed one.

use super::context::HostContext;
use super::own_set;
use crate::hir::{Container, Host};
use crate::nix::Expr;
use crate::nixos::{Module, Output};

pub(super) fn lower_host(host: &Host, output: &mut Output) {
    output.completions = host.containers().any(|container| container.awaited_completed);
}

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
    if container.awaited_completed {
        own_set(module, container).set("completes", Expr::Bool(true));
    }
}
