//! Pass over the [`crate::ast`]: counts the values that the output repeats.
//!
//! The output repeats some values for each of some others: each port on each interface, the containers that a restore stops
//! in each backup. A file of a few kilobytes could become gigabytes of output this way, so that these products are counted
//! before any of them is emitted. A new key whose values are repeated for each value of another key gets a function here.
//! Values that are emitted once, such as the headers of all sites, are not counted.

use std::collections::{HashMap, HashSet};

use crate::ast::{self, Service};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::limits::MAX_REPEATED;
use crate::map::volume_folder;
use crate::path::{Folders, ancestors, is_inside_etc, without_static};
use crate::podman::bind::binds;
use crate::setting::{Bind, Tls, VolumeSource};
use crate::source::Span;
use crate::tree::{etc_files, options};

/// Rejects a file whose output would repeat too many values.
pub(crate) fn check(file: &ast::File, diagnostics: &mut Diagnostics) {
    let mut counter = Counter { total: 0, diagnostics };
    // A product that is too large ends the count.
    let _ = ports_on_interfaces(file, &mut counter)
        .and_then(|()| host_ports_on_networks(file, &mut counter))
        .and_then(|()| sites_of_reaches(file, &mut counter))
        .and_then(|()| networks_of_services(file, &mut counter))
        .and_then(|()| aliases_on_networks(file, &mut counter))
        .and_then(|()| mounts_in_volumes(file, &mut counter))
        .and_then(|()| etc_files_in_volumes(file, &mut counter))
        .and_then(|()| databases_of_backups(file, &mut counter))
        .and_then(|()| host_databases_of_backups(file, &mut counter))
        .and_then(|()| files_of_backups(file, &mut counter))
        .and_then(|()| credentials_of_certificates(file, &mut counter))
        .and_then(|()| units_of_services(file, &mut counter))
        .and_then(|()| ports_of_sites(file, &mut counter))
        .and_then(|()| rewrites_of_sites(file, &mut counter));
}

struct Counter<'a> {
    total: usize,
    diagnostics: &'a mut Diagnostics,
}

impl Counter<'_> {
    /// Counts values that the output repeats because of the value at `span`. Returns `None` above the limit.
    fn add(&mut self, values: usize, span: Span, label: &str, help: &str) -> Option<()> {
        self.total = self.total.saturating_add(values);
        if self.total <= MAX_REPEATED {
            return Some(());
        }
        self.diagnostics.push(
            Diagnostic::new(
                Code::TooLarge,
                format!("the output would repeat more than {MAX_REPEATED} values"),
                span,
                label,
            )
            .help(help),
        );
        None
    }
}

/// The product of two counts, if each repeats the other.
fn product(one: usize, other: usize) -> usize {
    if one > 1 && other > 1 { one.saturating_mul(other) } else { 0 }
}

fn services(file: &ast::File) -> impl Iterator<Item = (String, &Service)> {
    file.services.entries.iter().map(|(name, service)| (name.value(), service))
}

fn ports_on_interfaces(file: &ast::File, counter: &mut Counter) -> Option<()> {
    for (_, container) in services(file).flat_map(|(_, service)| &service.containers.entries) {
        let interfaces = &container.settings.firewall.0;
        let Some(first) = interfaces.first() else { continue };
        counter.add(
            product(interfaces.len(), container.settings.expose.len()),
            first.text.span,
            "each port of `expose` is opened on each interface",
            "list fewer interfaces, or fewer ports",
        )?;
    }
    Some(())
}

fn host_ports_on_networks(file: &ast::File, counter: &mut Counter) -> Option<()> {
    for (_, service) in services(file) {
        for (_, container) in &service.containers.entries {
            let Some(first) = container.settings.host_ports.first() else { continue };
            let networks = match container.networks.0.len() {
                0 => service.networks.len(),
                own => own,
            };
            counter.add(
                product(container.settings.host_ports.len(), networks),
                first.port.span(),
                "each port of `host_ports` is opened on each network of the container",
                "list fewer networks, or fewer ports",
            )?;
        }
    }
    Some(())
}

fn sites_of_reaches(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let mut names: HashMap<String, usize> = HashMap::new();
    for (name, service) in services(file) {
        let sites = service.site.iter().chain(&service.sites);
        names.insert(name, sites.map(|site| 1 + site.aliases.len()).sum());
    }
    for (_, service) in services(file) {
        for (_, container) in &service.containers.entries {
            let networks = match container.networks.0.len() {
                0 => service.networks.len(),
                own => own,
            };
            for reach in &container.reaches {
                let names = names.get(&reach.value()).copied().unwrap_or(1);
                counter.add(
                    if names > 1 { names } else { 0 } + product(container.reaches.len().max(names), networks),
                    reach.span,
                    "the container gets each name of these sites, and each port on each of its networks",
                    "list full names of sites under `reaches`, or fewer networks",
                )?;
            }
        }
    }
    Some(())
}

fn networks_of_services(file: &ast::File, counter: &mut Counter) -> Option<()> {
    for (_, service) in services(file) {
        let Some(first) = service.networks.first() else { continue };
        let on_them = service.containers.entries.iter().filter(|(_, c)| c.networks.0.is_empty()).count();
        counter.add(
            product(service.networks.len(), on_them),
            first.span,
            "each container of the service is on each of these networks",
            "list under `networks` of each container only the networks that it needs",
        )?;
    }
    Some(())
}

fn aliases_on_networks(file: &ast::File, counter: &mut Counter) -> Option<()> {
    for (_, service) in services(file) {
        for (_, container) in &service.containers.entries {
            let Some(first) = container.settings.aliases.first() else { continue };
            let networks = match container.networks.0.len() {
                0 => service.networks.len(),
                own => own,
            };
            counter.add(
                product(container.settings.aliases.len(), networks),
                first.text.span,
                "the container has each alias on each of its networks",
                "move the aliases to the networks that need them",
            )?;
        }
    }
    Some(())
}

fn mounts_in_volumes(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let mounts = Folders::of(file.host.mounts.entries.iter().map(|(path, _)| (path.value(), ())));
    for (_, container) in services(file).flat_map(|(_, service)| &service.containers.entries) {
        for volume in &container.volumes {
            let VolumeSource::Bind(path) = &volume.source else { continue };
            counter.add(
                mounts.below(&path.value()).take(MAX_REPEATED + 1).count(),
                volume.span,
                "the container waits for each mount point inside the folder",
                "mount a folder with fewer `host.mounts` inside",
            )?;
        }
    }
    Some(())
}

/// A container restarts when a file of `environment.etc` in a folder that it mounts changes.
fn etc_files_in_volumes(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let of_services = services(file).filter_map(|(_, service)| service.nixos.as_ref());
    let trees = file.nixos.iter().chain(of_services);
    let files = Folders::of(trees.flat_map(|raw| etc_files(&options(&raw.0))));
    for (_, container) in services(file).flat_map(|(_, service)| &service.containers.entries) {
        let volumes = container.volumes.iter().filter_map(|volume| match &volume.source {
            VolumeSource::Bind(path) => Some((path.value(), volume.span)),
            VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
        });
        let arguments = binds(&container.settings.podman_args).map(|bind| (bind.source, bind.span));
        for (path, span) in volumes.chain(arguments) {
            let path = without_static(&path);
            let inside = if is_inside_etc(&path) { files.below(&path).count() } else { 0 };
            counter.add(
                inside.saturating_sub(1),
                span,
                "the container restarts with each file of `environment.etc` in the folder",
                "mount only the files that the container needs",
            )?;
        }
    }
    Some(())
}

/// A restore of Postgres stops the containers that depend on the database.
fn databases_of_backups(file: &ast::File, counter: &mut Counter) -> Option<()> {
    for (name, service) in services(file) {
        let mut dependents: HashMap<String, usize> = HashMap::new();
        for (_, container) in service.containers.entries.iter().filter(|_| service.backup.entries.len() > 1) {
            for (dependency, _) in &container.depends_on.0 {
                *dependents.entry(dependency.value()).or_default() += 1;
            }
        }
        for (_, backup) in service.backup.entries.iter().filter(|_| service.backup.entries.len() > 1) {
            let Some(container) = backup.sources.container() else { continue };
            let short = container.value();
            let full = format!("{name}-{short}");
            let stopped = [short, full].iter().filter_map(|name| dependents.get(name)).sum();
            counter.add(
                stopped,
                container.span,
                "each restore stops the containers that depend on the database",
                "write fewer backups of the database",
            )?;
        }
    }
    Some(())
}

/// A restore of a database of the host stops the containers that use it.
fn host_databases_of_backups(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let used =
        |container: &ast::Container| container.uses.postgres.as_ref().map(|used| used.database.value());
    let mut users: HashMap<String, usize> = HashMap::new();
    for (_, container) in services(file).flat_map(|(_, service)| &service.containers.entries) {
        used(container).into_iter().for_each(|name| *users.entry(name).or_default() += 1);
    }
    for (_, service) in services(file) {
        let own = service.containers.entries.iter().find_map(|(_, container)| used(container));
        for (_, backup) in &service.backup.entries {
            let Some(postgres) = &backup.sources.postgres else { continue };
            if postgres.container.is_some() {
                continue;
            }
            let name = postgres.database.as_ref().map(|name| name.text.value()).or(own.clone());
            counter.add(
                name.and_then(|name| users.get(&name).copied()).unwrap_or_default(),
                postgres.span,
                "each restore stops the containers that use the database",
                "write fewer backups of the database",
            )?;
        }
    }
    Some(())
}

/// A restore of SQLite stops the containers that mount the file, or those of the service if none does.
fn files_of_backups(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let mut mounted: HashMap<String, usize> = HashMap::new();
    for (name, service) in services(file) {
        let names: HashMap<String, String> = service
            .volumes
            .entries
            .iter()
            .map(|(key, volume)| (key.value(), volume.name.text.value()))
            .collect();
        for volume in service.containers.entries.iter().flat_map(|(_, container)| &container.volumes) {
            let folder = match &volume.source {
                VolumeSource::Bind(path) => path.value(),
                VolumeSource::Named(volume) => match names.get(&volume.value()) {
                    Some(name) => volume_folder(name),
                    None => volume_folder(&format!("{name}_{}", volume.value())),
                },
                VolumeSource::Tmpfs => continue,
            };
            *mounted.entry(folder.trim_end_matches('/').to_owned()).or_default() += 1;
        }
    }
    let folders = Folders::of(mounted.keys().map(|folder| (folder.clone(), ())));
    for (_, service) in services(file) {
        let databases =
            service.backup.entries.iter().filter(|(_, backup)| backup.sources.folder.is_none()).count();
        for (_, backup) in &service.backup.entries {
            if let Some(folder) = backup.sources.folder.as_ref().filter(|_| !backup.exclude.is_empty()) {
                let copied = folders.below(&folder.text.value()).take(MAX_REPEATED + 1).count();
                counter.add(
                    product(backup.exclude.len(), copied),
                    folder.text.span,
                    "each pattern of `exclude` is compared with each volume in the folder",
                    "write fewer patterns",
                )?;
            }
            if let Some(folder) = &backup.sources.folder {
                counter.add(
                    databases,
                    folder.text.span,
                    "each copy of a folder waits for the dumps of its service",
                    "write fewer backups in this service",
                )?;
            }
            if let Some(folder) = &backup.sources.folder
                && backup.stop.is_some()
            {
                counter.add(
                    product(
                        service.containers.entries.len() + service.units.len(),
                        service.backup.entries.len(),
                    ),
                    folder.text.span,
                    "each copy of a folder stops the containers that write to it",
                    "write fewer backups with `stop`",
                )?;
            }
            let Some(database) = &backup.sources.sqlite else { continue };
            let path = database.text.value();
            let seeing: usize = ancestors(&path).filter_map(|folder| mounted.get(folder)).sum();
            counter.add(
                seeing.max(product(service.containers.entries.len(), service.backup.entries.len())),
                database.text.span,
                "each restore stops the containers that mount the file",
                "mount the folder of the database in fewer containers",
            )?;
        }
    }
    Some(())
}

fn units_of_services(file: &ast::File, counter: &mut Counter) -> Option<()> {
    for (_, service) in services(file) {
        let units = service.units.len();
        if let Some(first) = service.units.first() {
            let requirements = service.secrets.len() + service.mounts.len();
            let restores = service.backup.entries.len();
            counter.add(
                product(units, requirements).saturating_add(product(units, restores)),
                first.text.span,
                "each unit needs all secrets and mounts of the service, and each restore stops it",
                "list fewer units",
            )?;
        }
        if let Some((name, _)) = service.jobs.entries.first() {
            counter.add(
                product(service.jobs.entries.len(), service.containers.entries.len() + units),
                name.span,
                "each job starts after all containers and units of the service",
                "declare fewer jobs in this service",
            )?;
        }
    }
    Some(())
}

fn ports_of_sites(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let ports = |own: &[ast::Site]| {
        let of_services = services(file).flat_map(|(_, service)| service.site.iter().chain(&service.sites));
        let sites = own.iter().chain(of_services);
        let ports: HashSet<u16> = sites.filter_map(|site| Some(site.listen.as_ref()?.value.port)).collect();
        ports.len()
    };
    if let Some(haproxy) = &file.haproxy {
        counter.add(
            product(haproxy.interfaces.len(), ports(&haproxy.sites)),
            haproxy.span,
            "each interface has the ports of all sites",
            "list fewer interfaces",
        )?;
    }
    if let Some(caddy) = &file.caddy
        && let Bind::On { interfaces, addresses } = &caddy.bind.value
    {
        counter.add(
            product(interfaces.len() + addresses.len(), ports(&caddy.sites)),
            caddy.bind.span,
            "each interface or address has the ports of all sites",
            "list fewer interfaces or addresses",
        )?;
    }
    Some(())
}

fn rewrites_of_sites(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let Some(caddy) = &file.caddy else { return Some(()) };
    let Bind::On { addresses, .. } = &caddy.bind.value else { return Some(()) };
    let of_services = services(file).flat_map(|(_, service)| service.site.iter().chain(&service.sites));
    let sites = caddy.sites.iter().chain(of_services).filter(|site| site.rewrite.value);
    let names: usize = sites.map(|site| site.aliases.len() + 1).sum();
    counter.add(
        product(addresses.len(), names),
        caddy.bind.span,
        "each name with a rewrite has all addresses",
        "list fewer addresses",
    )
}

fn credentials_of_certificates(file: &ast::File, counter: &mut Counter) -> Option<()> {
    let Some(caddy) = &file.caddy else { return Some(()) };
    let Some(Tls::Acme(acme)) = &caddy.tls else { return Some(()) };
    let of_services = services(file).flat_map(|(_, service)| service.site.iter().chain(&service.sites));
    // One certificate covers all names one label below the domain.
    let certificates = caddy.sites.iter().chain(of_services).filter(|site| site.host.is_some()).count();
    counter.add(
        product(certificates, acme.credentials.entries.len()),
        acme.span,
        "each certificate has all of these credentials",
        "list fewer credentials",
    )
}
