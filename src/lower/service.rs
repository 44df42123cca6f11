//! A service's options, `homeserver.NAME.enable` and `.port`.

use super::around::Around;
use crate::hir::{Host, Service};
use crate::nix::{Expr, Set};
use crate::nixos::{Module, Output, ServiceModule, node};

/// The services that are on by default.
pub(super) fn lower_enabled(host: &Host, output: &mut Output) {
    output.enabled.extend(host.services.iter().filter(|s| s.enable).map(|s| s.option.clone()));
}

pub(super) fn lower(service: &Service, around: &Around, module: &mut Module) {
    module.option = Some(service.option.clone());
    module.service = Some(ServiceModule {
        name: service.name.to_string(),
        option: service.option.clone(),
        parameters: service.parameters.clone(),
    });
    let options = module.options.at(&["homeserver", &service.option]);
    let about = match &service.description {
        Some(description) => Expr::text(description),
        None => Expr::str(service.name.to_string()),
    };
    options.set("enable", Expr::call("lib.mkEnableOption", [about]));
    if let Some(port) = &service.port {
        let forwarded = around.forwarded.contains(&service.name);
        let option = Set::of([
            ("type", Expr::code("lib.types.port")),
            ("default", Expr::typed(&port.text)),
            ("description", Expr::str(port_description(forwarded))),
        ]);
        options.set("port", Expr::call("lib.mkOption", [Expr::Set(option)]));
    }
}

fn port_description(forwarded: bool) -> &'static str {
    match forwarded {
        true => "Port on 127.0.0.1 that Caddy forwards to.",
        false => "Port on the host.",
    }
}

/// The options that stand under a service's `nixos`.
pub(super) fn lower_nixos(service: &Service, module: &mut Module) {
    if let Some(own) = &service.nixos
        && let Expr::Set(own) = node(own, true)
    {
        module.own = own;
    }
}
