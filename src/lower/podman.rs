//! Podman itself.

use crate::ast::file::Prune;
use crate::hir::{Container, Host};
use crate::image::{ImageName, Kind};
use crate::nix::{Expr, Part, Set};
use crate::nixos::Output;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let has_containers = host.services.iter().any(|s| !s.containers.is_empty());
    if !has_containers && host.podman.is_none() {
        return;
    }
    let module = output.module("podman.nix", "podman");
    module.config.at(&["virtualisation", "oci-containers"]).set("backend", Expr::str("podman"));
    let podman = module.config.at(&["virtualisation", "podman"]);
    podman.set("enable", Expr::Bool(true));
    let prune = host.podman.as_ref().and_then(|p| p.prune.as_ref());
    if !matches!(prune, Some(Prune::Never)) {
        let auto = podman.at(&["autoPrune"]);
        auto.set("enable", Expr::Bool(true));
        if let Some(Prune::At(when)) = prune {
            auto.set("dates", Expr::text(&when.0));
        }
    }
    let Some(declared) = &host.podman else { return };
    if declared.commands.as_ref().is_some_and(|c| c.value) {
        module.config.at(&["environment"]).append("systemPackages", [command(host)]);
    }
    let podman = module.config.at(&["virtualisation", "podman"]);
    for (name, flag) in [("dockerCompat", &declared.docker_compat), ("dockerSocket", &declared.docker_socket)]
    {
        let Some(flag) = flag.as_ref().filter(|f| f.value || !f.text.is_literal()) else { continue };
        match name {
            "dockerSocket" => podman.at(&[name]).set("enable", Expr::typed(&flag.text)),
            _ => podman.set(name, Expr::typed(&flag.text)),
        }
    }
    if !declared.users.is_empty() {
        let users = declared.users.iter().map(|u| Expr::text(&u.0)).collect();
        module.config.at(&["users", "groups", "podman"]).set("members", Expr::List(users));
    }
}

/// `homeserver`, which knows the containers.
fn command(host: &Host) -> Expr {
    let line = |service: &str, container: &Container| {
        let known = ImageName::of(&container.compose.image).known();
        let kind = match known.is_some_and(|known| known.kind == Kind::Postgres) {
            true => "postgres",
            false => "-",
        };
        vec![Part::Text(format!("{service} {} {kind}", container.name).into())]
    };
    let containers = host
        .services
        .iter()
        .flat_map(|service| service.containers.iter().map(|container| line(&service.name, container)));
    let parameters = Set::of([("CONTAINERS", Expr::Lines(containers.collect()))]);
    Expr::call("scripts.homeserver", [Expr::Set(parameters)])
}
