//! The host as it will be: names given, references between services followed, defaults filled in
//! where they need the rest of the file.

pub(crate) mod backup;
pub(crate) mod client;
pub(crate) mod folder;
pub(crate) mod front;
mod id;
mod index;
pub(crate) mod job;
pub(crate) mod secret;

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::diag::Code;
use crate::record::{self, Record};
use crate::setting::{self, NetworkMode, Settings, Spanned, Tell, Unread, UsedSecret, Volumes};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(crate) use backup::Backup;
pub(crate) use client::Client;
pub(crate) use folder::Folder;
pub(crate) use front::{Answer, Front, Site};
pub(crate) use id::Id;
pub(crate) use index::Index;
pub(crate) use job::Job;
pub(crate) use secret::{Secret, SecretBackend, WrongSecret};

/// A host.
#[derive(Debug)]
pub struct Host {
    /// What of the file could not be read.
    pub(crate) unread: Unread,
    /// The version of the language that the file is written in.
    pub(crate) language: setting::Number,
    /// What the file says of the machine.
    pub(crate) machine: setting::Host,
    /// The constants.
    pub(crate) constants: Option<Node>,
    /// The tailnet.
    pub(crate) tailscale: Option<setting::Tailscale>,
    /// The front, where there is one.
    pub(crate) front: Option<Front>,
    /// What decrypts the secrets.
    pub(crate) secret_backend: Option<SecretBackend>,
    /// The secrets, by name.
    pub(crate) secrets: IndexMap<Id<Secret>, Secret>,
    /// The uses of secrets that were reported.
    pub(crate) wrong_secrets: Vec<WrongSecret>,
    /// Where notifications go.
    pub(crate) notify: Option<setting::Notify>,
    /// Podman.
    pub(crate) podman: Option<setting::Podman>,
    /// The networks that services share.
    pub(crate) networks: Vec<Network>,
    /// The services.
    pub(crate) services: Vec<Service>,
    /// The places of services, containers and networks.
    pub(crate) index: Index,
    /// The jobs of the host itself.
    pub(crate) jobs: Vec<Job>,
    /// The machines that use them.
    pub(crate) clients: Vec<Client>,
    /// Options of the host.
    pub(crate) nixos: Option<Node>,
    /// What the file accepts.
    pub(crate) accepted: Vec<Accepted>,
    /// What the last build left.
    pub(crate) last_build: Option<Record>,
}

impl Host {
    /// The services, in the order of the file.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// Every container, in the order of the file.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Container> {
        self.services.iter().flat_map(|s| &s.containers)
    }

    /// Whether `path` is that of Docker's socket, and the file does not turn that on.
    pub(crate) fn has_no_docker_socket(&self, path: &str) -> bool {
        let on = self.podman.as_ref().is_some_and(|podman| podman.docker_socket.value);
        !on && matches!(path, "/var/run/docker.sock" | "/run/docker.sock")
    }

    /// Every job, those of the host itself last.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.services.iter().flat_map(|s| &s.jobs).chain(&self.jobs)
    }

    /// Every use of a secret of the host.
    pub(crate) fn used_secrets(&self) -> impl Iterator<Item = UsedSecret<'_>> {
        // A secret of a client's is of its own backend, and only the same file where it is declared here.
        let is_here = |(name, _): &UsedSecret| self.secret(name).is_some();
        let of_clients = self.clients.iter().flat_map(|client| client.upload.secrets()).filter(is_here);
        let of_containers = self.containers().flat_map(Container::secrets);
        let of_jobs = self.jobs().flat_map(Job::secrets);
        let of_front = self.front.iter().flat_map(Front::secrets);
        let of_notify = self.notify.iter().flat_map(setting::Notify::secrets);
        of_containers.chain(of_notify).chain(of_jobs).chain(of_clients).chain(of_front)
    }

    /// Every backup, with its job.
    pub(crate) fn backups(&self) -> impl Iterator<Item = (&Job, &Backup)> {
        self.jobs().filter_map(|job| Some((job, job.backup()?)))
    }

    /// The mount points that the file describes, without a slash at their ends.
    pub(crate) fn mount_points(&self) -> HashSet<String> {
        self.machine
            .mounts
            .entries
            .iter()
            .map(|(at, _)| at.value().trim_end_matches('/').to_owned())
            .collect()
    }

    /// Every tree of options that stands under a `nixos`.
    pub(crate) fn raw_options(&self) -> impl Iterator<Item = &Node> {
        self.nixos.iter().chain(self.services.iter().filter_map(|s| s.nixos.as_ref()))
    }
}

/// A diagnostic that the file accepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    /// Its code.
    pub(crate) code: Code,
    /// Where it is accepted: inside of this mapping, or everywhere.
    pub(crate) within: Option<Span>,
    /// Whether something there could not be read, which may be what it is about.
    pub(crate) is_unread: bool,
    /// Where that is written.
    pub(crate) span: Span,
}

/// A network of Podman's.
#[derive(Debug)]
pub(crate) struct Network {
    /// Its name in Podman.
    pub(crate) name: Id<Network>,
    /// The name of its bridge.
    pub(crate) interface: Text,
    /// Its settings.
    pub(crate) settings: setting::Network,
    /// Where its name stands.
    pub(crate) span: Span,
}

impl Network {
    /// Whether someone else makes it.
    pub(crate) fn is_external(&self) -> bool {
        self.settings.external.value
    }

    /// The unit that makes it.
    pub(crate) fn unit(&self) -> String {
        match self.name.as_str().strip_suffix("-network") {
            Some(_) => self.name.to_string(),
            None => format!("{}-network", self.name),
        }
    }
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its name in the file.
    pub(crate) name: Id<Service>,
    /// Its name below `homeserver`.
    pub(crate) option: String,
    /// Where its name stands.
    pub(crate) span: Span,
    /// What of it could not be read.
    pub(crate) unread: Unread,
    /// Whether a line among its containers could not be read.
    pub(crate) is_cut: bool,
    /// Whether one of its sites leads nowhere, which was reported.
    pub(crate) has_broken_site: bool,
    /// What it is.
    pub(crate) description: Option<Text>,
    /// Whether it is on by default.
    pub(crate) enable: bool,
    /// Where that is said, or for a default, where the service is.
    pub(crate) enable_span: Span,
    /// The port behind its site.
    pub(crate) port: Option<setting::Number>,
    /// The network of its own.
    pub(crate) network: Option<Network>,
    /// Its containers.
    pub(crate) containers: Vec<Container>,
    /// The arguments of its preset.
    pub(crate) parameters: Vec<(String, Node)>,
    /// Its jobs.
    pub(crate) jobs: Vec<Job>,
    /// Whether its containers tell.
    pub(crate) notify: Option<Spanned<Tell>>,
    /// Options of NixOS.
    pub(crate) nixos: Option<Node>,
    /// Its name in the last build.
    pub(crate) previous: Option<String>,
}

impl Service {
    /// Its name in the file.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// A container.
#[derive(Debug)]
pub(crate) struct Container {
    /// Its name on the host, its unit without `podman-`.
    pub(crate) name: Id<Container>,
    /// Its name in the service.
    pub(crate) short: String,
    /// Where its name stands.
    pub(crate) span: Span,
    /// What of it could not be read.
    pub(crate) unread: Unread,
    /// Its settings.
    pub(crate) settings: Settings,
    /// What it sees of the host. A volume of Podman's has its whole name there.
    pub(crate) volumes: Volumes,
    /// What network it has, where it is on none of Podman's.
    pub(crate) network_mode: Option<NetworkMode>,
    /// The networks that it is on.
    pub(crate) networks: Vec<Attached>,
    /// The ports that its service's sites need, beyond what the file publishes.
    pub(crate) site_ports: Vec<SitePort>,
    /// What its `depends_on` names.
    pub(crate) depends_on: Vec<Dependency>,
    /// The containers that have to be up before it.
    pub(crate) dependencies: Vec<Id<Container>>,
    /// The containers that wait for it, start at boot and are restarted.
    pub(crate) dependents: Vec<Id<Container>>,
    /// The same with `restart: "no"`, which run once.
    pub(crate) one_time_dependents: Vec<Id<Container>>,
    /// Whether one of them waits for its health.
    pub(crate) awaited_healthy: bool,
    /// The container whose network it shares.
    pub(crate) shares_network_of: Option<Id<Container>>,
    /// The mount points that it needs, described or emitted.
    pub(crate) mounts: Vec<Text>,
    /// The folders that are made for it.
    pub(crate) folders: Vec<Folder>,
    /// Whether it publishes on the host's address in the tailnet.
    pub(crate) on_tailnet: bool,
    /// Whether somebody is told when it fails.
    pub(crate) tells: Tells,
    /// The container as it was in the last build, perhaps under another name.
    pub(crate) previous: Option<Previous>,
}

impl Container {
    /// The secrets that it uses.
    fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let settings = &self.settings;
        // One that is mounted by itself may be any.
        let mounted = settings.secrets.0.iter().map(|used| {
            let format = used.variable.is_some().then_some(setting::Format::Raw);
            (&used.secret, format)
        });
        let login = settings.login.iter().map(|login| (&login.password, Some(setting::Format::Raw)));
        let files = settings.env_file.0.iter().filter_map(|file| match file {
            setting::EnvFile::Secret(name) => Some((name, Some(setting::Format::Env))),
            setting::EnvFile::Path(_) => None,
        });
        mounted.chain(login).chain(files).collect()
    }

    /// Its unit, without `.service`.
    pub(crate) fn unit(&self) -> String {
        self.name.unit()
    }

    /// The names that the container answers to on a network besides its full name, each once: its key on its
    /// service's own network, as in Compose, and the aliases that the file gives it.
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
    /// The container's unit, without `.service`.
    pub(crate) fn unit(&self) -> String {
        format!("podman-{self}")
    }
}

/// Whether somebody is told when something fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tells {
    /// Nobody is.
    No,
    /// Whoever the file names.
    Yes,
    /// The same, which the file asks for here.
    Asked(Span),
}

impl Tells {
    /// Whether somebody is told.
    pub(crate) fn is_on(self) -> bool {
        !matches!(self, Tells::No)
    }
}

/// A container that another one waits for.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The container.
    pub(crate) container: Id<Container>,
    /// Whether it has to be healthy, and not only started.
    pub(crate) healthy: bool,
    /// Where it is named.
    pub(crate) span: Span,
}

/// A container as it was in the last build.
#[derive(Clone, Debug)]
pub(crate) struct Previous {
    /// The name of its service.
    pub(crate) service: String,
    /// What the record has of it.
    pub(crate) container: record::Container,
}

/// A container on a network.
#[derive(Debug)]
pub(crate) struct Attached {
    /// The network.
    pub(crate) network: Id<Network>,
    /// Whether it is the network of the container's service, where the container also answers to its key.
    pub(crate) own: bool,
    /// How it is attached.
    pub(crate) attachment: setting::Attachment,
}

/// A port that a site needs.
#[derive(Debug)]
pub(crate) struct SitePort {
    /// The port on the host: the service's own, or a further one.
    pub(crate) host: HostPort,
    /// The port in the container.
    pub(crate) target: Text,
}

/// A port on the host behind a site.
#[derive(Clone, Debug)]
pub(crate) enum HostPort {
    /// The option `homeserver.NAME.port` of this service.
    Service(Id<Service>),
    /// A fixed one.
    Fixed(Text),
}
