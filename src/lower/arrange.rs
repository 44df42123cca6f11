//! Sorts the attributes of a unit and of a container into a conventional order, and removes empty sets. It reads no
//! YAML: the other files append their attributes in any order.
//!
//! ```nix
//! { homeserver.enable = true; extraOptions = [ "--init" ]; image = "docker.io/library/redis:7"; }
//! ```
//!
//! becomes
//!
//! ```nix
//! { image = "docker.io/library/redis:7"; extraOptions = [ "--init" ]; homeserver.enable = true; }
//! ```

use crate::nix::{Expr, Set};
use crate::nixos::Module;

/// systemd.services.NAME, and its serviceConfig.
const UNIT: &[&str] = &[
    "description",
    "after",
    "wants",
    "requires",
    "requisite",
    "bindsTo",
    "partOf",
    "wantedBy",
    "restartTriggers",
    "stopIfChanged",
    "restartIfChanged",
    "startAt",
    "onSuccess",
    "onFailure",
    "unitConfig",
    "startLimitIntervalSec",
    "serviceConfig",
];
const SERVICE: &[&str] = &[
    "Type",
    "RemainAfterExit",
    "ExecStartPre",
    "ExecStart",
    "ExecStartPost",
    "TimeoutStartSec",
    "TimeoutStopSec",
    "Restart",
    "RestartSec",
];

/// virtualisation.oci-containers.containers.NAME.
const CONTAINER: &[&str] = &[
    "image",
    "login",
    "pull",
    "entrypoint",
    "cmd",
    "user",
    "workdir",
    "hostname",
    "autoStart",
    "networks",
    "dependsOn",
    "ports",
    "environment",
    "environmentFiles",
    "volumes",
    "devices",
    "capabilities",
    "privileged",
    "labels",
    "log-driver",
    "extraOptions",
    "homeserver",
];

/// `homeserver` of a container.
const OWN: &[&str] = &[
    "service",
    "restart",
    "completes",
    "notify",
    "tailnet",
    "portRules",
    "secrets",
    "secretVariables",
    "files",
    "servers",
    "mounts",
    "prepare",
    "healthcheck",
    "podmanArgs",
];

pub(super) fn arrange(module: &mut Module) {
    drop_empty(&mut module.config);
    name_lists(&mut module.config);
    if let Some(units) = module.config.find_mut(&["systemd", "services"]) {
        for unit in units.sets_mut() {
            sort(unit, UNIT);
            if let Some(service) = unit.find_mut(&["serviceConfig"]) {
                sort(service, SERVICE);
            }
        }
    }
    if let Some(containers) = module.config.find_mut(super::CONTAINERS) {
        for container in containers.sets_mut() {
            sort(container, CONTAINER);
            if let Some(own) = container.find_mut(&[super::OWN]) {
                sort(own, OWN);
            }
        }
    }
}

/// Removes empty sets, which a concern created without adding attributes.
fn drop_empty(set: &mut Set) {
    set.0.retain(|_, attr| match &mut attr.value {
        Expr::Set(inner) => {
            drop_empty(inner);
            !inner.is_empty()
        }
        Expr::List(items) => !items.is_empty(),
        _ => true,
    });
}

/// Names lists of constants and parameters as a whole ([`Expr::list`]).
fn name_lists(set: &mut Set) {
    for attr in set.0.values_mut() {
        match &mut attr.value {
            Expr::Set(inner) => name_lists(inner),
            Expr::List(items) => attr.value = Expr::list(std::mem::take(items)),
            _ => {}
        }
    }
}

fn sort(set: &mut Set, order: &[&str]) {
    let rank = |name: &str| order.iter().position(|o| *o == name).unwrap_or(order.len());
    set.0.sort_by(|a, _, b, _| rank(a).cmp(&rank(b)));
}

impl Set {
    /// The set at `path`, if it exists.
    fn find_mut(&mut self, path: &[&str]) -> Option<&mut Set> {
        path.iter().try_fold(self, |set, name| match &mut set.0.get_mut(*name)?.value {
            Expr::Set(inner) => Some(inner),
            _ => None,
        })
    }

    /// The attributes that are sets.
    fn sets_mut(&mut self) -> impl Iterator<Item = &mut Set> {
        self.0.values_mut().filter_map(|attr| match &mut attr.value {
            Expr::Set(inner) => Some(inner),
            _ => None,
        })
    }
}
