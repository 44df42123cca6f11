//! The units of a service are programs of NixOS, and what the service declares for units has one.

use std::collections::{HashMap, HashSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Service};
use crate::path::ancestors;
use crate::source::Span;
use crate::tree::Node;

/// Units that the output manages for the whole host, besides those of containers and the tunnel.
const MANAGED: &[&str] = &[
    "caddy",
    "haproxy",
    "postgres-containers",
    "postgres-databases",
    "published-ports",
    "postgresql",
    "postgresql-setup",
    "redis-valkey",
    "tailscale-address",
    "tailscaled",
    "valkey-acl",
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut listed: HashMap<String, Span> = HashMap::new();
    let points = host.mount_points();
    for service in &host.services {
        for unit in &service.native.units {
            let name = unit.text.value();
            let Some(first) = listed.insert(name.clone(), unit.text.span) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("the unit `{name}` is listed twice"),
                    unit.text.span,
                    "listed again here",
                )
                .and(first, "first listed here")
                .help("remove one of the two: a unit belongs to one service"),
            );
        }
        check_names(host, service, diagnostics);
        check_mounts(host, &points, service, diagnostics);
        if service.native.units.is_empty() && !service.unreadable.may_hold(&["units"]) {
            let secrets = service.native.secrets.first().map(|secret| ("secrets", secret.text.span));
            let mounts = service.native.declared_mounts.first().map(|mount| ("mounts", mount.text.span));
            for (key, span) in secrets.into_iter().chain(mounts) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::Contradiction,
                        format!("`{key}` of a service has no effect without `units`"),
                        span,
                        "applies to units of NixOS",
                    )
                    .help(match key {
                        "secrets" => "move it into a container, or add `units: [NAME]`",
                        _ => "remove it, or add `units: [NAME]`: a container needs the disks of its volumes",
                    }),
                );
            }
        }
    }
}

fn check_names(host: &Host, service: &Service, diagnostics: &mut Diagnostics) {
    for unit in &service.native.units {
        let name = unit.text.value();
        let (label, help) = match name.strip_prefix("podman-") {
            _ if name.ends_with('@') => {
                ("is a template", format!("write the name of an instance, such as `{name}main`"))
            }
            Some(container) if host.container(&Id::new(container.to_owned())).is_some() => {
                ("is the unit of a container", "remove it: a container belongs to its service".to_owned())
            }
            _ if MANAGED.contains(&name.as_str()) || is_tunnel(&name, host) => {
                ("other services need it", "remove it: this unit cannot stop with one service".to_owned())
            }
            _ => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("the unit `{name}` cannot belong to a service"),
                unit.text.span,
                label,
            )
            .help(help),
        );
    }
}

/// True if the unit runs the tunnel of Cloudflare.
fn is_tunnel(unit: &str, host: &Host) -> bool {
    host.cloudflared.as_ref().is_some_and(|tunnel| tunnel.unit() == unit)
}

fn check_mounts(host: &Host, points: &HashSet<String>, service: &Service, diagnostics: &mut Diagnostics) {
    if service.native.mounts.len() == service.native.declared_mounts.len() {
        return;
    }
    for mount in &service.native.declared_mounts {
        let path = mount.text.value();
        let trimmed = path.trim_end_matches('/');
        if points.contains(trimmed) || host.machine.unreadable.may_hold(&["mounts"]) {
            continue;
        }
        let above = ancestors(trimmed).find(|folder| points.contains(*folder));
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{path}` is not a mount point of `host.mounts`"),
                mount.text.span,
                "expected a mount point",
            )
            .help(match above {
                Some(point) => format!("write `{point}`"),
                None => format!("add `mounts: {{ {path}: {{}} }}` under `host`, or remove the path"),
            }),
        );
    }
}
