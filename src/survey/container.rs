//! Containers, with their limits in words.

use std::collections::HashSet;

use super::{containers, values};
use crate::hir;
use crate::image::Kind;
use crate::inventory::{Container, DatabaseServer};
use crate::setting::{HealthTest, Limits, UsedSecret};

pub(super) fn survey(host: &hir::Host) -> Vec<Container> {
    containers(host).map(|(_, container)| row(container, host)).collect()
}

fn row(container: &hir::Container, host: &hir::Host) -> Container {
    let settings = &container.settings;
    let is_made = |network: &&hir::Network| !network.is_external();
    let mut seen = HashSet::new();
    let secrets = needed(container, host).into_iter().map(|used| used.name.into_owned());
    Container {
        name: container.name.to_string(),
        unit: format!("{}.service", container.unit()),
        image: settings.image.text.value(),
        limits: limits(&settings.limits),
        starts_after: container.dependencies.iter().map(ToString::to_string).collect(),
        has_health_check: settings.healthcheck.as_ref().is_some_and(|check| {
            !check.disable.value && matches!(check.test, Some(HealthTest::Shell(_) | HealthTest::Exec(_)))
        }),
        networks: host
            .networks_of(container)
            .into_iter()
            .filter(is_made)
            .map(|network| network.name.to_string())
            .collect(),
        secrets: secrets.filter(|name| seen.insert(name.clone())).collect(),
        disks: values(&container.mounts),
        on_tailnet: container.on_tailnet,
        server: match settings.image.value.known().map(|known| known.kind) {
            Some(Kind::Postgres) => Some(DatabaseServer::Postgres),
            Some(Kind::Mysql) => Some(DatabaseServer::Mysql),
            _ => None,
        },
    }
}

/// The secrets that a container checks before its start: its own, and the passwords for the servers of the host.
pub(super) fn needed<'a>(container: &'a hir::Container, host: &'a hir::Host) -> Vec<UsedSecret<'a>> {
    let postgres = host.database(container).and_then(|(_, database)| database.password.as_ref());
    let valkey = host.valkey_user(container).map(|(_, user)| &user.password);
    let of_servers = postgres.into_iter().chain(valkey).map(|password| UsedSecret::of(password, None));
    container.secrets().into_iter().chain(of_servers).collect()
}

/// Limits in words. Empty if nothing is limited.
pub(super) fn limits(limits: &Limits) -> String {
    let limits = [
        ("memory", limits.memory.as_ref().map(|limit| limit.text.value())),
        ("memory and swap", limits.memory_swap.as_ref().map(|limit| limit.text.value())),
        ("soft limit of memory", limits.memory_reservation.as_ref().map(|limit| limit.text.value())),
        ("CPUs", limits.cpus.as_ref().map(|limit| limit.text.value())),
        ("CPU shares", limits.cpu_shares.as_ref().map(|limit| limit.text.value())),
        ("on CPUs", limits.cpuset.as_ref().map(|limit| limit.text.value())),
        ("processes", limits.pids.as_ref().map(|limit| limit.text.value())),
    ];
    let limits = limits.into_iter().filter_map(|(name, limit)| Some(format!("{name} {}", limit?)));
    limits.collect::<Vec<_>>().join(", ")
}
