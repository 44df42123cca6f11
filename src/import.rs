//! Pass: [`project`](crate::project) → [`document`](crate::document), with a report of what became of each node.
//!
//! A project becomes one service, and each of its services a container. Keys of a container are converted one by one, in
//! files by subject.

mod attach;
mod command;
mod constants;
mod container;
mod dependency;
mod deploy;
mod environment;
mod file;
mod healthcheck;
mod image;
mod ledger;
mod names;
mod network;
mod port;
mod secrets;
mod site;
mod step;
mod volume;
mod withhold;

use std::collections::{BTreeSet, HashMap};

use indexmap::{IndexMap, IndexSet};

use constants::Constants;
use container::Container;
use ledger::Ledger;
use names::{Taken, slug};
use network::Networks;
use secrets::Secrets;
use site::Sites;
use step::Steps;
use volume::Volumes;

use crate::document::{Map, Part, Value};
use crate::project::{self, Node, Origin, Project, ProjectFiles, Service, ValueSource};
use crate::report::{HostStep, ImportedSecret, Kind, Line, Path, Report};

/// The options of an import.
#[derive(Debug)]
pub struct Options {
    /// `--data`: the folder for relative paths of the project. Default: `/var/lib/NAME`.
    pub data: Option<String>,
    /// `--publish`: the address of ports that are published without one.
    pub publish: Publish,
    /// `--sites`: the domain of the sites.
    pub sites: Option<String>,
    /// `--partial`: writes the rest if some services are refused.
    pub is_partial: bool,
    /// The release of NixOS that a new file states.
    pub nixos: String,
    /// The process environment, from which Compose takes the values of some secrets and configs.
    pub environment: IndexMap<String, String>,
    /// The names in the file of `--into`.
    pub existing: Option<Existing>,
}

/// The address of ports that a Compose file publishes without an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publish {
    /// All addresses, as in Docker.
    Keep,
    /// 127.0.0.1.
    Local,
    /// Another address.
    Address(String),
}

/// The names in an existing file.
#[derive(Debug, Default)]
pub struct Existing {
    /// The constants, by path, each with its value if it is a scalar.
    pub constants: HashMap<String, Option<String>>,
    /// The names of services, secrets and networks, each of which an import must not use again.
    pub services: Vec<String>,
    /// The names of the secrets.
    pub secrets: Vec<String>,
    /// The names of the networks.
    pub networks: Vec<String>,
    /// The time zone of the host.
    pub timezone: Option<String>,
    /// True if the file declares a store for secrets.
    pub has_secret_store: bool,
    /// True if the file has a front for sites.
    pub has_front: bool,
}

/// The result of an import.
#[derive(Debug)]
pub struct Import {
    /// The name of the service.
    pub service: String,
    /// The report about all nodes.
    pub report: Report,
    /// The file, or its additions. `None` if the project is refused.
    pub document: Option<Map>,
    /// The secrets, with their contents.
    pub secrets: Vec<ImportedSecret>,
    /// The steps on the host before the first switch, in this order.
    pub steps: Vec<HostStep>,
}

/// Converts a project. `files` are the files around its Compose files, and `presets` the presets by the images that belong to
/// one preset alone.
pub fn import(
    project: &Project,
    files: &dyn ProjectFiles,
    options: &Options,
    presets: &HashMap<&str, &str>,
) -> Import {
    let proxies = site::proxies(project, options);
    let import = convert_all(project, files, options, presets, proxies.clone());
    if !options.is_partial || import.refused.is_empty() {
        return import.result;
    }
    // The other services know that these are not written.
    let unwritten = import.refused.into_iter().chain(proxies).collect();
    convert_all(project, files, options, presets, unwritten).result
}

/// The result of converting all services but some.
struct Converted {
    result: Import,
    /// The refused services, each with the reasons.
    refused: HashMap<String, Vec<Line>>,
}

/// Converts a project without the services in `refused`, whose lines are in the report.
fn convert_all(
    project: &Project,
    files: &dyn ProjectFiles,
    options: &Options,
    presets: &HashMap<&str, &str>,
    refused: HashMap<String, Vec<Line>>,
) -> Converted {
    let mut ledger = Ledger::new(project);
    for (replaced, _) in &project.replaced {
        ledger.replaced(*replaced);
    }
    let none = Existing::default();
    let existing = options.existing.as_ref().unwrap_or(&none);
    let service = Taken::new(existing.services.iter().cloned()).take(&slug(&project.name));
    let timezone = existing.timezone.clone().or_else(|| environment::timezone(project));
    let mut context = Context {
        project,
        files,
        options,
        presets,
        data: options.data.clone().unwrap_or_else(|| format!("/var/lib/{service}")),
        constants: Constants::new(&service, existing.constants.clone()),
        secrets: Secrets::new(&service, Taken::new(existing.secrets.iter().cloned())),
        networks: Networks::default(),
        volumes: Volumes::default(),
        steps: Steps::default(),
        sites: Sites::default(),
        names: names_of(project, &service, &refused),
        aliases: dependency::aliases_of_links(project),
        completed: dependency::completed(project),
        filled_in: BTreeSet::new(),
        timezone: timezone.clone().unwrap_or_else(|| "Etc/UTC".to_owned()),
        ledger,
        service: service.clone(),
    };
    context.top_level();
    context.place_services();
    site::find(&mut context);
    let mut document = Map::default();
    let mut containers = Map::default();
    network::convert(&mut context, existing, &mut document);
    volume::convert(&mut context, &mut document);
    let mut newly_refused = HashMap::new();
    for one in &project.services {
        if let Some(lines) = refused.get(&one.name) {
            context.ledger.refuse_again(lines);
            continue;
        }
        let before = context.ledger.line_count();
        let container = convert(&mut context, one);
        let lines = context.ledger.refusals(before);
        match container {
            Some((name, container)) if lines.is_empty() => containers.push(name, Value::Map(container)),
            Some(_) => {
                newly_refused.insert(one.name.clone(), lines);
            }
            None => {}
        }
    }
    let place = Path::of(&["services", &service, "containers"]);
    withhold::withhold(&mut context, &mut containers, &place);
    let has_containers = !containers.entries.is_empty();
    if !has_containers && !context.ledger.is_refused() {
        let cause = "the project has no service that homegen can write";
        context.ledger.line(Kind::Refused, None, cause, None);
    }
    volume::write(&mut context, &mut document);
    let own = document.map("services").map(&service);
    own.set("containers", Value::Map(containers));
    context.sites.write(options, &service, &mut document);
    context.secrets.write(&mut document, existing.has_secret_store);
    context.constants.settle(&mut document);
    attach::comments(&context, &mut document);
    if options.existing.is_none() {
        host(&context, timezone.is_some(), &mut document);
    }
    let document = attach::in_order(document);
    let is_written = has_containers && (options.is_partial || !context.ledger.is_refused());
    let result = Import {
        service,
        report: context.ledger.close(is_written),
        document: is_written.then_some(document),
        secrets: if is_written { context.secrets.into_list() } else { Vec::new() },
        steps: if is_written { context.steps.into_list() } else { Vec::new() },
    };
    Converted { result, refused: newly_refused }
}

/// The state of an import.
struct Context<'a> {
    project: &'a Project,
    files: &'a dyn ProjectFiles,
    options: &'a Options,
    /// The presets, by their images.
    presets: &'a HashMap<&'a str, &'a str>,
    /// The name of the homegen service.
    service: String,
    /// The folder for relative paths of the project.
    data: String,
    /// The time zone of the host.
    timezone: String,
    ledger: Ledger<'a>,
    constants: Constants,
    secrets: Secrets,
    networks: Networks,
    volumes: Volumes,
    steps: Steps,
    sites: Sites,
    /// The names of the containers in homegen, by the names of their Compose services.
    names: HashMap<String, String>,
    /// Further names of containers, by the names of their Compose services.
    aliases: HashMap<String, IndexSet<String>>,
    /// The Compose services whose completion others wait for.
    completed: BTreeSet<String>,
    /// The variables that are reported as values to fill in.
    filled_in: BTreeSet<String>,
}

impl Context<'_> {
    /// Accounts for the top-level keys that are not services.
    fn top_level(&mut self) {
        for (key, node) in &self.project.others {
            match key.as_str() {
                "name" => self.ledger.left_out(node.origin, "the name of the service"),
                "version" => self.ledger.left_out(node.origin, "Compose ignores it"),
                "include" => {
                    let leaves = self.project.origins.below(node.origin).filter(|(_, place)| place.is_leaf);
                    for (leaf, _) in leaves {
                        self.ledger.changed(leaf, "the included files are a part of the service");
                    }
                }
                _ => self.ledger.left_out(node.origin, "an extension, used where it is referred to"),
            }
        }
    }

    /// States that the services, and the file itself, are the service, for their comments.
    fn place_services(&mut self) {
        let origins = &self.project.origins;
        let place = Path::of(&["services", &self.service]);
        let first = self.project.services.first().and_then(|service| origins.place(service.origin).parent);
        let root = first.and_then(|services| origins.place(services).parent);
        if let Some(root) = root {
            self.ledger.placed(root, place.clone());
        }
        if let Some(services) = first {
            self.ledger.placed(services, place);
        }
    }

    /// The parts of a scalar in the output: variables that several values use become constants, and those without a
    /// value constants to fill in.
    fn parts(&mut self, scalar: &project::Scalar, origin: Origin) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for part in &scalar.parts {
            let part = match part {
                project::Part::Text(text) => Part::Text(text.clone()),
                project::Part::Variable(reference) => match &reference.source {
                    ValueSource::Unset => Part::Reference(self.fill_in(&reference.name, origin, "")),
                    ValueSource::Required(message) => {
                        Part::Reference(self.fill_in(&reference.name, origin, message))
                    }
                    ValueSource::Set | ValueSource::Default => {
                        if secrets::is_secret_variable(&reference.name, &reference.value) {
                            Part::Reference(self.fill_in_secret(&reference.name, origin))
                        } else {
                            let constant = (!reference.value.is_empty())
                                .then(|| self.constants.of_variable(&reference.name, &reference.value))
                                .flatten();
                            constant.map_or_else(|| Part::Text(reference.value.clone()), Part::Reference)
                        }
                    }
                },
            };
            match (parts.last_mut(), part) {
                (_, Part::Text(text)) if text.is_empty() => {}
                (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
                (_, part) => parts.push(part),
            }
        }
        parts
    }

    /// The constant for a variable without a value, which is reported once.
    /// `message` is what the file says about it.
    fn fill_in(&mut self, variable: &str, origin: Origin, message: &str) -> String {
        let comment = match message {
            "" => format!("fill in `{variable}`"),
            message => format!("fill in `{variable}`: {}", message.replace('\n', " ")),
        };
        let constant = self.constants.without_value(variable, &comment);
        if self.filled_in.insert(constant.clone()) {
            self.ledger.line(
                Kind::FillIn,
                Some(origin),
                "a variable has no value: fill in its constant",
                Some(format!("`{variable}` is the constant `{constant}`")),
            );
        }
        constant
    }

    /// The constant in place of a secret where homegen has no secrets.
    fn fill_in_secret(&mut self, name: &str, origin: Origin) -> String {
        let comment = format!("`{name}` is a secret, which every user of the host could read here");
        let constant = self.constants.without_value(&format!("{name}_REPLACEMENT"), &comment);
        if self.filled_in.insert(constant.clone()) {
            let cause = "a value has a secret, which every user of the host could read: fill in its constant";
            let detail = Some(format!("`{name}` is the constant `{constant}`"));
            self.ledger.line(Kind::FillIn, Some(origin), cause, detail);
        }
        constant
    }

    /// True if a node is the value of `key` in a file, not one that Compose derives.
    fn is_written(&self, node: &Node, key: &str) -> bool {
        matches!(&self.project.origins.place(node.origin).step, project::Step::Key(written) if written == key)
    }

    /// True if a node is an empty value in a file.
    fn is_leaf(&self, node: &Node) -> bool {
        self.project.origins.place(node.origin).is_leaf
    }

    /// The value of a variable of the interpolation environment.
    fn variable(&self, name: &str) -> Option<String> {
        let of_process = self.options.environment.get(name).cloned();
        of_process.or_else(|| self.project.variables.get(name)?.value.clone())
    }

    /// The name of a container on the host.
    fn full_name(&self, container: &str) -> String {
        match container == self.service {
            true => container.to_owned(),
            false => format!("{}-{container}", self.service),
        }
    }

    /// The container whose `container_name` is `name`.
    fn container_called(&self, name: &str) -> Option<String> {
        let is_called = |service: &&Service| {
            service.keys.get("container_name").and_then(Node::text).as_deref() == Some(name)
        };
        let service = self.project.services.iter().find(is_called)?;
        self.names.get(&service.name).cloned()
    }

    /// The value of a scalar in the output. Other nodes have none.
    fn value(&mut self, node: &Node) -> Option<Value> {
        match &node.kind {
            project::Kind::Scalar(scalar) => Some(text_or_number(self.parts(scalar, node.origin))),
            _ => None,
        }
    }
}

/// A text, or a number or flag without quotes if it is written like one.
fn text_or_number(parts: Vec<Part>) -> Value {
    match parts.as_slice() {
        [] => Value::text(""),
        [Part::Text(text)] if is_plain(text) => Value::Plain(text.clone()),
        _ => Value::Text(parts),
    }
}

/// True for a number or flag that YAML and homegen read as it is written.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = |digits: &str| {
        digits == "0"
            || !digits.is_empty()
                && digits.len() < 16
                && !digits.starts_with('0')
                && digits.bytes().all(|b| b.is_ascii_digit())
    };
    // A last zero would be lost by a program that reads a number.
    let is_fraction = |digits: &str| {
        !digits.is_empty()
            && digits.len() < 10
            && !digits.ends_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let is_decimal = |(whole, fraction): (&str, &str)| is_whole(whole) && is_fraction(fraction);
    let is_number = is_whole(digits) || digits.split_once('.').is_some_and(is_decimal);
    is_number || matches!(text, "true" | "false")
}

/// The names of the containers, by the names of the Compose services.
fn names_of(
    project: &Project,
    service: &str,
    refused: &HashMap<String, Vec<Line>>,
) -> HashMap<String, String> {
    let is_written = |one: &&Service| one.is_active && !refused.contains_key(&one.name);
    let active = || project.services.iter().filter(is_written);
    let slugs: Vec<String> = active().map(|service| slug(&service.name)).collect();
    let mut taken = Taken::default();
    let names = slugs.iter().map(|slug| {
        // homegen puts the name of the service before the name of the container.
        let short = slug.strip_prefix(service).and_then(|rest| rest.strip_prefix('-'));
        let short =
            short.filter(|short| !slugs.iter().any(|slug| slug == short) && self::slug(short) == *short);
        taken.take(short.unwrap_or(slug))
    });
    active().map(|service| service.name.clone()).zip(names).collect()
}

/// Converts a service. `None` if it is not active.
fn convert(context: &mut Context, service: &Service) -> Option<(String, Map)> {
    if !service.is_active {
        let detail = Some(format!("the service `{}`", service.name));
        let cause = "no profile of the service is active: `--profile` activates one";
        context.ledger.line(Kind::Dropped, Some(service.origin), cause, detail);
        return None;
    }
    let name = context.names[&service.name].clone();
    let place = Path::of(&["services", &context.service, "containers", &name]);
    context.ledger.placed(service.origin, place.clone());
    let mut container = Container::new(context, service, name.clone(), place);
    container.convert();
    Some((name, container.finish()))
}

/// Writes the keys of a new file that no Compose file has.
fn host(context: &Context, has_timezone: bool, document: &mut Map) {
    let others = std::mem::take(document.map("host"));
    let mut host = Map::default();
    host.push("name", Value::text("homeserver"));
    host.entries[0].comments.beside = Some("import: the name of the host".to_owned());
    host.push("nixos", Value::text(&context.options.nixos));
    host.entries[1].comments.beside = Some("import: the NixOS release of the host".to_owned());
    host.push("timezone", Value::text(&context.timezone));
    if !has_timezone {
        host.entries[2].comments.beside =
            Some("import: the time zone of the host; containers of Compose have UTC".to_owned());
    }
    host.entries.extend(others.entries);
    document.set("homegen", Value::Plain("1".to_owned()));
    document.set("host", Value::Map(host));
}
