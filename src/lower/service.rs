//! A service's options, `homeserver.NAME.enable` and `.port`.

use std::collections::HashSet;

use super::service_module;
use crate::hir::Host;
use crate::nix::{Expr, Set};
use crate::nixos::{Output, ServiceModule, node};

pub(super) fn lower(host: &Host, output: &mut Output) {
    let forwarded: HashSet<&str> =
        host.front.iter().flat_map(|f| &f.sites).filter_map(|site| site.service.as_deref()).collect();
    for service in &host.services {
        if service.enable {
            output.enabled.push(service.option.clone());
        }
        let parameters = service.parameters.clone();
        let module = service_module(service, output);
        module.service =
            Some(ServiceModule { name: service.name.clone(), option: service.option.clone(), parameters });
        let options = module.options.at(&["homeserver", &service.option]);
        let about = match &service.description {
            Some(description) => Expr::text(description),
            None => Expr::str(&service.name),
        };
        options.set("enable", Expr::call("lib.mkEnableOption", [about]));
        if let Some(port) = &service.port {
            let option = Set::of([
                ("type", Expr::code("lib.types.port")),
                ("default", Expr::typed(&port.text)),
                ("description", Expr::str(port_description(forwarded.contains(service.option.as_str())))),
            ]);
            options.set("port", Expr::call("lib.mkOption", [Expr::Set(option)]));
        }
    }
}

fn port_description(forwarded: bool) -> &'static str {
    match forwarded {
        true => "Port on 127.0.0.1 that Caddy forwards to.",
        false => "Port on the host.",
    }
}

/// The options that stand under a service's `nixos`.
pub(super) fn lower_nixos(host: &Host, output: &mut Output) {
    for service in &host.services {
        let Some(own) = &service.nixos else { continue };
        if let Expr::Set(own) = node(own, true) {
            service_module(service, output).own = own;
        }
    }
}
