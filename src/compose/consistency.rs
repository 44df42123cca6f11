//! Checks of a whole project (compose-go, loader/validate.go): names of other parts, dependencies, and keys that exclude each
//! other.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::project::{Node, Origin, Origins, Project, Service};
use crate::source::Span;

/// Checks a project.
pub(super) fn check(project: &Project, origins: &Origins, diagnostics: &mut Diagnostics) {
    let services: HashMap<&str, &Service> =
        project.services.iter().map(|service| (service.name.as_str(), service)).collect();
    let mut check = Check { project, services, origins, diagnostics };
    for service in project.services.iter().filter(|service| service.is_active) {
        check.names(service);
        check.dependencies(service);
        check.namespaces(service);
        check.mounts(service);
        check.replicas(service);
        check.limits(service);
    }
    check.cycles();
    check.secrets();
}

struct Check<'a> {
    project: &'a Project,
    services: HashMap<&'a str, &'a Service>,
    origins: &'a Origins,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Check<'a> {
    /// Reports networks, volumes, secrets and configs that are not declared.
    fn names(&mut self, service: &Service) {
        if let Some(networks) = service.keys.get("networks") {
            for (name, node) in networks.entries() {
                self.declared("network", "networks", name, node.origin, &self.project.networks);
            }
        }
        let volumes = service.keys.get("volumes").map(Node::items).unwrap_or_default();
        for volume in volumes.iter().filter(|volume| text(volume, "type").as_deref() == Some("volume")) {
            self.source("volume", "volumes", volume, &self.project.volumes);
        }
        for (kind, section, all) in
            [("secret", "secrets", &self.project.secrets), ("config", "configs", &self.project.configs)]
        {
            let used = service.keys.get(section).map(Node::items).unwrap_or_default();
            used.iter().for_each(|item| self.source(kind, section, item, all));
        }
        let build = service.keys.get("build").and_then(|build| build.get("secrets"));
        for secret in build.map(Node::items).unwrap_or_default() {
            self.source("secret", "secrets", secret, &self.project.secrets);
        }
    }

    /// Reports the `source` of an entry that is not declared.
    fn source(&mut self, kind: &str, section: &str, entry: &Node, all: &IndexMap<String, Node>) {
        let Some(source) = entry.get("source") else { return };
        if let Some(name) = source.text().filter(|name| !name.is_empty()) {
            self.declared(kind, section, &name, source.origin, all);
        }
    }

    fn declared(
        &mut self,
        kind: &str,
        section: &str,
        name: &str,
        origin: Origin,
        all: &IndexMap<String, Node>,
    ) {
        if all.contains_key(name) {
            return;
        }
        let at = self.place(origin);
        let help = match self.diagnostics.closest(name, all.keys().map(String::as_str)) {
            Some(close) => {
                format!("did you mean `{close}`? Or add `{name}:` under the top-level `{section}`")
            }
            None => format!("add `{name}:` under the top-level `{section}`"),
        };
        let title = format!("the {kind} `{name}` is not declared");
        self.diagnostics
            .push(Diagnostic::new(Code::UndeclaredResource, title, at, "used here").once().help(help));
    }

    /// The value of a node, or its key if there is none.
    fn place(&self, origin: Origin) -> Span {
        let place = self.origins.place(origin);
        match &place.step {
            crate::project::Step::Key(_) if !place.is_leaf || place.value.start == place.value.end => {
                place.at
            }
            _ => place.value,
        }
    }

    /// Reports dependencies that do not exist or are off.
    fn dependencies(&mut self, service: &Service) {
        let Some(depends_on) = service.keys.get("depends_on") else { return };
        for (name, entry) in depends_on.entries() {
            let is_required = text(entry, "required").as_deref() != Some("false");
            let known = self.services.get(name.as_str()).copied();
            let at = self.place(entry.origin);
            match known {
                Some(other) if other.is_active || !is_required => {}
                Some(other) => {
                    let profiles = other.keys.get("profiles").map_or(other.origin, |node| node.origin);
                    let profiles = self.origins.place(profiles).at;
                    let title =
                        format!("`{}` depends on `{name}`, whose profile is not active", service.name);
                    self.diagnostics.push(
                        Diagnostic::new(Code::ComposeDependency, title, at, "needs the service")
                            .and(profiles, "only with one of these profiles")
                            .help("choose the profile with `--profile`, or write `required: false`"),
                    );
                }
                None => {
                    let names = self.services.keys().copied().filter(|other| *other != service.name);
                    let mut names: Vec<&str> = names.collect();
                    names.sort_unstable();
                    let help = self.diagnostics.suggestion(name, names);
                    let help =
                        if help.is_empty() { format!("declare `{name}` under `services`") } else { help };
                    let title = format!("the service `{name}` is not declared");
                    self.diagnostics.push(
                        Diagnostic::new(Code::ComposeDependency, title, at, "needed here").once().help(help),
                    );
                }
            }
        }
    }

    /// Reports networks beside a network mode.
    fn namespaces(&mut self, service: &Service) {
        let (Some(mode), Some(networks)) = (service.keys.get("network_mode"), service.keys.get("networks"))
        else {
            return;
        };
        if networks.entries().next().is_none() || mode.text().is_none_or(|mode| mode.is_empty()) {
            return;
        }
        self.diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("`{}` has `networks` and `network_mode`", service.name),
                self.origins.place(networks.origin).at,
                "has no effect with a network mode",
            )
            .and(self.origins.place(mode.origin).at, "network mode here")
            .help("remove one of the two"),
        );
    }

    /// Reports two mounts with one target.
    fn mounts(&mut self, service: &Service) {
        let mut known: HashMap<String, Origin> = HashMap::new();
        let tmpfs =
            service.keys.get("tmpfs").map(Node::items).unwrap_or_default().iter().filter_map(|node| {
                let text = node.text()?;
                Some((text.split(':').next().unwrap_or_default().to_owned(), node.origin))
            });
        let volumes = service.keys.get("volumes").map(Node::items).unwrap_or_default();
        let volumes = volumes.iter().filter_map(|node| Some((text(node, "target")?, node.origin)));
        for (target, origin) in tmpfs.chain(volumes) {
            let Some(first) = known.insert(target.clone(), origin) else { continue };
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TargetTwice,
                    format!("`{}` mounts `{target}` twice", service.name),
                    self.origins.place(origin).value,
                    "mounted again here",
                )
                .and(self.origins.place(first).value, "first mounted here")
                .help("remove one of the two"),
            );
        }
    }

    /// Reports numbers of containers that contradict each other or a name.
    fn replicas(&mut self, service: &Service) {
        let scale = service.keys.get("scale");
        let replicas = service.keys.get("deploy").and_then(|deploy| deploy.get("replicas"));
        self.equal(service, "scale", scale, "deploy.replicas", replicas);
        let count = scale.or(replicas);
        let number = count.and_then(Node::text).and_then(|text| text.parse::<i64>().ok());
        if let (Some(count), Some(2..), Some(name)) = (count, number, service.keys.get("container_name")) {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`{}` has several containers with one name", service.name),
                    self.origins.place(name.origin).value,
                    "a name for one container",
                )
                .and(self.origins.place(count.origin).value, "several containers")
                .help("remove `container_name`"),
            );
        }
    }

    /// Reports limits that are written twice with different values.
    fn limits(&mut self, service: &Service) {
        for (key, group, name) in [
            ("cpus", "limits", "cpus"),
            ("mem_limit", "limits", "memory"),
            ("mem_reservation", "reservations", "memory"),
            ("pids_limit", "limits", "pids"),
        ] {
            let resources = service.keys.get("deploy").and_then(|deploy| deploy.get("resources"));
            let other =
                resources.and_then(|resources| resources.get(group)).and_then(|group| group.get(name));
            let other_name = format!("deploy.resources.{group}.{name}");
            self.equal(service, key, service.keys.get(key), &other_name, other);
        }
    }

    /// Reports two different values of one setting.
    fn equal(
        &mut self,
        service: &Service,
        key: &str,
        one: Option<&Node>,
        other_key: &str,
        other: Option<&Node>,
    ) {
        let (Some(one), Some(other)) = (one, other) else { return };
        let (Some(text), Some(other_text)) = (one.text(), other.text()) else { return };
        let is_same = match (text.parse::<f64>(), other_text.parse::<f64>()) {
            (Ok(one), Ok(other)) => one == other,
            _ => text.eq_ignore_ascii_case(&other_text),
        };
        if is_same {
            return;
        }
        self.diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("`{}` has different values for `{key}` and `{other_key}`", service.name),
                self.origins.place(one.origin).value,
                format!("`{text}` here"),
            )
            .and(self.origins.place(other.origin).value, format!("`{other_text}` here"))
            .help("remove one of the two"),
        );
    }

    /// Reports services that depend on each other in a cycle. Each service is visited once.
    fn cycles(&mut self) {
        let mut done: HashSet<&str> = HashSet::new();
        for start in &self.project.services {
            if !start.is_active || done.contains(start.name.as_str()) {
                continue;
            }
            // The path to the current service, each with its dependencies that are left.
            let mut path: Vec<(&'a Service, Vec<(&'a str, Origin)>)> = vec![(start, dependencies(start))];
            let mut on_path: HashMap<&str, usize> = HashMap::from([(start.name.as_str(), 0)]);
            let mut places: Vec<Origin> = Vec::new();
            while let Some((service, left)) = path.last_mut() {
                let Some((name, origin)) = left.pop() else {
                    done.insert(service.name.as_str());
                    on_path.remove(service.name.as_str());
                    path.pop();
                    places.pop();
                    continue;
                };
                if let Some(first) = on_path.get(name).copied() {
                    let cycle: Vec<Origin> = places[first..].iter().copied().chain([origin]).collect();
                    self.report_cycle(name, &cycle);
                    continue;
                }
                let Some(next) = self.services.get(name).copied() else { continue };
                if next.is_active && !done.contains(name) {
                    on_path.insert(name, path.len());
                    path.push((next, dependencies(next)));
                    places.push(origin);
                }
            }
        }
    }

    fn report_cycle(&mut self, name: &str, cycle: &[Origin]) {
        let Some((first, rest)) = cycle.split_first() else { return };
        let title = format!("`{name}` depends on itself");
        let mut diagnostic =
            Diagnostic::new(Code::DependencyCycle, title, self.place(*first), "depends on this service")
                .help("remove one of these dependencies");
        for origin in rest.iter().take(MAX_PLACES) {
            diagnostic = diagnostic.and(self.place(*origin), "which depends on this service");
        }
        self.diagnostics.push(diagnostic);
    }

    /// Reports secrets without contents.
    fn secrets(&mut self) {
        for (name, node) in &self.project.secrets {
            let is_external = text(node, "external").as_deref() == Some("true");
            let has = |key: &str| text(node, key).is_some_and(|value| !value.is_empty());
            if is_external || has("file") || has("environment") {
                continue;
            }
            let title = format!("the secret `{name}` has neither `file` nor `environment`");
            self.diagnostics.push(
                Diagnostic::new(Code::ComposeValue, title, self.origins.place(node.origin).at, "no contents")
                    .help("write `file:` with the path of a file, or `environment:` with the name of a variable"),
            );
        }
    }
}

/// The most further places of a cycle that a message shows.
const MAX_PLACES: usize = 7;

/// The names of a service's dependencies, with their places, the last one first.
fn dependencies(service: &Service) -> Vec<(&str, Origin)> {
    let Some(depends_on) = service.keys.get("depends_on") else { return Vec::new() };
    let mut all: Vec<(&str, Origin)> =
        depends_on.entries().map(|(name, entry)| (name.as_str(), entry.origin)).collect();
    all.reverse();
    all
}

/// The text of `key`.
fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(String::from)
}
