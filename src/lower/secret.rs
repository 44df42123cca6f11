//! Secrets, and their use in containers. Each backend has a file of its own for its declarations.
//!
//! ```yaml
//! secrets: { DB_PASSWORD_FILE: db-password }
//! ```
//! ```nix
//! environment.DB_PASSWORD_FILE = "/run/secrets/db-password";
//! volumes = [ "${secrets.db-password.path}:/run/secrets/db-password:ro" ];
//! ```
//!
//! A bind-mounted file keeps its old content, and the backend restarts nothing. So a unit that reads a secret is
//! restarted when the ciphertext changes. The trigger is a string, which copies only that file into the store; a
//! bare path would change with every commit of a flake.

mod agenix;

use super::context::HostContext;
use super::{container_set, own_set};
use crate::hir::{Container, Host, SecretBackend};
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::{Module, Output, SecretOptions};
use crate::podman::arguments::arguments;
use crate::setting::{EnvFile, SecretUse, takes_path};
use crate::tree::Text;

pub(super) fn lower(host: &Host, output: &mut Output) {
    output.secrets = options(host);
    match &host.secret_backend {
        Some(SecretBackend::Agenix(agenix)) if !host.secrets.is_empty() => {
            agenix::lower(agenix, host, output)
        }
        _ => {}
    }
}

/// The options of the host's backend.
pub(super) fn options(host: &Host) -> SecretOptions {
    match &host.secret_backend {
        Some(SecretBackend::Agenix(_)) | None => agenix::OPTIONS,
    }
}

/// Lowers the secrets that a container uses.
pub(super) fn lower_uses(container: &Container, _: &HostContext, module: &mut Module) {
    let settings = &container.settings;
    // If several files set a variable, the last one applies (podman-run(1), --env-file): the secret.
    for file in &settings.env_file.0 {
        let file = match file {
            EnvFile::Path(path) => Expr::text(&path.text),
            EnvFile::Secret(name) => {
                needed(&name.text.value(), container, module);
                path(&name.text.value())
            }
        };
        container_set(module, container).append("environmentFiles", [file]);
    }
    let mut rendered = Set::default();
    for used in &settings.secrets.0 {
        let name = used.secret.text.value();
        needed(&name, container, module);
        match &used.variable {
            Some(variable) if !takes_path(&variable.text.value()) => {
                rendered.set(variable.text.value(), Expr::str(name))
            }
            _ => mounted(used, &name, container, module),
        }
    }
    if !rendered.is_empty() {
        // The unit's RuntimeDirectory exists before its first command runs.
        let file = format!("/run/{}/secrets.env", container.name);
        own_set(module, container).set("secretVariables", Expr::Set(rendered));
        match has_later_files(container) {
            false => container_set(module, container).append("environmentFiles", [Expr::str(file)]),
            true => {
                own_set(module, container).append_all("podmanArgs", [Expr::str(format!("--env-file={file}"))])
            }
        }
    }
    if let Some(login) = &settings.login {
        needed(&login.password.text.value(), container, module);
        let login = Set::of([
            ("registry", Expr::text(&login.registry.text)),
            ("username", Expr::text(&login.username)),
            ("passwordFile", path(&login.password.text.value())),
        ]);
        container_set(module, container).set("login", Expr::Set(login));
    }
}

/// True if `podman_args` adds environment files, which Podman reads after the files of NixOS's option. The secret
/// has to override them too.
fn has_later_files(container: &Container) -> bool {
    arguments(&container.settings.podman_args).iter().any(|argument| argument.name == "env-file")
}

/// The path of the decrypted file.
pub(super) fn path(name: &str) -> Expr {
    Expr::code(format!("secrets.{}.path", attribute(name)))
}

/// Restarts `unit` when the ciphertext changes.
pub(super) fn trigger(name: &str, options: SecretOptions) -> Expr {
    Expr::Str(vec![Part::Code(format!("secrets.{}.{}", attribute(name), options.encrypted).into())])
}

fn needed(name: &str, container: &Container, module: &mut Module) {
    own_set(module, container).append("secrets", [Expr::str(name.to_owned())]);
}

fn mounted(used: &SecretUse, name: &str, container: &Container, module: &mut Module) {
    let target = used
        .target
        .as_ref()
        .map_or_else(|| Text::literal(format!("/run/secrets/{name}"), used.span), |t| t.text.clone());
    let mut volume =
        vec![Part::Code(format!("secrets.{}.path", attribute(name)).into()), Part::Text(":".into())];
    volume.extend(parts(&target));
    volume.push(Part::Text(":ro".into()));
    let set = container_set(module, container);
    set.append("volumes", [Expr::Str(volume)]);
    if let Some(variable) = &used.variable {
        set.at(&["environment"]).set(variable.text.value(), Expr::text(&target));
    }
}
