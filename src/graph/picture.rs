//! The picture of a host. A function of the [`hir`](crate::hir).

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::{Edge, EdgeKind, Graph, Group, Node, NodeKind};
use crate::bind::is_system_source;
use crate::coverage::{Coverage, coverage};
use crate::form::Protocol;
use crate::hir::backup::{BackupSource, Repository};
use crate::hir::{Answer, Container, Host, HostPort, Id, Service, SitePath, Upstream, UpstreamAddress};
use crate::map::source;
use crate::path::{Folders, normalized};
use crate::setting::{NetworkMode, Volume, VolumeSource};

/// The most items that a label lists.
const MAX_LISTED: usize = 3;

/// The picture of a host.
pub fn picture(host: &Host) -> Graph {
    let mut picture = Picture::of(host);
    picture.services();
    picture.networks();
    picture.connections();
    picture.fronts();
    picture.ports();
    picture.disks();
    picture.backups();
    picture.clients();
    let Picture { graph, .. } = picture;
    graph
}

/// A picture that is drawn.
struct Picture<'a> {
    host: &'a Host,
    graph: Graph,
    /// The nodes of the containers.
    containers: HashMap<&'a Id<Container>, usize>,
    /// The first unit of a service without containers.
    units: HashMap<&'a Id<Service>, usize>,
    /// The groups of the services.
    services: HashMap<&'a Id<Service>, usize>,
    /// The nodes behind the ports of 127.0.0.1.
    by_port: HashMap<String, usize>,
    /// The nodes of the sites, by service.
    sites: HashMap<&'a Id<Service>, usize>,
    /// The nodes that are drawn at their first use, by their kind and label.
    shared: HashMap<(NodeKind, String), usize>,
    /// The disks, by mount point, each with its export.
    disks: Folders<(String, Option<String>)>,
}

/// The names of the nodes for the machines that reach the host.
const INTERNET: &str = "Internet";
const TAILNET: &str = "Tailnet";
const LOCAL: &str = "Local network";

impl<'a> Picture<'a> {
    fn of(host: &'a Host) -> Picture<'a> {
        let mounts = host.machine.mounts.entries.iter().map(|(at, mount)| {
            let export = mount.nfs.as_ref().map(|export| format!("NFS {}", export.text.value()));
            (normalized(&at.value()), export)
        });
        let mounts = mounts.filter(|(at, _)| at != "/");
        Picture {
            host,
            graph: Graph { groups: Vec::new(), nodes: Vec::new(), edges: Vec::new() },
            containers: HashMap::new(),
            units: HashMap::new(),
            services: HashMap::new(),
            by_port: HashMap::new(),
            sites: HashMap::new(),
            shared: HashMap::new(),
            disks: Folders::of(mounts.map(|(at, export)| (at.clone(), (at, export)))),
        }
    }

    fn node(&mut self, kind: NodeKind, label: String, detail: Option<String>, group: Option<usize>) -> usize {
        self.graph.nodes.push(Node { kind, label, detail, group });
        self.graph.nodes.len() - 1
    }

    /// The node of this kind and name outside of the groups. It is drawn at its first use.
    fn shared(&mut self, kind: NodeKind, label: &str, detail: Option<String>) -> usize {
        if let Some(node) = self.shared.get(&(kind, label.to_owned())) {
            return *node;
        }
        let node = self.node(kind, label.to_owned(), detail, None);
        self.shared.insert((kind, label.to_owned()), node);
        node
    }

    fn edge(&mut self, from: usize, to: usize, kind: EdgeKind, label: Option<String>) {
        if from != to {
            self.graph.edges.push(Edge { from, to, kind, label });
        }
    }

    /// The groups of the services, with their containers and units.
    fn services(&mut self) {
        for service in &self.host.services {
            let label = service.name.to_string();
            let description = service.description.as_ref().map(|description| description.value());
            let detail = match (description.filter(|text| *text != label), service.enable) {
                (description, true) => description,
                (Some(description), false) => Some(format!("{description}, disabled")),
                (None, false) => Some("disabled".to_owned()),
            };
            self.graph.groups.push(Group { label, detail });
            let group = self.graph.groups.len() - 1;
            self.services.insert(&service.name, group);
            for container in &service.containers {
                let image = container.settings.image.text.value();
                let image = image.rsplit('/').next().unwrap_or_default().to_owned();
                let mode = match container.network_mode {
                    Some(NetworkMode::Host(_)) => ", network of the host",
                    Some(NetworkMode::None) => ", no network",
                    Some(NetworkMode::Container(_)) | None => "",
                };
                let detail = Some(format!("{image}{mode}"));
                let node = self.node(NodeKind::Container, container.name.to_string(), detail, Some(group));
                self.containers.insert(&container.name, node);
            }
            for unit in service.native.names() {
                let node = self.node(NodeKind::Unit, format!("{unit}.service"), None, Some(group));
                self.units.entry(&service.name).or_insert(node);
            }
        }
        for service in &self.host.services {
            let own = service.port.as_ref().map(|port| port.text.value());
            for container in &service.containers {
                let Some(node) = self.containers.get(&container.name).copied() else { continue };
                for port in &container.site_ports {
                    let number = self.number(&port.host);
                    number.into_iter().for_each(|number| {
                        self.by_port.entry(number).or_insert(node);
                    });
                }
                for port in &container.settings.ports {
                    self.by_port.entry(port.published.text.value()).or_insert(node);
                }
            }
            if let (Some(number), Some(unit)) = (own, self.units.get(&service.name)) {
                self.by_port.entry(number).or_insert(*unit);
            }
        }
    }

    /// The number of a port on the host.
    fn number(&self, port: &HostPort) -> Option<String> {
        match port {
            HostPort::Service(id) => Some(self.host.service(id)?.port.as_ref()?.text.value()),
            HostPort::Fixed(number) => Some(number.value()),
        }
    }

    /// The networks, and the containers on them.
    fn networks(&mut self) {
        let mut nodes = HashMap::new();
        for network in &self.host.networks {
            let detail = network.is_external().then(|| "made elsewhere".to_owned());
            nodes.insert(&network.name, self.node(NodeKind::Network, network.name.to_string(), detail, None));
        }
        for service in &self.host.services {
            if let Some(network) = &service.network {
                let group = self.services.get(&service.name).copied();
                let node = self.node(NodeKind::Network, network.name.to_string(), None, group);
                nodes.entry(&network.name).or_insert(node);
            }
        }
        for container in self.host.containers() {
            let Some(node) = self.containers.get(&container.name).copied() else { continue };
            for attached in &container.networks {
                if let Some(network) = nodes.get(&attached.network) {
                    self.edge(node, *network, EdgeKind::Attached, None);
                }
            }
        }
    }

    /// The connections between containers, and to the servers of the host.
    fn connections(&mut self) {
        let postgres = self.host.postgres.as_ref().map(|postgres| {
            let databases = postgres.databases.entries.iter().map(|(name, _)| name.value());
            let detail = listed(databases);
            self.node(NodeKind::Server, format!("Postgres {}", postgres.version.text.value()), detail, None)
        });
        let valkey = self.host.valkey.as_ref().map(|valkey| {
            let detail = listed(valkey.users.entries.iter().map(|(name, _)| name.value()));
            self.node(NodeKind::Server, "Valkey".to_owned(), detail, None)
        });
        if let Some(postgres) = postgres {
            self.shared.insert((NodeKind::Server, "Postgres".to_owned()), postgres);
        }
        for container in self.host.containers() {
            let Some(node) = self.containers.get(&container.name).copied() else { continue };
            for other in container.depends_on.iter().map(|dependency| &dependency.container) {
                if let Some(other) = self.containers.get(other).copied().filter(|other| *other != node) {
                    self.edge(node, other, EdgeKind::Needs, None);
                }
            }
            if let Some(other) = &container.shares_network_of
                && let Some(other) = self.containers.get(other).copied()
            {
                self.edge(node, other, EdgeKind::Attached, Some("its network".to_owned()));
            }
            if let (Some(used), Some(postgres)) = (container.used_database(), postgres) {
                self.edge(node, postgres, EdgeKind::Connects, Some(used.value()));
            }
            if let (Some(user), Some(valkey)) = (&container.uses.valkey, valkey) {
                self.edge(node, valkey, EdgeKind::Connects, Some(user.value()));
            }
        }
    }

    /// The fronts with their sites.
    fn fronts(&mut self) {
        let host = self.host;
        let haproxy = host.haproxy.as_ref().map(|_| self.shared(NodeKind::Front, "HAProxy", None));
        if let Some(front) = &host.front {
            let caddy = self.shared(NodeKind::Front, "Caddy", None);
            let before = front.behind().and(haproxy).unwrap_or(caddy);
            let mut from: Vec<&str> =
                front.addresses(host).iter().filter_map(|address| self.side(address.value.0)).collect();
            if front.addresses(host).is_empty() {
                from.push(LOCAL);
            }
            from.dedup();
            for side in from {
                let side = self.shared(NodeKind::Clients, side, None);
                self.edge(side, before, EdgeKind::Connects, Some("ports 80, 443".to_owned()));
            }
            if before != caddy {
                self.edge(before, caddy, EdgeKind::Connects, Some("ports 80, 443".to_owned()));
            }
            if host.cloudflared.is_some() {
                let internet = self.shared(NodeKind::Clients, INTERNET, None);
                let tunnel =
                    self.shared(NodeKind::Front, "cloudflared", Some("tunnel of Cloudflare".to_owned()));
                self.edge(internet, tunnel, EdgeKind::Connects, None);
                self.edge(tunnel, caddy, EdgeKind::Connects, None);
            }
            for site in &front.sites {
                let detail = [
                    site.auth.as_ref().map(|auth| format!("login: {}", auth.provider)),
                    site.allow_from.as_ref().map(|_| "some clients only".to_owned()),
                    site.tunnel.value.then(|| "in the tunnel".to_owned()),
                ];
                let names = listed(site.names().map(|name| name.value())).unwrap_or_default();
                let label = match site.plain_port() {
                    Some(port) => format!("http://{names}:{port}"),
                    None => names,
                };
                let node = self.site(label, detail.into_iter().flatten().collect(), site.service.as_ref());
                self.edge(caddy, node, EdgeKind::Connects, None);
                match &site.answer {
                    Answer::Proxy(upstream) => self.forward(node, upstream, None),
                    Answer::Redirect(to) => {
                        let to = self.shared(NodeKind::Machine, &to.value(), Some("redirect".to_owned()));
                        self.edge(node, to, EdgeKind::Connects, None);
                    }
                    Answer::Lines => {}
                }
                self.paths(node, &site.paths);
                let provider = site.auth.as_ref().and_then(|auth| host.auth.get(&auth.provider));
                if let Some(provider) = provider {
                    self.forward(node, &provider.upstream, Some("login".to_owned()));
                }
            }
        }
        if let (Some(settings), Some(haproxy)) = (&host.haproxy, haproxy) {
            let mut sides = Vec::new();
            for site in &settings.sites {
                let side = match site.listen.value.address {
                    None => Some(LOCAL),
                    Some(address) => self.side(address),
                };
                sides.extend(side.filter(|side| !sides.contains(side)));
                let names = listed(site.names.iter().map(|name| name.value()));
                let label = format!("http://{}:{}", names.as_deref().unwrap_or("*"), site.listen.value.port);
                let detail = site.allow_from.as_ref().map(|_| "some clients only".to_owned());
                let node = self.site(label, detail.into_iter().collect(), site.service.as_ref());
                self.edge(haproxy, node, EdgeKind::Connects, None);
                self.forward(node, &site.upstream, None);
                self.paths(node, &site.paths);
            }
            for side in sides {
                let side = self.shared(NodeKind::Clients, side, None);
                self.edge(side, haproxy, EdgeKind::Connects, None);
            }
        }
        for container in host.containers().filter(|container| !container.reaches.is_empty()) {
            let Some(node) = self.containers.get(&container.name).copied() else { continue };
            for front in ["Caddy", "HAProxy"] {
                let names = container.reaches.iter().flat_map(|reach| &reach.sites).filter(|reached| {
                    host.served(reached.site).is_some_and(|served| served.program == front)
                });
                if let Some(names) = listed(names.map(|reached| reached.name.value())) {
                    let front = self.shared(NodeKind::Front, front, None);
                    self.edge(node, front, EdgeKind::Connects, Some(names));
                }
            }
        }
    }

    /// The node of a site, in the group of its service.
    fn site(&mut self, label: String, detail: Vec<String>, service: Option<&'a Id<Service>>) -> usize {
        let group = service.and_then(|service| self.services.get(service).copied());
        let detail = (!detail.is_empty()).then(|| detail.join(", "));
        let node = self.node(NodeKind::Site, label, detail, group);
        if let Some(service) = service {
            self.sites.entry(service).or_insert(node);
        }
        node
    }

    /// The edge from a site to its target.
    fn forward(&mut self, site: usize, upstream: &Upstream, label: Option<String>) {
        let (target, port) = match &upstream.address {
            UpstreamAddress::Port(port) => {
                let Some(number) = self.number(port) else { return };
                let node = self.by_port.get(&number).copied();
                let node = node.unwrap_or_else(|| {
                    self.shared(
                        NodeKind::Machine,
                        &format!("127.0.0.1:{number}"),
                        Some("this host".to_owned()),
                    )
                });
                (node, format!("port {number}"))
            }
            UpstreamAddress::Other(host, port) => {
                let (host, port) = (host.value(), port.value());
                (self.shared(NodeKind::Machine, &format!("{host}:{port}"), None), String::new())
            }
        };
        let label = match label {
            Some(label) => Some(label),
            None => (!port.is_empty()).then_some(port),
        };
        self.edge(site, target, EdgeKind::Connects, label);
    }

    fn paths(&mut self, site: usize, paths: &[SitePath]) {
        for path in paths {
            self.forward(site, &path.upstream, Some(path.path.text.value()));
        }
    }

    /// The machines that reach an address of the host. `None` for the host itself.
    fn side(&self, address: IpAddr) -> Option<&'static str> {
        let tailnet = self.host.tailscale.as_ref().map(|tailscale| tailscale.address.value.0);
        match address {
            address if address.is_loopback() => None,
            address if tailnet == Some(address) => Some(TAILNET),
            _ => Some(LOCAL),
        }
    }

    /// The published ports that other machines reach.
    fn ports(&mut self) {
        for container in self.host.containers() {
            let Some(node) = self.containers.get(&container.name).copied() else { continue };
            for port in &container.settings.ports {
                let Some(side) = self.side(port.address.value.0) else { continue };
                let protocol = match port.protocol.value {
                    Protocol::Tcp => String::new(),
                    other => format!("/{}", other.name()),
                };
                let label =
                    format!("{}:{}{protocol}", port.address.text.value(), port.published.text.value());
                let detail = port.from.as_ref().map(|_| "some clients only".to_owned());
                let group = self.graph.nodes[node].group;
                let published = self.node(NodeKind::Port, label, detail, group);
                let side = self.shared(NodeKind::Clients, side, None);
                self.edge(side, published, EdgeKind::Connects, None);
                let target = format!("port {}", port.target.text.value());
                self.edge(published, node, EdgeKind::Connects, Some(target));
            }
        }
    }

    /// The disk of a path on the host.
    fn disk(&mut self, path: &str) -> usize {
        match self.disks.innermost(path).cloned() {
            None => self.shared(NodeKind::Disk, "/", Some("system disk".to_owned())),
            Some((point, export)) => self.shared(NodeKind::Disk, &point, export),
        }
    }

    /// The disks that containers use.
    fn disks(&mut self) {
        for container in self.host.containers() {
            let Some(node) = self.containers.get(&container.name).copied() else { continue };
            // The edges are in the order of the disks, so that a picture is always the same.
            let mut used: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            for volume in &container.volumes {
                if let Some((path, label)) = stored(volume) {
                    used.entry(self.disk(&path)).or_default().push(label);
                }
            }
            for (disk, paths) in used {
                let label = listed(paths.into_iter());
                self.edge(node, disk, EdgeKind::Stores, label);
            }
        }
    }

    /// The backups, with what they save and where.
    fn backups(&mut self) {
        let mut saved: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for path in coverage(self.host) {
            let mut add = |by: String, what: &str| {
                saved.entry(by).or_default().push((path.container.clone(), what.to_owned()));
            };
            match &path.coverage {
                Coverage::BackedUp { by } => by.iter().for_each(|by| add(by.clone(), &path.source)),
                Coverage::InPart { saved } | Coverage::Disposable { saved, .. } => {
                    saved.iter().for_each(|saved| add(saved.by.clone(), &saved.path));
                }
                Coverage::Cache | Coverage::HoldsBackups | Coverage::NotBackedUp => {}
            }
        }
        for service in &self.host.services {
            let group = self.services.get(&service.name).copied();
            for job in &service.jobs {
                let Some(backup) = job.backup() else { continue };
                let source = match &backup.source {
                    BackupSource::Database(database) => format!("database {}", database.database.value()),
                    BackupSource::HostDatabase(database) => format!("database {}", database.database.value()),
                    BackupSource::Sqlite(path) | BackupSource::Folder(path) => path.value(),
                };
                let node = self.node(NodeKind::Backup, job.unit.clone(), Some(source), group);
                let mut sources: BTreeMap<usize, Vec<String>> = BTreeMap::new();
                for (container, what) in saved.remove(&job.unit).into_iter().flatten() {
                    if let Some(container) = self.containers.get(&Id::new(container)).copied() {
                        sources.entry(container).or_default().push(what);
                    }
                }
                let is_of_host = matches!(backup.source, BackupSource::HostDatabase(_));
                let postgres = self.shared.get(&(NodeKind::Server, "Postgres".to_owned())).copied();
                if let (true, Some(postgres)) = (is_of_host, postgres) {
                    sources.insert(postgres, Vec::new());
                }
                if let (true, Some(unit)) = (sources.is_empty(), self.units.get(&service.name)) {
                    sources.insert(*unit, Vec::new());
                }
                for (from, _) in sources {
                    self.edge(from, node, EdgeKind::Saves, None);
                }
                if let Some(to) = backup.to() {
                    let disk = self.disk(&normalized(&to.value()));
                    self.edge(node, disk, EdgeKind::Saves, Some(to.value()));
                }
                let Some(offsite) = &backup.offsite else { continue };
                let label = match &offsite.repository {
                    Repository::Plain(repository) => repository.value(),
                    Repository::Secret(secret) => format!("address in secret {}", secret.text.value()),
                };
                match label.starts_with('/') {
                    true => {
                        let disk = self.disk(&normalized(&label));
                        self.edge(node, disk, EdgeKind::Saves, Some(label));
                    }
                    false => {
                        let repository = self.shared(
                            NodeKind::Repository,
                            &without_password(&label),
                            Some("restic".to_owned()),
                        );
                        self.edge(node, repository, EdgeKind::Saves, None);
                    }
                }
            }
        }
    }

    /// The machines that use services.
    fn clients(&mut self) {
        for client in &self.host.clients {
            let node = self.node(NodeKind::Clients, client.name.clone(), Some("uploads".to_owned()), None);
            let site = client.upload.service.as_ref().and_then(|service| self.sites.get(service).copied());
            if let Some(site) = site {
                self.edge(node, site, EdgeKind::Connects, Some(client.upload.folder.text.value()));
            }
        }
    }
}

/// The path of a volume on a disk, with its name. `None` if it holds no data of the container.
fn stored(volume: &Volume) -> Option<(String, String)> {
    let path = normalized(&source(volume)?);
    let is_read_only = volume.options.iter().any(|option| option.value() == "ro");
    let name = match &volume.source {
        VolumeSource::Named(name) => format!("volume {}", name.value()),
        VolumeSource::Bind(_) | VolumeSource::Tmpfs => path.clone(),
    };
    let name = if is_read_only { format!("{name} (read-only)") } else { name };
    (!is_system_source(&path) && !path.ends_with(".sock")).then_some((path, name))
}

/// The first items of a list, and the number of the others. `None` for an empty list.
fn listed(items: impl Iterator<Item = String>) -> Option<String> {
    let mut items: Vec<String> = items.collect();
    let more = items.len().saturating_sub(MAX_LISTED);
    items.truncate(MAX_LISTED);
    if more > 0 {
        items.push(format!("{more} more"));
    }
    (!items.is_empty()).then(|| items.join(", "))
}

/// The address of a repository without the password in it.
fn without_password(repository: &str) -> String {
    let Some((scheme, rest)) = repository.split_once("://") else { return repository.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, machine)) => format!("{scheme}://…@{machine}{path}"),
        None => repository.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn the_address_of_a_repository_has_no_password() {
        for (repository, shown) in [
            ("rest:https://me:a@b@nas.lan:8000/box", "rest:https://…@nas.lan:8000/box"),
            ("s3:https://s3.example.org/box", "s3:https://s3.example.org/box"),
            ("sftp:me@nas:/restic", "sftp:me@nas:/restic"),
            ("https://me@", "https://…@"),
        ] {
            assert_eq!(without_password(repository), shown);
        }
    }
}
