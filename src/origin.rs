//! Pass: [`hir`](crate::hir) → the [`Origins`] of units.

use crate::edit::Origins;
use crate::hir::Host;

/// The origins of the units of containers, jobs and networks, and of NixOS's units that belong to services.
pub(crate) fn origins(host: &Host) -> Origins {
    let mut origins = Origins::new();
    for network in &host.networks {
        add(
            &mut origins,
            &format!("{}.service", network.unit()),
            [path(&["networks", network.name.as_str()])],
        );
    }
    for service in &host.services {
        let own = |keys: &[&str]| path(&[&["services", service.name()], keys].concat());
        if let Some(network) = &service.network {
            add(&mut origins, &format!("{}.service", network.unit()), [own(&["network"])]);
        }
        let slice = format!("homeserver-{}.slice", service.name().replace('-', "\\x2d"));
        add(&mut origins, &slice, [own(&["limits"])]);
        for container in &service.containers {
            let mut all = vec![
                own(&["containers", &container.short]),
                own(&["limits"]),
                own(&["volumes"]),
                own(&["port"]),
                own(&["site"]),
                own(&["sites"]),
                own(&["network"]),
                path(&["host", "timezone"]),
                path(&["agenix"]),
                path(&["sops"]),
            ];
            let networks = container.networks.iter();
            all.extend(networks.map(|attached| path(&["networks", attached.network.as_str()])));
            all.extend(container.secrets().iter().map(|used| path(&["secrets", &used.name])));
            all.extend(container.mounts.iter().map(|mount| path(&["host", "mounts", &mount.value()])));
            add(&mut origins, &format!("{}.service", container.unit()), all);
        }
        for unit in service.native.names() {
            add(&mut origins, &format!("{unit}.service"), [own(&[]), path(&["nixos"])]);
        }
    }
    for job in host.jobs() {
        for unit in [format!("{}.service", job.unit), format!("{}.timer", job.unit)] {
            let mut all = vec![job.origin.split('.').map(str::to_owned).collect()];
            all.extend(job.secrets().iter().map(|used| path(&["secrets", &used.name])));
            add(&mut origins, &unit, all);
        }
    }
    origins
}

fn path(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn add(origins: &mut Origins, unit: &str, paths: impl IntoIterator<Item = Vec<String>>) {
    origins.entry(unit.to_owned()).or_default().extend(paths);
}
