//! Pass: [`crate::ast`] → [`crate::hir`]. Assigns names, resolves references between services, and reports invalid ones.

mod allow;
mod auth;
mod client;
mod cloudflared;
mod container;
pub(crate) mod encrypted;
mod folder;
mod front;
mod haproxy;
mod job;
mod name;
mod native;
mod network;
mod notify;
mod previous;
mod reach;
mod secret;
mod site;
mod site_address;
mod site_path;
mod target;

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::ast;
use crate::diag::Diagnostics;
use crate::file_context::FileContext;
use crate::hir::job::Work;
use crate::hir::{Container, Host, Id, Index, Secret, SecretStores, Service, WrongSecret};
use crate::lock::Lock;
use crate::setting;
use crate::tree::Node;

/// Links a file with its host context. `parameters` are the arguments of each service's preset. `misplaced_secrets` are the
/// secrets of references that are not valid.
pub(crate) fn link(
    mut file: ast::File,
    mut parameters: HashMap<String, IndexMap<String, Node>>,
    misplaced_secrets: Vec<String>,
    context: &FileContext,
    diagnostics: &mut Diagnostics,
) -> Host {
    let accepted = allow::link(&file, context);
    let front = front::take(&mut file);
    let secret_stores = SecretStores { agenix: file.agenix.take(), sops: file.sops.take() };
    let secrets: IndexMap<Id<Secret>, Secret> = file
        .secrets
        .entries
        .into_iter()
        .map(|(name, declared)| {
            name::check_secret(&name, diagnostics);
            let secret = secret::link(&name, declared, &secret_stores, diagnostics);
            (Id::new(name.value()), secret)
        })
        .collect();
    let networks: Vec<_> = file
        .networks
        .entries
        .into_iter()
        .map(|(name, declared)| network::shared(&name, declared, diagnostics))
        .collect();
    let mut services = Vec::with_capacity(file.services.entries.len());
    let mut jobs = Vec::with_capacity(file.services.entries.len());
    for (name, mut declared) in file.services.entries {
        name::check_service(&name, diagnostics);
        jobs.push(job::Declared::take(&mut declared));
        let arguments = parameters.remove(&name.value()).unwrap_or_default();
        services.push((name, declared, arguments.into_iter().collect::<Vec<_>>()));
    }
    let tailscale = file.tailscale;
    let (linked, sites) = container::link(services, &networks, tailscale.as_ref(), diagnostics);
    let has_containers = linked.iter().any(|service| !service.containers.is_empty());
    let index = Index::of(&linked, &networks, file.postgres.as_ref(), file.valkey.as_ref());
    let mut host = Host {
        unreadable: file.unreadable,
        language: file.homegen,
        machine: file.host,
        constants: file.constants.map(|c| c.0),
        tailscale,
        front: None,
        haproxy: None,
        cloudflared: cloudflared::link(file.cloudflared),
        adguard: file.adguard,
        auth: IndexMap::new(),
        secret_stores,
        secrets,
        encrypted: None,
        wrong_secrets: Vec::new(),
        notify: file.notify,
        postgres: file.postgres,
        valkey: file.valkey,
        zfs: file.zfs,
        podman: file.podman.or_else(|| has_containers.then(|| setting::Podman::empty(file.span))),
        networks,
        services: linked,
        index,
        jobs: Vec::new(),
        clients: Vec::new(),
        nixos: file.nixos.map(|n| n.0),
        accepted,
        last_build: context.last_build.cloned(),
        lock: context.lock.cloned(),
    };
    let fronts = site::link(
        front,
        host.tailscale.as_ref(),
        sites,
        file.haproxy,
        file.auth,
        &mut host.services,
        diagnostics,
    );
    (host.front, host.haproxy, host.auth) = (fronts.caddy, fronts.haproxy, fronts.auth);
    reach::link(&mut host, diagnostics);
    folder::link(&mut host);
    native::link(&mut host);
    job::link(jobs, file.smoke_test, file.jobs, &mut host, diagnostics);
    client::link(file.clients, &mut host, diagnostics);
    link_context(&mut host, context);
    name::check_unique(&host, diagnostics);
    host.wrong_secrets = secret::check(&host, diagnostics);
    let misplaced =
        misplaced_secrets.into_iter().map(|name| WrongSecret { name, format: setting::Format::Raw });
    host.wrong_secrets.extend(misplaced);
    host
}

/// Records missing files, and links the last build.
fn link_context(host: &mut Host, context: &FileContext) {
    if let Some(exists) = context.exists {
        for secret in host.secrets.values_mut() {
            secret.file_is_missing = secret.encrypted(&host.secret_stores).is_some_and(|path| !exists(&path));
        }
        for container in host.services.iter_mut().flat_map(|service| &mut service.containers) {
            let paths = container.settings.files.entries.iter().filter_map(|(_, file)| file.from.as_ref());
            container.missing_files = paths.filter(|path| !exists(&path.value())).cloned().collect();
        }
        let of_services = host.services.iter_mut().flat_map(|service| &mut service.jobs);
        for job in of_services.chain(&mut host.jobs) {
            if let Work::Run(run) = &mut job.work {
                run.is_missing = !exists(&run.script.value());
            }
        }
    }
    if let Some(files) = context.encrypted {
        let found = encrypted::link(host, files);
        // Another rule reports a folder or a link in place of a file.
        let present: Vec<_> = found.files.values().flat_map(|file| &file.secrets).collect();
        for name in present {
            host.secrets.entry(name.clone()).and_modify(|secret| secret.file_is_missing = false);
        }
        host.encrypted = Some(found);
    }
    if let Some(lock) = context.lock {
        link_lock(host, lock);
    }
    if let Some(last_build) = context.last_build {
        previous::link(host, last_build);
    }
}

/// Links the digests of the lock file. An entry whose tag was changed does not count.
fn link_lock(host: &mut Host, lock: &Lock) {
    let digest = |name: &str| Some(lock.get(name).filter(|locked| locked.name == name)?.digest.clone());
    let mut digests: HashMap<Id<Container>, String> = host
        .locked_containers()
        .into_iter()
        .filter_map(|(container, name)| Some((container.name.clone(), digest(&name)?)))
        .collect();
    for container in host.services.iter_mut().flat_map(|service| &mut service.containers) {
        container.digest = digests.remove(&container.name);
    }
}

impl Service {
    /// Reports whether an invalid part of the service may declare a container `name`.
    pub(crate) fn may_have_container(&self, name: &str) -> bool {
        let is_unread = self.containers.is_empty() && self.unreadable.may_hold(&["containers"]);
        is_unread || self.is_cut || self.unreadable.has_unknown(name)
    }

    /// `uptime-kuma` is `uptimeKuma` below `homeserver`.
    pub(crate) fn option_name(name: &str) -> String {
        let mut words = name.split('-');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |mut option, word| {
            let mut letters = word.chars();
            option.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            option.push_str(letters.as_str());
            option
        })
    }
}
