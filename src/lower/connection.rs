//! The variables with which a container connects to a server of the host.
//!
//! ```yaml
//! uses: { postgres: notes }
//! ```
//! ```nix
//! environment = { PGHOST = "/run/postgresql"; PGUSER = "notes"; PGDATABASE = "notes"; };
//! homeserver.secretVariables.PGPASSWORD = "notes-db";
//! ```

use super::{container_set, own_set};
use crate::hir::Container;
use crate::image::ConnectionPart;
use crate::nix::Expr;
use crate::nixos::{Module, Server};
use crate::setting::RenderedPart;

/// A variable of a container, with the part of the connection that is its value.
pub(super) type Variable = (&'static str, ConnectionPart);

/// A variable with the content of a secret: its name, the name of the secret, and the parts of its value.
pub(super) type SecretVariable<'a> = (&'static str, &'a str, Vec<RenderedPart<'a>>);

/// The variables among `all` that the file does not set itself.
pub(super) fn unset(all: &'static [Variable], container: &Container) -> Vec<Variable> {
    let settings = &container.settings;
    let written = settings.environment.0.iter().map(|(name, _)| name.value());
    let by_secret = settings.secrets.0.iter().filter_map(|used| Some(used.variable.as_ref()?.text.value()));
    let written: Vec<String> = written.chain(by_secret).collect();
    all.iter().copied().filter(|(variable, _)| !written.iter().any(|name| name == variable)).collect()
}

/// Mounts the folder of a server's socket (its path on the host and in the container), if the container connects to the
/// socket. Lets the container wait for the server, and sets the variables whose value `value` knows.
pub(super) fn lower(
    server: Server,
    sockets: Option<(&'static str, &'static str)>,
    variables: Vec<Variable>,
    value: impl Fn(ConnectionPart) -> Option<Expr>,
    container: &Container,
    module: &mut Module,
) {
    own_set(module, container).append("servers", [Expr::str(server.name)]);
    let set = container_set(module, container);
    // A container connects to a socket on a read-only mount too, and cannot remove it.
    set.append("volumes", sockets.map(|(from, to)| Expr::str(format!("{from}:{to}:ro"))));
    for (variable, part) in variables {
        if let Some(value) = value(part) {
            set.at(&["environment"]).set(variable, value);
        }
    }
}
