//! The options of a service.
//!
//! ```yaml
//! services: { notes: { port: 3002 } }
//! ```
//! ```nix
//! options.homeserver.notes = { enable = lib.mkEnableOption "notes"; port = lib.mkOption { default = 3002; … }; };
//! ```

use super::context::HostContext;
use super::own_set;
use crate::hir::{Host, Service};
use crate::nix::{Expr, Set};
use crate::nixos::{Module, Output, ServiceModule, node};

/// Lists the services that are enabled by default.
pub(super) fn lower_enabled(host: &Host, output: &mut Output) {
    output.enabled.extend(host.services.iter().filter(|s| s.enable).map(|s| s.option.clone()));
}

pub(super) fn lower(service: &Service, context: &HostContext, module: &mut Module) {
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
        let front = context.forwarded.get(&service.name).copied();
        let option = Set::of([
            ("type", Expr::code("lib.types.port")),
            ("default", Expr::typed(&port.text)),
            ("description", Expr::str(port_description(front))),
        ]);
        options.set("port", Expr::call("lib.mkOption", [Expr::Set(option)]));
    }
}

fn port_description(front: Option<&str>) -> String {
    match front {
        Some(front) => format!("Port on 127.0.0.1 that {front} forwards to."),
        None => "Port on the host.".to_owned(),
    }
}

/// Lowers the membership of the containers, which makes them parts of the service's target.
pub(super) fn lower_containers(service: &Service, module: &mut Module) {
    for container in &service.containers {
        own_set(module, container).set("service", Expr::str(service.name.to_string()));
    }
}

/// Lowers the options of a service's `nixos`.
pub(super) fn lower_nixos(service: &Service, module: &mut Module) {
    if let Some(own) = &service.nixos
        && let Expr::Set(own) = node(own, true)
    {
        module.own = own;
    }
}
