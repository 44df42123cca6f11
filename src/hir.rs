//! The linked host: names assigned, references between parts resolved, and defaults filled in that depend on the
//! rest of the file.

pub(crate) mod auth;
pub(crate) mod backup;
pub(crate) mod client;
pub(crate) mod cloudflared;
pub(crate) mod encrypted;
pub(crate) mod folder;
pub(crate) mod front;
pub(crate) mod haproxy;
mod id;
mod index;
pub(crate) mod job;
pub(crate) mod native;
pub(crate) mod own_job;
pub(crate) mod reach;
pub(crate) mod secret;

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;

use crate::diag::Code;
use crate::lock::Lock;
use crate::podman::arguments::arguments;
use crate::record::{self, Record};
use crate::setting::{
    self, NetworkMode, NotifyOn, Settings, Spanned, UnreadableParts, UsedSecret, Volumes, referenced,
};
use crate::source::Span;
use crate::subnet::first_address;
use crate::tree::{Node, Text};

pub(crate) use auth::{AuthProvider, SiteAuth};
pub(crate) use backup::Backup;
pub(crate) use client::Client;
pub(crate) use cloudflared::Cloudflared;
pub use encrypted::{Audited, Missing, MissingFile, Outdated, Place};
pub(crate) use encrypted::{Encrypted, EncryptedFile, EncryptedFiles, Flaw, Mismatch, Recipients};
pub(crate) use folder::Folder;
pub(crate) use front::{Answer, Front, Site, SitePath, Upstream, UpstreamAddress};
pub(crate) use haproxy::{HaProxy, PlainSite};
pub(crate) use id::Id;
pub(crate) use index::Index;
pub(crate) use job::Job;
pub(crate) use native::Native;
pub(crate) use reach::Reach;
pub(crate) use secret::{Secret, SecretStores, WrongSecret};

/// A host.
#[derive(Debug)]
pub struct Host {
    /// The parts of the file that could not be read.
    pub(crate) unreadable: UnreadableParts,
    /// The version of the language that the file is written in.
    pub(crate) language: setting::Number,
    /// The `host` of the file.
    pub(crate) machine: setting::Host,
    /// The constants.
    pub(crate) constants: Option<Node>,
    /// The tailnet.
    pub(crate) tailscale: Option<setting::Tailscale>,
    /// The front, if there is one.
    pub(crate) front: Option<Front>,
    /// HAProxy.
    pub(crate) haproxy: Option<HaProxy>,
    /// The tunnel of Cloudflare.
    pub(crate) cloudflared: Option<Cloudflared>,
    /// DNS rewrites.
    pub(crate) adguard: Option<setting::Adguard>,
    /// The programs that decide who may use a site, by name.
    pub(crate) auth: IndexMap<Id<AuthProvider>, AuthProvider>,
    /// The stores of the encrypted secrets.
    pub(crate) secret_stores: SecretStores,
    /// The secrets, by name.
    pub(crate) secrets: IndexMap<Id<Secret>, Secret>,
    /// The encrypted files, if the caller has read them.
    pub(crate) encrypted: Option<EncryptedFiles>,
    /// The invalid uses of secrets; diagnostics were emitted.
    pub(crate) wrong_secrets: Vec<WrongSecret>,
    /// The destinations of notifications.
    pub(crate) notify: Option<setting::Notify>,
    /// Podman.
    pub(crate) podman: Option<setting::Podman>,
    /// Postgres on the host.
    pub(crate) postgres: Option<setting::Postgres>,
    /// Valkey on the host.
    pub(crate) valkey: Option<setting::Valkey>,
    /// ZFS.
    pub(crate) zfs: Option<setting::Zfs>,
    /// The networks that services share.
    pub(crate) networks: Vec<Network>,
    /// The services.
    pub(crate) services: Vec<Service>,
    /// The positions of services, containers and networks.
    pub(crate) index: Index,
    /// The jobs of the host itself.
    pub(crate) jobs: Vec<Job>,
    /// The machines that use the services.
    pub(crate) clients: Vec<Client>,
    /// The NixOS options of the host.
    pub(crate) nixos: Option<Node>,
    /// The accepted diagnostics.
    pub(crate) accepted: Vec<Accepted>,
    /// The record of the last build.
    pub(crate) last_build: Option<Record>,
    /// The lock file.
    pub(crate) lock: Option<Lock>,
}

impl Host {
    /// The services, in the order of the file.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// True if the front or a service lacks a site of the file; a diagnostic was emitted.
    pub(crate) fn may_lack_sites(&self) -> bool {
        let lacks_own =
            |front: &Front| !front.unlinked_sites.is_empty() || front.unreadable.may_hold(&["sites"]);
        let is_broken = |service: &Service| {
            service.has_broken_site || service.unreadable.has_unreadable(&["site", "sites"])
        };
        self.front.iter().any(lacks_own)
            || self.haproxy.iter().any(|haproxy| haproxy.has_broken_site)
            || self.services.iter().any(is_broken)
    }

    /// The containers whose images the lock file has, with their names in it. An image that was built on the host is in
    /// no registry, and an automatic update changes the image on the host.
    pub(crate) fn locked_containers(&self) -> Vec<(&Container, String)> {
        let automatic: HashSet<&Id<Container>> = self
            .jobs()
            .filter_map(|job| match &job.work {
                job::Work::Update(update) if update.automatic.is_some() => Some(&update.containers),
                _ => None,
            })
            .flatten()
            .collect();
        let is_locked = |container: &&Container| {
            let image = &container.settings.image.value;
            image.digest.is_none()
                && image.has_registry
                && !image.repository.starts_with("localhost/")
                && !automatic.contains(&container.name)
        };
        let name = |container: &Container| {
            let image = &container.settings.image.value;
            format!("{}:{}", image.repository, image.tag.as_deref().unwrap_or("latest"))
        };
        self.containers().filter(is_locked).map(|container| (container, name(container))).collect()
    }

    /// The images that belong into the lock file.
    pub fn images_to_lock(&self) -> BTreeSet<String> {
        self.locked_containers().into_iter().map(|(_, name)| name).collect()
    }

    /// Every container, in the order of the file.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Container> {
        self.services.iter().flat_map(|s| &s.containers)
    }

    /// True if `path` is Docker's socket and the file does not enable it.
    pub(crate) fn has_no_docker_socket(&self, path: &str) -> bool {
        let on = self.podman.as_ref().is_some_and(|podman| podman.docker_socket.value);
        !on && matches!(path, "/var/run/docker.sock" | "/run/docker.sock")
    }

    /// Every job; the jobs of the host itself come last.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.services.iter().flat_map(|s| &s.jobs).chain(&self.jobs)
    }

    /// Every use of a secret of the host.
    pub(crate) fn used_secrets(&self) -> impl Iterator<Item = UsedSecret<'_>> {
        // A client's secret belongs to the client's own agenix. It is the same file only if it is declared here
        // too.
        let is_here = |used: &UsedSecret| self.secrets.contains_key(&*used.name);
        let of_clients = self.clients.iter().flat_map(|client| client.upload.secrets()).filter(is_here);
        let of_containers = self.containers().flat_map(Container::secrets);
        let of_units = self.services.iter().flat_map(|service| service.native.used_secrets());
        let of_jobs = self.jobs().flat_map(Job::secrets);
        let of_front = self.front.iter().flat_map(Front::secrets);
        let of_tunnel = self.cloudflared.iter().flat_map(Cloudflared::secrets);
        let of_notify = self.notify.iter().flat_map(setting::Notify::secrets);
        let of_postgres = self.postgres.iter().flat_map(setting::Postgres::secrets);
        of_containers
            .chain(of_units)
            .chain(of_notify)
            .chain(of_jobs)
            .chain(of_clients)
            .chain(of_front)
            .chain(of_tunnel)
            .chain(of_postgres)
            .chain(self.valkey.iter().flat_map(setting::Valkey::secrets))
    }

    /// Every backup, with its job.
    pub(crate) fn backups(&self) -> impl Iterator<Item = (&Job, &Backup)> {
        self.jobs().filter_map(|job| Some((job, job.backup()?)))
    }

    /// The mount points of the file, without a trailing slash.
    pub(crate) fn mount_points(&self) -> HashSet<String> {
        self.machine
            .mounts
            .entries
            .iter()
            .map(|(at, _)| at.value().trim_end_matches('/').to_owned())
            .collect()
    }

    /// The container whose networks a container is on: itself, or the one whose network it shares.
    pub(crate) fn network_owner<'a>(&'a self, container: &'a Container) -> &'a Container {
        let other = container.shares_network_of.as_ref().and_then(|other| self.container(other));
        other.unwrap_or(container)
    }

    /// The address of the host on the first network of a container that has a known one. A container on an internal or
    /// an external network is not sure to reach the host there.
    pub(crate) fn gateway(&self, container: &Container) -> Option<Gateway<'_>> {
        let networks = self.networks_of(container).into_iter();
        let mut networks =
            networks.filter(|network| !network.is_external() && !network.settings.internal.value);
        networks.find_map(|network| {
            let mut subnets = network.settings.subnet.0.iter().enumerate();
            let (at, subnet) = subnets.find(|(_, subnet)| subnet.value.0.addr().is_ipv4())?;
            let address = match network.settings.gateway.0.get(at) {
                Some(gateway) => gateway.text.clone(),
                None => Text::literal(first_address(&subnet.value.0).to_string(), subnet.text.span),
            };
            Some(Gateway { network, subnet: &subnet.text, address })
        })
    }

    /// The networks of a container, or of the container whose network it shares.
    pub(crate) fn networks_of(&self, container: &Container) -> Vec<&Network> {
        let attached = self.network_owner(container).networks.iter();
        attached.filter_map(|attached| self.network(&attached.network)).collect()
    }

    /// Every tree of options under a `nixos` key.
    pub(crate) fn raw_options(&self) -> impl Iterator<Item = &Node> {
        self.nixos.iter().chain(self.services.iter().filter_map(|s| s.nixos.as_ref()))
    }
}

/// A diagnostic that the file accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    /// The code of the diagnostic.
    pub(crate) code: Code,
    /// The mapping in which it is accepted. `None` for the whole file.
    pub(crate) within: Option<Span>,
    /// True if a part of the mapping could not be read. The diagnostic may be about that part.
    pub(crate) is_unread: bool,
    /// The span of the entry.
    pub(crate) span: Span,
}

/// A Podman network.
#[derive(Debug)]
pub(crate) struct Network {
    /// The name in Podman.
    pub(crate) name: Id<Network>,
    /// The name of the bridge.
    pub(crate) interface: Text,
    /// The settings.
    pub(crate) settings: setting::Network,
    /// The span of the name.
    pub(crate) span: Span,
}

impl Network {
    /// True if the network is created outside of this file.
    pub(crate) fn is_external(&self) -> bool {
        self.settings.external.value
    }

    /// The name of the unit that creates it.
    pub(crate) fn unit(&self) -> String {
        match self.name.as_str().strip_suffix("-network") {
            Some(_) => self.name.to_string(),
            None => format!("{}-network", self.name),
        }
    }
}

/// The host on a network.
#[derive(Debug)]
pub(crate) struct Gateway<'a> {
    /// The network.
    pub(crate) network: &'a Network,
    /// The IPv4 subnet.
    pub(crate) subnet: &'a Text,
    /// The address of the host in it.
    pub(crate) address: Text,
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// The name in the file.
    pub(crate) name: Id<Service>,
    /// The name of its option below `homeserver`.
    pub(crate) option: String,
    /// The span of the name.
    pub(crate) span: Span,
    /// The parts that could not be read.
    pub(crate) unreadable: UnreadableParts,
    /// True if a line among its containers could not be read.
    pub(crate) is_cut: bool,
    /// True if one of its sites has no valid target; a diagnostic was emitted.
    pub(crate) has_broken_site: bool,
    /// True if one of its backups could not be linked; a diagnostic was emitted.
    pub(crate) has_broken_backup: bool,
    /// The description.
    pub(crate) description: Option<Text>,
    /// True if it is enabled by default.
    pub(crate) enable: bool,
    /// The span of `enable`, or of the service if it has no `enable`.
    pub(crate) enable_span: Span,
    /// The port on the host behind its site.
    pub(crate) port: Option<setting::Number>,
    /// The service's own network.
    pub(crate) network: Option<Network>,
    /// The volumes with names of their own.
    pub(crate) volumes: setting::Map<setting::NamedVolume>,
    /// The containers.
    pub(crate) containers: Vec<Container>,
    /// The limits of its containers together.
    pub(crate) limits: setting::Limits,
    /// The arguments of its preset.
    pub(crate) parameters: Vec<(String, Node)>,
    /// The jobs.
    pub(crate) jobs: Vec<Job>,
    /// The default of its containers' `notify`.
    pub(crate) notify: Option<Spanned<NotifyOn>>,
    /// The NixOS options of the service.
    pub(crate) nixos: Option<Node>,
    /// The units of NixOS that belong to it.
    pub(crate) native: Native,
    /// The name in the last build.
    pub(crate) previous: Option<String>,
}

impl Service {
    /// The name in the file.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The port on the host behind one of its sites: the `port` of the site, or of the service if that is absent or the
    /// same number.
    pub(crate) fn host_port(&self, of_site: Option<&setting::Number>) -> Option<HostPort> {
        match (of_site, &self.port) {
            (Some(port), Some(own)) if port.value == own.value => Some(HostPort::Service(self.name.clone())),
            (Some(port), _) => Some(HostPort::Fixed(port.text.clone())),
            (None, Some(_)) => Some(HostPort::Service(self.name.clone())),
            (None, None) => None,
        }
    }

    /// True if the service has neither a container nor a unit of NixOS.
    pub(crate) fn is_idle(&self) -> bool {
        self.containers.is_empty() && self.native.units.is_empty()
    }

    /// The target of its containers and units, which templates/containers.nix.j2 defines.
    pub(crate) fn target(&self) -> String {
        format!("homeserver-{}.target", self.name)
    }

    /// The units of its containers and its units of NixOS, without `.service`.
    pub(crate) fn units(&self) -> impl Iterator<Item = String> {
        self.containers.iter().map(Container::unit).chain(self.native.names())
    }
}

/// A container.
#[derive(Debug)]
pub(crate) struct Container {
    /// The name on the host: the unit's name without `podman-`.
    pub(crate) name: Id<Container>,
    /// The name in the service.
    pub(crate) short: String,
    /// The span of the name.
    pub(crate) span: Span,
    /// The parts that could not be read.
    pub(crate) unreadable: UnreadableParts,
    /// The settings.
    pub(crate) settings: Settings,
    /// The volumes. A named volume has its full name.
    pub(crate) volumes: Volumes,
    /// The network mode. `None` if it is on Podman networks.
    pub(crate) network_mode: Option<NetworkMode>,
    /// The networks of the container.
    pub(crate) networks: Vec<Attached>,
    /// The ports for its service's sites, in addition to published ports.
    pub(crate) site_ports: Vec<SitePort>,
    /// The entries of `depends_on`.
    pub(crate) depends_on: Vec<Dependency>,
    /// The containers that have to run before it.
    pub(crate) dependencies: Vec<Id<Container>>,
    /// The containers that depend on it, start at boot and have a restart policy.
    pub(crate) dependents: Vec<Id<Container>>,
    /// The same with `restart: "no"`; they run once.
    pub(crate) one_time_dependents: Vec<Id<Container>>,
    /// True if one of its dependents waits until it is healthy.
    pub(crate) awaited_healthy: bool,
    /// True if one of its dependents waits until it has ended with success.
    pub(crate) awaited_completed: bool,
    /// The container whose network it shares.
    pub(crate) shares_network_of: Option<Id<Container>>,
    /// The mount points that it needs.
    pub(crate) mounts: Vec<Text>,
    /// The folders that are created for it.
    pub(crate) folders: Vec<Folder>,
    /// The files beside the compiled file that the container mounts and the caller did not find.
    pub(crate) missing_files: Vec<Text>,
    /// The digest of its image in the lock file.
    pub(crate) digest: Option<String>,
    /// True if it publishes ports on the host's tailnet address.
    pub(crate) on_tailnet: bool,
    /// The notification when it fails.
    pub(crate) notification: Notification,
    /// The servers of the host that it uses.
    pub(crate) uses: setting::Uses,
    /// The sites of this host that it reaches.
    pub(crate) reaches: Vec<Reach>,
    /// The container in the last build, possibly under another name.
    pub(crate) previous: Option<Previous>,
}

impl Container {
    /// The secrets that the container uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let settings = &self.settings;
        // A secret that is only mounted may have any format.
        let mounted = settings.secrets.0.iter().map(|used| {
            let format = used.variable.is_some().then_some(setting::Format::Raw);
            UsedSecret::of(&used.secret, format)
        });
        let login =
            settings.login.iter().map(|login| UsedSecret::of(&login.password, Some(setting::Format::Raw)));
        let files = settings.env_file.0.iter().filter_map(|file| match file {
            setting::EnvFile::Secret(name) => Some(UsedSecret::of(name, Some(setting::Format::Env))),
            setting::EnvFile::Path(_) => None,
        });
        let in_texts = settings.environment.0.iter().flat_map(|(_, value)| referenced(value));
        let in_files = settings.files.entries.iter().flat_map(|(_, file)| file.used_secrets());
        mounted.chain(login).chain(files).chain(in_texts.map(UsedSecret::in_text)).chain(in_files).collect()
    }

    /// The variables that the container sets, each by its name and with its value. Podman takes the last one of a name.
    pub(crate) fn variables(&self) -> Vec<(Text, Text)> {
        let written = self.settings.environment.0.iter().cloned();
        let arguments =
            arguments(&self.settings.podman_args).into_iter().filter(|argument| argument.name == "env");
        let arguments = arguments.filter_map(|argument| {
            let written = argument.value?;
            let (name, rest) = written.split_at(written.value().find('=')?);
            Some((name, rest.split_at(1).1))
        });
        written.chain(arguments).collect()
    }

    /// The name of the database of the host's Postgres that the container uses.
    pub(crate) fn used_database(&self) -> Option<&Text> {
        self.uses.postgres.as_ref().map(|used| &used.database)
    }

    /// True if the container connects to the host's Postgres over TCP.
    pub(crate) fn uses_postgres_over_tcp(&self) -> bool {
        self.uses.postgres.as_ref().is_some_and(|used| used.over == setting::Transport::Tcp)
    }

    /// The name of the unit, without `.service`.
    pub(crate) fn unit(&self) -> String {
        self.name.unit()
    }

    /// The names of the container on a network besides its full name, without duplicates: its key on its service's
    /// own network, as in Compose, and the aliases of the file.
    pub(crate) fn aliases(&self, attached: &Attached) -> Vec<Text> {
        let key = (attached.own && self.short != self.name.as_str())
            .then(|| Text::literal(&*self.short, self.span));
        let there = attached.attachment.aliases.iter();
        let written = self.settings.aliases.iter().chain(there).map(|alias| alias.text.clone());
        let mut seen = HashSet::new();
        key.into_iter().chain(written).filter(|alias| seen.insert(alias.value().to_lowercase())).collect()
    }
}

impl Id<Container> {
    /// The name of the container's unit, without `.service`.
    pub(crate) fn unit(&self) -> String {
        format!("podman-{self}")
    }
}

/// The notification about a failure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notification {
    /// No notification.
    No,
    /// A notification to the destinations of the file.
    Yes,
    /// The same, requested by the file at this span.
    Asked(Span),
}

impl Notification {
    /// True if a notification is sent.
    pub(crate) fn is_on(self) -> bool {
        !matches!(self, Notification::No)
    }
}

/// A dependency of a container.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The container that has to run first.
    pub(crate) container: Id<Container>,
    /// True if it has to be healthy, not only started.
    pub(crate) healthy: bool,
    /// True if it has to end with success.
    pub(crate) completed: bool,
    /// The span of its name.
    pub(crate) span: Span,
}

/// A container in the last build.
#[derive(Clone, Debug)]
pub(crate) struct Previous {
    /// The name of the service.
    pub(crate) service: String,
    /// The container's entry in the record.
    pub(crate) container: record::Container,
}

/// A container on a network.
#[derive(Debug)]
pub(crate) struct Attached {
    /// The network.
    pub(crate) network: Id<Network>,
    /// True for the own network of the container's service, on which the container's key is a name too.
    pub(crate) own: bool,
    /// The settings of the attachment.
    pub(crate) attachment: setting::Attachment,
}

/// A port that a site needs.
#[derive(Debug)]
pub(crate) struct SitePort {
    /// The port on the host: the service's port, or an additional one.
    pub(crate) host: HostPort,
    /// The port in the container.
    pub(crate) target: Text,
    /// The span of the number of the port on the host.
    pub(crate) span: Span,
}

/// A port on the host behind a site.
#[derive(Clone, Debug)]
pub(crate) enum HostPort {
    /// The option `homeserver.NAME.port` of this service.
    Service(Id<Service>),
    /// A fixed port.
    Fixed(Text),
}
