//! Podman itself.
//!
//! ```yaml
//! podman: { docker_socket: true }
//! ```
//! ```nix
//! virtualisation.podman = { enable = true; autoPrune.enable = true; dockerSocket.enable = true; };
//! ```

use crate::hir::{Container, Host};
use crate::nix::{Expr, Set};
use crate::nixos::{Module, Output};
use crate::podman::arguments::arguments;
use crate::setting::Prune;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(declared) = &host.podman else { return };
    let module = output.module("podman.nix", "podman");
    module.config.at(&["virtualisation", "oci-containers"]).set("backend", Expr::str("podman"));
    if host.containers().any(has_automatic_users) {
        ranges(module);
    }
    let podman = module.config.at(&["virtualisation", "podman"]);
    podman.set("enable", Expr::Bool(true));
    if let Prune::At(when) = &declared.prune {
        let auto = podman.at(&["autoPrune"]);
        auto.set("enable", Expr::Bool(true));
        if let Some(when) = when.text.written() {
            auto.set("dates", Expr::text(when));
        }
    }
    for (name, flag) in [("dockerCompat", &declared.docker_compat), ("dockerSocket", &declared.docker_socket)]
    {
        if !flag.value && flag.text.is_literal() {
            continue;
        }
        match name {
            "dockerSocket" => podman.at(&[name]).set("enable", Expr::typed(&flag.text)),
            _ => podman.set(name, Expr::typed(&flag.text)),
        }
    }
    if !declared.users.is_empty() {
        let users = declared.users.iter().map(|u| Expr::text(&u.text)).collect();
        module.config.at(&["users", "groups", "podman"]).set("members", Expr::List(users));
    }
}

/// True if Podman chooses the users of a container's user namespace.
fn has_automatic_users(container: &Container) -> bool {
    let is_auto = |mode: &str| mode == "auto" || mode.starts_with("auto:");
    let own = container.settings.userns_mode.as_ref().map(|mode| mode.text.value());
    let arguments = arguments(&container.settings.podman_args).into_iter();
    let given = arguments.filter(|argument| argument.name == "userns").filter_map(|argument| argument.value);
    own.into_iter().chain(given.map(|mode| mode.value())).any(|mode| is_auto(&mode))
}

/// The ranges for automatic users: the ranges of the user `containers` in /etc/subuid and /etc/subgid, with the
/// size of the manual's example (podman-run(1), --userns).
fn ranges(module: &mut Module) {
    let range = |start: &'static str| {
        let range = Set::of([(start, Expr::Int(2_147_483_647)), ("count", Expr::Int(2_147_483_648))]);
        Expr::call("lib.mkDefault", [Expr::List(vec![Expr::Set(range)])])
    };
    let user = module.config.at(&["users", "users", "containers"]);
    user.set("group", Expr::str("nogroup"));
    user.set("isSystemUser", Expr::Bool(true));
    user.set("subUidRanges", range("startUid"));
    user.set("subGidRanges", range("startGid"));
}
