//! Services and their containers: full names, networks, dependencies.

use std::collections::{HashMap, HashSet};

use super::notify;
use super::{name, network};
use crate::ast::{self, Condition, DependsOn};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Attached, Container, Dependency, Id, Native, Network, Reach, Service};
use crate::podman::arguments::arguments;
use crate::setting::{self, GracePeriod, NetworkMode, Restart, Settings, Volume, VolumeSource};
use crate::source::Span;
use crate::tree::{Node, Text};

/// The sites of one service, by its index.
pub(super) struct ServiceSites {
    pub service: usize,
    pub sites: Vec<ast::Site>,
}

type Declared = (Text, ast::Service, Vec<(String, Node)>);

/// A container by the indexes of its service and of itself.
type At = (usize, usize);

/// One container waits for another, with the reason and the span.
type Edge = (At, At, Why, Span);

/// The reason for which a container waits for another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// `depends_on`, until the other container starts.
    Started,
    /// `depends_on`, until the other container is healthy.
    Healthy,
    /// `depends_on`, until the other container has ended with success.
    Completed,
    /// `network_mode`: the containers share a network.
    Network,
    /// The containers share another namespace.
    Namespace,
}

/// The seconds that a container gets to stop if others wait for its health. Such a container is usually a database, and
/// Podman's ten seconds are too short for its last checkpoint.
const AWAITED_STOP: u64 = 90;

/// Links all services. Returns their sites separately, for the front.
pub(super) fn link(
    declared: Vec<Declared>,
    shared: &[Network],
    tailscale: Option<&setting::Tailscale>,
    diagnostics: &mut Diagnostics,
) -> (Vec<Service>, Vec<ServiceSites>) {
    let shared = Shared::of(shared);
    let mut services = Vec::with_capacity(declared.len());
    let mut sites = Vec::new();
    let mut depends_on = HashMap::new();
    for (name, mut service, parameters) in declared {
        let service_name = name.value();
        let all_sites: Vec<ast::Site> =
            service.site.take().into_iter().chain(std::mem::take(&mut service.sites)).collect();
        if !all_sites.is_empty() {
            sites.push(ServiceSites { service: services.len(), sites: all_sites });
        }
        let own = network::own_name(&service_name);
        let of_service: Vec<(String, Span)> = service.networks.iter().map(|n| (n.value(), n.span)).collect();
        // The networks of the service are checked even if every container has its own.
        of_service.iter().for_each(|(network, span)| {
            shared.find(network, &own, *span, diagnostics);
        });
        let volume_names: HashMap<String, &Text> = service
            .volumes
            .entries
            .iter()
            .filter(|(_, volume)| volume.name.text.span != Span::PLACEHOLDER)
            .map(|(key, volume)| (key.value(), &volume.name.text))
            .collect();
        let is_cut = service.containers.is_cut;
        let mut containers = Vec::with_capacity(service.containers.entries.len());
        for (short, mut declared) in service.containers.entries {
            declared.notify = declared.notify.or(service.notify);
            name_volumes(&mut declared.volumes, &service_name, &volume_names);
            depends_on.insert((services.len(), containers.len()), std::mem::take(&mut declared.depends_on));
            containers.push(container(
                &service_name,
                short,
                declared,
                &of_service,
                &shared,
                tailscale,
                diagnostics,
            ));
        }
        let uses_own = containers.iter().any(|c| c.networks.iter().any(|a| a.own));
        services.push(Service {
            option: Service::option_name(&service_name),
            span: name.span,
            unreadable: service.unreadable,
            is_cut,
            has_broken_site: false,
            has_broken_backup: false,
            description: service.description,
            enable: service.enable.value,
            enable_span: service.enable.text.span,
            port: service.port,
            network: uses_own.then(|| network::own(&service_name, name.span)),
            volumes: service.volumes,
            containers,
            limits: service.limits,
            parameters,
            jobs: Vec::new(),
            notify: service.notify,
            nixos: service.nixos.map(|n| n.0),
            native: Native {
                unit_names: service.units.iter().map(|unit| unit.text.value()).collect(),
                units: service.units,
                secrets: service.secrets,
                declared_mounts: service.mounts,
                mounts: Vec::new(),
                notification: notify::resolve(service.notify),
            },
            previous: None,
            name: Id::new(service_name),
        });
    }
    depend(&mut services, &depends_on, diagnostics);
    (services, sites)
}

/// The networks that services share.
struct Shared<'a> {
    all: &'a [Network],
    names: HashSet<Id<Network>>,
}

impl<'a> Shared<'a> {
    fn of(all: &'a [Network]) -> Shared<'a> {
        Shared { all, names: all.iter().map(|network| network.name.clone()).collect() }
    }

    /// Resolves the network name `written` for a service whose own network is `own`. Returns whether it is the own network.
    /// Reports an unknown name.
    fn find(
        &self,
        written: &str,
        own: &Id<Network>,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Id<Network>, bool)> {
        if written == "default" {
            return Some((own.clone(), true));
        }
        // A shared network may have the same name as the service's own network. The shared one takes precedence.
        if let Some(shared) = self.names.get(written) {
            return Some((shared.clone(), false));
        }
        if written == own.as_str() {
            return Some((own.clone(), true));
        }
        let names = self.all.iter().map(|n| n.name.as_str()).chain(["default"]);
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownNetwork,
                format!("there is no network `{written}`"),
                span,
                "not declared under `networks`",
            )
            .help(diagnostics.suggestion(written, names))
            .once(),
        );
        None
    }
}

/// Gives each named volume its name in Podman. A volume without a name of its own belongs to the service, as to a project in
/// Compose, and gets the same name as there.
fn name_volumes(volumes: &mut [Volume], service: &str, names: &HashMap<String, &Text>) {
    for volume in volumes {
        if let VolumeSource::Named(name) = &mut volume.source {
            *name = match names.get(&name.value()) {
                Some(own) => Text { span: name.span, ..(*own).clone() },
                None => Text::join(&[Text::literal(service, name.span), name.clone()], "_", name.span),
            };
        }
    }
}

fn container(
    service: &str,
    short: Text,
    declared: ast::Container,
    of_service: &[(String, Span)],
    shared: &Shared,
    tailscale: Option<&setting::Tailscale>,
    diagnostics: &mut Diagnostics,
) -> Container {
    let full = match short.value() {
        short if short == service => short,
        short => format!("{service}-{short}"),
    };
    name::check_container(&short, &full, diagnostics);
    let ast::Container {
        settings,
        volumes,
        networks: attachments,
        network_mode,
        notify,
        uses,
        reaches,
        unreadable,
        ..
    } = declared;
    let own = network::own_name(service);
    if let (Some(_), Some((network, _))) = (&network_mode, attachments.0.first()) {
        diagnostics.push(
            Diagnostic::new(
                Code::NetworkWithHost,
                "a container with `network_mode` cannot have `networks`",
                network.span,
                "would not be attached",
            )
            .help("remove `networks` or `network_mode`"),
        );
    }
    let plain = |at: Span| setting::Attachment::empty(at);
    let mut networks = Vec::new();
    let mut attach = |written: &str, attachment, span| {
        let found = shared.find(written, &own, span, diagnostics);
        networks.extend(found.map(|(network, own)| Attached { network, own, attachment }));
    };
    if network_mode.is_none() {
        if !attachments.0.is_empty() {
            for (network, attachment) in attachments.0 {
                attach(&network.value(), attachment, network.span);
            }
        } else if !of_service.is_empty() {
            for (network, span) in of_service {
                attach(network, plain(*span), *span);
            }
        } else {
            attach("default", plain(short.span), short.span);
        }
    }
    let tailnet = tailscale.map(|t| t.address.value.0);
    let notification = notify::resolve(notify);
    let on_tailnet = settings.ports.iter().any(|port| Some(port.address.value.0) == tailnet);
    Container {
        name: Id::new(full),
        short: short.value(),
        span: short.span,
        unreadable,
        settings,
        volumes,
        network_mode,
        networks,
        site_ports: Vec::new(),
        depends_on: Vec::new(),
        dependencies: Vec::new(),
        dependents: Vec::new(),
        one_time_dependents: Vec::new(),
        awaited_healthy: false,
        awaited_completed: false,
        shares_network_of: None,
        mounts: Vec::new(),
        folders: Vec::new(),
        missing_files: Vec::new(),
        digest: None,
        on_tailnet,
        notification,
        uses,
        reaches: reaches.into_iter().map(|written| Reach { written, sites: Vec::new() }).collect(),
        previous: None,
    }
}

/// Resolves `depends_on`, `network_mode: container:…` and shared namespaces.
fn depend(services: &mut [Service], depends_on: &HashMap<At, DependsOn>, diagnostics: &mut Diagnostics) {
    let mut at: HashMap<&str, At> = HashMap::new();
    let mut beside: HashMap<(usize, &str), At> = HashMap::new();
    for (s, service) in services.iter().enumerate() {
        for (c, container) in service.containers.iter().enumerate() {
            at.insert(container.name.as_str(), (s, c));
            beside.entry((s, &container.short)).or_insert((s, c));
        }
    }
    let mut edges: Vec<Edge> = Vec::new();
    for (s, service) in services.iter().enumerate() {
        for (c, container) in service.containers.iter().enumerate() {
            let why = |condition: &Condition| match condition {
                Condition::Healthy | Condition::ServiceHealthy => Why::Healthy,
                Condition::Completed | Condition::ServiceCompletedSuccessfully => Why::Completed,
                Condition::Started | Condition::ServiceStarted => Why::Started,
            };
            let written = depends_on.get(&(s, c)).into_iter().flat_map(|names| &names.0);
            let mut wanted: Vec<(&Text, Why)> =
                written.map(|(name, condition)| (name, why(condition))).collect();
            if let Some(NetworkMode::Container(name)) = &container.network_mode {
                wanted.push((name, Why::Network));
            }
            // A rule reports names without a container on the host.
            let shared = namespaces(&container.settings);
            let known = shared.iter().filter(|name| at.contains_key(&*name.value()));
            wanted.extend(known.map(|name| (name, Why::Namespace)));
            for (name, why) in wanted {
                let value = name.value();
                let target = beside.get(&(s, value.as_str())).or_else(|| at.get(value.as_str()));
                match target.copied() {
                    Some(target) => edges.push(((s, c), target, why, name.span)),
                    None if services.iter().any(|other| other.may_have_container(&value)) => {}
                    None => diagnostics.push(
                        Diagnostic::new(
                            Code::UnknownDependency,
                            format!("there is no container `{value}`"),
                            name.span,
                            "not declared",
                        )
                        .help(suggest_container(
                            &value,
                            service,
                            container,
                            services,
                            diagnostics,
                        )),
                    ),
                }
            }
        }
    }
    let mut dependents: HashSet<(At, At)> = HashSet::new();
    let mut dependencies: HashSet<(At, At)> = HashSet::new();
    for &(from, to, why, span) in &edges {
        let name = services[from.0].containers[from.1].name.clone();
        let starts = services[from.0].containers[from.1].settings.auto_start.value;
        let is_one_time = services[from.0].containers[from.1].settings.restart == Restart::No;
        if services[from.0].enable && !services[to.0].enable {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownDependency,
                    format!("the service `{}` is disabled", services[to.0].name),
                    span,
                    "depends on a container of that service",
                )
                .and(services[to.0].enable_span, "disabled here")
                .help("enable both services, or disable both"),
            );
        }
        let target = &mut services[to.0].containers[to.1];
        let target_name = target.name.clone();
        if starts && dependents.insert((from, to)) {
            let dependents =
                if is_one_time { &mut target.one_time_dependents } else { &mut target.dependents };
            dependents.push(name);
        }
        target.awaited_completed |= why == Why::Completed;
        if why == Why::Healthy {
            target.awaited_healthy = true;
            let grace = &mut target.settings.stop_grace_period;
            if grace.text.is_default {
                *grace = GracePeriod {
                    seconds: AWAITED_STOP,
                    text: Text::literal(format!("{AWAITED_STOP}s"), grace.text.span),
                };
            }
        }
        let source = &mut services[from.0].containers[from.1];
        if dependencies.insert((from, to)) {
            source.dependencies.push(target_name.clone());
        }
        match why {
            Why::Started | Why::Healthy | Why::Completed => {
                let (healthy, completed) = (why == Why::Healthy, why == Why::Completed);
                source.depends_on.push(Dependency { container: target_name, healthy, completed, span });
            }
            Why::Network => source.shares_network_of = Some(target_name),
            Why::Namespace => {}
        }
    }
    report_cycles(services, &edges, diagnostics);
}

/// The containers whose namespaces a container shares, by their names on the host, which are passed to Podman unchanged.
fn namespaces(settings: &Settings) -> Vec<Text> {
    let written = [
        settings.ipc.as_ref().map(|mode| mode.text.clone()),
        settings.pid.as_ref().map(|mode| mode.text.clone()),
        settings.userns_mode.as_ref().map(|mode| mode.text.clone()),
    ];
    let is_namespace = |name: &str| matches!(name, "cgroupns" | "ipc" | "pid" | "userns" | "uts");
    let arguments = arguments(&settings.podman_args).into_iter().filter(|a| is_namespace(&a.name));
    let modes = written.into_iter().flatten().chain(arguments.filter_map(|argument| argument.value));
    modes
        .filter(|mode| mode.value().starts_with(CONTAINER))
        .map(|mode| mode.split_at(CONTAINER.len()).1)
        .collect()
}

/// The prefix of a namespace mode before the name of a container.
const CONTAINER: &str = "container:";

/// Suggests a container for an unknown name: of the same service by its short name, or of another by its full name.
fn suggest_container(
    name: &str,
    service: &Service,
    own: &Container,
    services: &[Service],
    diagnostics: &Diagnostics,
) -> String {
    if diagnostics.is_full() {
        return String::new();
    }
    let beside = || service.containers.iter().map(|c| c.short.as_str()).filter(|n| *n != own.short);
    let of_others = || services.iter().filter(|s| s.name != service.name).flat_map(|s| &s.containers);
    let others = || of_others().map(|c| c.name.as_str());
    let ending = format!("-{name}");
    match diagnostics
        .closest(name, beside())
        .or_else(|| others().find(|n| n.ends_with(&ending)))
        .or_else(|| diagnostics.closest(name, others()))
    {
        Some(suggested) => format!("did you mean `{suggested}`?"),
        None if beside().next().is_some() => diagnostics.suggestion(name, beside()),
        None => {
            "write a container of this service, or of another by its full name, SERVICE-CONTAINER".to_owned()
        }
    }
}

/// Reports containers that wait for each other: none of them would start.
fn report_cycles(services: &[Service], edges: &[Edge], diagnostics: &mut Diagnostics) {
    let mut next: HashMap<At, Vec<(At, Span)>> = HashMap::new();
    for (from, to, _, span) in edges {
        next.entry(*from).or_default().push((*to, *span));
    }
    // A depth-first search without recursion.
    let mut state: HashMap<At, State> = HashMap::new();
    for (start, _, _, _) in edges {
        if state.contains_key(start) {
            continue;
        }
        let mut path: Vec<Step> = vec![Step { at: *start, edge: 0, reported: 0 }];
        state.insert(*start, State::Open(0));
        while let Some(Step { at, edge, reported }) = path.last_mut() {
            let Some((to, span)) = next.get(at).and_then(|n| n.get(*edge)).copied() else {
                state.insert(*at, State::Done);
                path.pop();
                continue;
            };
            *edge += 1;
            match state.get(&to) {
                None => {
                    let step = Step { at: to, edge: 0, reported: *reported };
                    state.insert(to, State::Open(path.len()));
                    path.push(step);
                }
                Some(&State::Open(begin)) => {
                    // Reports one cycle of each connected group: breaking one may break the others.
                    let before = begin.checked_sub(1).map_or(0, |before| path[before].reported);
                    if path.last().is_some_and(|last| last.reported > before) {
                        continue;
                    }
                    path[begin..].iter_mut().zip(1..).for_each(|(step, more)| step.reported = before + more);
                    let cycle: Vec<At> = path[begin..].iter().map(|step| step.at).collect();
                    let name = |at: At| services[at.0].containers[at.1].name.as_str();
                    let mut names: Vec<&str> = cycle.iter().take(MAX_SHOWN).map(|at| name(*at)).collect();
                    names.extend((cycle.len() > MAX_SHOWN).then_some("…"));
                    names.push(name(to));
                    let mut diagnostic = Diagnostic::new(
                        Code::DependencyCycle,
                        format!("containers wait for each other: {}", names.join(" → ")),
                        span,
                        format!("waits for `{}`", name(to)),
                    );
                    for pair in cycle.windows(2).take(MAX_SHOWN) {
                        let edge = next[&pair[0]].iter().find(|(t, _)| *t == pair[1]);
                        if let Some((t, span)) = edge {
                            diagnostic = diagnostic.and(*span, format!("waits for `{}`", name(*t)));
                        }
                    }
                    diagnostics.push(diagnostic.help("remove one of these dependencies"));
                }
                Some(State::Done) => {}
            }
        }
    }
}

/// The most containers of a cycle that a diagnostic shows.
const MAX_SHOWN: usize = 8;

/// A container on the current path of the search for cycles.
struct Step {
    at: At,
    /// The edge to follow next.
    edge: usize,
    /// The number of containers up to this one that are in a reported cycle.
    reported: usize,
}

/// The state of a container in the search for cycles.
#[derive(Clone, Copy)]
enum State {
    /// The container is on the current path, at this index.
    Open(usize),
    /// All dependencies of the container were searched.
    Done,
}
