//! Units of NixOS that belong to a service. containers.nix adds them to the target of the service, and has the checks of
//! their secrets and disks.
//!
//! ```yaml
//! vault: { units: [vaultwarden], secrets: [vault], mounts: [/mnt/data] }
//! ```
//! ```nix
//! homeserver.units.vaultwarden = { service = "vault"; secrets = [ "vault" ]; mounts = [ "mnt-data.mount" ]; };
//! systemd.services.vaultwarden.restartTriggers = [ "${secrets.vault.file}" ];
//! ```

use super::context::HostContext;
use super::{mount, secret};
use crate::hir::{Host, Service};
use crate::nix::Expr;
use crate::nixos::{Module, Output};

/// Sets if the host has units of NixOS that belong to services.
pub(super) fn lower_host(host: &Host, output: &mut Output) {
    output.native_units = host.services.iter().any(|service| !service.native.units.is_empty());
    output.containers |= output.native_units;
}

pub(super) fn lower(service: &Service, context: &HostContext, module: &mut Module) {
    let native = &service.native;
    for name in native.names() {
        let set = module.config.at(&["homeserver", "units", &name]);
        set.set("service", Expr::str(service.name.to_string()));
        set.append("secrets", native.secrets.iter().map(|secret| Expr::text(&secret.text)));
        set.append("mounts", native.mounts.iter().map(|point| Expr::str(mount::unit(&point.value()))));
        if native.notification.is_on() {
            set.set("notify", Expr::Bool(true));
        }
        secret::restarts(&name, native.secrets.iter(), context.host, module);
    }
}
