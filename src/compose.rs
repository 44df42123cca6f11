//! Pass: Compose files → [`project`](crate::project). Reads a project as Docker Compose does.
//!
//! Each document of each file is interpolated, and brought into canonical forms; then files are merged, `include` and `extends`
//! are resolved, and implicit values are added. The order is compose-go's (`loader`).

mod budget;
mod canonical;
mod consistency;
mod dotenv;
mod env_files;
mod environment;
mod extends;
mod include;
mod keys;
mod merge;
mod model;
mod normalize;
mod paths;
mod template;
mod tree;
mod unique;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use budget::Budget;
use environment::Environment;
use indexmap::IndexMap;
use model::Model;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::limits::{MAX_BYTES, MAX_COMPOSE_NODES, MAX_COMPOSE_VALUES};
use crate::parse::document::{Documents, ValueKind, documents};
use crate::project::{
    Comments, FileKind, Kind, Node, Origin, Origins, Project, ProjectFiles, ReadOptions, Service, Unread,
    Variable,
};
use crate::source::{SourceId, Sources, Span};
use tree::{Builder, Tree};

/// The names of a Compose file in its folder, in the order in which Compose looks for them (compose-go, cli/options.go).
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names of a file that overrides a Compose file, in the order in which Compose looks for them.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The Compose files that a project without named files has: the first one, and the first one that overrides it.
pub fn default_files(files: &dyn ProjectFiles) -> Vec<String> {
    let first = |names: [&'static str; 4]| {
        names.into_iter().find(|name| files.kind(name) == Some(FileKind::File)).map(str::to_owned)
    };
    let Some(file) = first(NAMES) else { return Vec::new() };
    std::iter::once(file).chain(first(OVERRIDES)).collect()
}

/// Reads a project, and reports all mistakes of its files. Returns `None` if there is an error.
pub fn read(
    files: &dyn ProjectFiles,
    options: &ReadOptions,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Project> {
    let mut found = Diagnostics::default();
    let mut reader = Reader {
        files,
        sources,
        diagnostics: &mut found,
        origins: Origins::default(),
        left: MAX_COMPOSE_NODES,
        budget: Budget::default(),
        replaced: Vec::new(),
        comments: BTreeMap::new(),
        documents: HashMap::new(),
        bases: HashMap::new(),
        resolved: HashSet::new(),
        contexts: 1,
        variables: IndexMap::new(),
        env_sources: HashMap::new(),
    };
    let project = reader.project(options);
    let is_spent = reader.budget.is_spent();
    let project = project.map(|mut project| {
        let used = used(&project);
        let mut replaced = reader.replaced;
        replaced.retain(|(from, to)| from == to || !used.contains(from));
        project.replaced = replaced;
        project.comments = reader.comments;
        project.origins = reader.origins;
        project.variables = reader.variables;
        project
    });
    if is_spent {
        found = Diagnostics::default();
        found.push(
            Diagnostic::new(
                Code::TooLarge,
                "the values of variables are too large",
                Span::default(),
                format!(
                    "env files and the values of variables take more than {} MiB",
                    MAX_COMPOSE_VALUES >> 20
                ),
            )
            .help("use shorter values, or use them less often: each use counts"),
        );
    }
    let has_errors = found.has_errors();
    diagnostics.append(found);
    project.filter(|_| !has_errors)
}

/// Brings the services of a project of another reader into canonical forms: short ports, volumes and devices become
/// mappings.
pub fn canonicalize(project: &mut Project, diagnostics: &mut Diagnostics) {
    for service in &mut project.services {
        let keys = Kind::Map(std::mem::take(&mut service.keys));
        let mut node = Node { origin: service.origin, kind: keys };
        canonical::service(&mut node, &project.origins, diagnostics, &mut project.replaced);
        if let Kind::Map(keys) = node.kind {
            service.keys = keys;
        }
    }
}

/// The state of a run.
struct Reader<'a> {
    files: &'a dyn ProjectFiles,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    origins: Origins,
    /// The number of nodes that may follow.
    left: usize,
    budget: Budget,
    replaced: Vec<(Origin, Origin)>,
    comments: BTreeMap<Origin, Comments>,
    /// The parsed files by path.
    documents: HashMap<String, Option<Rc<Documents>>>,
    /// The services of other files that a service extends, by context, file and name.
    bases: HashMap<(usize, String, String), Option<Node>>,
    /// The `extends` of services that are merged with their bases. They stay in the services, as values of the files.
    resolved: HashSet<Origin>,
    /// The number of contexts.
    contexts: usize,
    variables: IndexMap<String, Variable>,
    /// The sources of the env files of services, by path.
    env_sources: HashMap<String, SourceId>,
}

/// The surroundings of the files of one project: of the whole project, or of an included one.
struct Context {
    /// Identifies the context: others have other variables.
    id: usize,
    /// The folder that relative paths are relative to, from the project's folder.
    folder: String,
    /// The variables.
    environment: Environment,
    /// The files that include these files, outermost first, each with the place of the `include`.
    including: Vec<(String, Option<Span>)>,
}

impl Reader<'_> {
    fn project(&mut self, options: &ReadOptions) -> Option<Project> {
        // The first file is the first source.
        for path in &options.files {
            self.documents(path, None);
        }
        let mut environment = Environment::new(options.environment.clone());
        self.read_env_files(options, &mut environment);
        let mut name = options.name.clone().or_else(|| environment.get("COMPOSE_PROJECT_NAME"));
        name = name.filter(|name| !name.is_empty());
        if name.is_none() {
            name = self.written_name(options, &environment);
        }
        let name = name.map(|name| project_name(&name)).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| project_name(&options.folder_name));
        environment.set("COMPOSE_PROJECT_NAME", name.clone());
        let context = Context { id: 0, folder: ".".to_owned(), environment, including: Vec::new() };
        let paths: Vec<(String, Option<Span>)> =
            options.files.iter().map(|path| (path.clone(), None)).collect();
        let mut model = self.model(&paths, &context);
        if model.services.is_none() && !self.diagnostics.has_errors() {
            self.report_no_services(options);
        }
        for service in model.services.iter_mut().flat_map(IndexMap::values_mut) {
            canonical::complete(service, &self.origins, self.diagnostics);
        }
        normalize::normalize(&mut model, &name, &context.environment, &self.budget);
        let services = std::mem::take(&mut model.services).unwrap_or_default();
        let profiles = active_profiles(options, &context.environment);
        let mut all = Vec::with_capacity(services.len());
        for (name, node) in services {
            let origin = node.origin;
            let Kind::Map(mut keys) = node.kind else { continue };
            let is_active = is_active(keys.get("profiles"), &profiles);
            let env_files = keys.shift_remove("env_file");
            let env_files = self.env_files(env_files, &keys, is_active, &context.environment);
            all.push(Service { name, origin, keys, env_files, is_active });
        }
        let project = Project {
            name,
            services: all,
            networks: model.networks,
            volumes: model.volumes,
            secrets: model.secrets,
            configs: model.configs,
            others: model.others,
            variables: IndexMap::new(),
            replaced: Vec::new(),
            comments: BTreeMap::new(),
            origins: Origins::default(),
        };
        // In a file with lines that could not be read, a name may be declared on one of them.
        if self.documents.values().flatten().all(|documents| documents.is_whole) {
            consistency::check(&project, &self.origins, self.diagnostics);
        }
        Some(project)
    }

    /// Reports that no file has services.
    fn report_no_services(&mut self, options: &ReadOptions) {
        let Some(path) = options.files.first() else { return };
        let Some(documents) = self.documents.get(path).cloned().flatten() else { return };
        let Some(root) = documents.roots.first() else { return };
        let span = Span { end: root.span.start, ..root.span };
        self.diagnostics.push(
            Diagnostic::new(
                Code::NotCompose,
                "the file has no `services`",
                span,
                "expected the key `services`",
            )
            .help("check that this is a Compose file"),
        );
    }

    /// The `name` of the last file that has one.
    fn written_name(&mut self, options: &ReadOptions, environment: &Environment) -> Option<String> {
        let mut name = None;
        for path in &options.files {
            let Some(documents) = self.documents(path, None) else { continue };
            for root in &documents.roots {
                let ValueKind::Map(pairs) = &root.kind else { continue };
                let Some(pair) = pairs.iter().find(|pair| pair.key == "name") else { continue };
                let ValueKind::Scalar { text, .. } = &pair.value.kind else { continue };
                // An invalid reference is reported with all others.
                if !self.budget.permits(text) {
                    continue;
                }
                let parts = template::interpolate(text, &|name| self.budget.value(|| environment.get(name)))
                    .unwrap_or_default();
                let text: String = parts.iter().map(crate::project::Part::value).collect();
                name = Some(text).filter(|name| !name.is_empty()).or(name);
            }
        }
        name
    }

    /// The parsed documents of a file, which `at` names. Reports a file that cannot be read.
    fn documents(&mut self, path: &str, at: Option<Span>) -> Option<Rc<Documents>> {
        if let Some(known) = self.documents.get(path) {
            return known.clone();
        }
        let parsed = match self.files.read(path) {
            Ok(text) if text.len() > MAX_BYTES => {
                self.report_unread(
                    path,
                    &Unread::Failed(format!("the file is larger than {} MiB", MAX_BYTES >> 20)),
                    at,
                );
                None
            }
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                let source = self.sources.add(path, text);
                let text = self.sources.get(source).text.clone();
                let documents = documents(&text, source, self.diagnostics);
                if documents.roots.is_empty() && !self.diagnostics.has_errors() {
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::NotCompose,
                            "the file is empty",
                            Span::new(source, 0..0),
                            "expected `services`",
                        )
                        .help("check that this is a Compose file"),
                    );
                }
                Some(Rc::new(documents))
            }
            Err(unread) => {
                self.report_unread(path, &unread, at);
                None
            }
        };
        self.documents.insert(path.to_owned(), parsed.clone());
        parsed
    }

    /// Reports a file that cannot be read.
    fn report_unread(&mut self, path: &str, unread: &Unread, at: Option<Span>) {
        let (problem, help) = match unread {
            Unread::Absent => {
                ("does not exist".to_owned(), "correct the path, or create the file".to_owned())
            }
            Unread::Outside => (
                "is outside of the project's folder".to_owned(),
                "copy the file into the project's folder, and correct the path".to_owned(),
            ),
            Unread::Failed(reason) => {
                (format!("cannot be read: {reason}"), "correct the file, or its permissions".to_owned())
            }
        };
        // A file of the command line is named nowhere else.
        let span = at.unwrap_or_else(|| Span::new(self.sources.add(path, String::new()), 0..0));
        self.diagnostics.push(
            Diagnostic::new(Code::UnreadableFile, format!("`{path}` {problem}"), span, "this file")
                .help(help),
        );
    }

    /// Reads and merges the files of one project.
    fn model(&mut self, paths: &[(String, Option<Span>)], context: &Context) -> Model {
        let mut model = Model::default();
        for (path, at) in paths {
            let Some(documents) = self.documents(path, *at) else { continue };
            let mut trees = Vec::new();
            for root in &documents.roots {
                let mut builder = Builder {
                    origins: &mut self.origins,
                    left: &mut self.left,
                    diagnostics: self.diagnostics,
                };
                let mut tree = builder.build(root, None);
                if let Some(root) = tree.root.take() {
                    self.document(root, &tree, path, context, &mut model);
                }
                trees.push(tree);
            }
            if let Some(root) = documents.roots.first() {
                let text = &self.sources.get(root.span.source).text;
                tree::comments(
                    text,
                    &documents,
                    &trees,
                    &self.origins,
                    &mut self.left,
                    &mut self.comments,
                    self.diagnostics,
                );
            }
        }
        normalize::add_contexts(&mut model, &context.folder);
        environment::resolve(&mut model, &context.environment, &self.budget);
        model
    }

    /// Merges one document into the model of the documents before it.
    fn document(&mut self, mut root: Node, tree: &Tree, path: &str, context: &Context, model: &mut Model) {
        environment::interpolate(
            &mut root,
            &context.environment,
            &self.budget,
            self.sources,
            &self.origins,
            self.diagnostics,
        );
        let mut own = model::canonical(root, &self.origins, self.diagnostics, &mut self.replaced);
        paths::rebase(&mut own, &context.folder);
        self.include(&mut own, tree, path, context);
        self.replaced.extend(tree.resets.iter().map(|origin| (*origin, *origin)));
        model.remove(&tree.removals, &mut self.replaced);
        self.extend(&mut own, tree, path, context);
        merge::models(model, own, &mut self.replaced);
        unique::model(model, &mut self.replaced);
    }
}

/// The origins of all values of a project.
fn used(project: &Project) -> HashSet<Origin> {
    fn add(node: &Node, used: &mut HashSet<Origin>) {
        used.insert(node.origin);
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| add(item, used)),
            Kind::Map(entries) => entries.values().for_each(|value| add(value, used)),
            _ => {}
        }
    }
    let mut used = HashSet::new();
    for service in &project.services {
        service.keys.values().for_each(|node| add(node, &mut used));
        used.extend(service.env_files.iter().map(|file| file.origin));
    }
    for section in [&project.networks, &project.volumes, &project.secrets, &project.configs] {
        section.values().for_each(|node| add(node, &mut used));
    }
    project.others.iter().for_each(|(_, node)| add(node, &mut used));
    used
}

/// A name as Compose makes it of the name of a folder (compose-go, NormalizeProjectName).
fn project_name(name: &str) -> String {
    let is_part = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let name: String = name.to_lowercase().chars().filter(is_part).collect();
    name.trim_start_matches(['_', '-']).to_owned()
}

/// The active profiles. Without any, the list has the empty profile (compose-go, WithDefaultProfiles).
fn active_profiles(options: &ReadOptions, environment: &Environment) -> HashSet<String> {
    match options.profiles.is_empty() {
        true => {
            let listed = environment.get("COMPOSE_PROFILES").unwrap_or_default();
            listed.split(',').map(|profile| profile.trim().to_owned()).collect()
        }
        false => options.profiles.iter().cloned().collect(),
    }
}

/// Reports whether a service with `profiles` is on.
fn is_active(profiles: Option<&Node>, active: &HashSet<String>) -> bool {
    let own = profiles.map(Node::items).unwrap_or_default();
    let is_active = |profile: &Node| profile.text().is_some_and(|profile| active.contains(&*profile));
    own.is_empty() || active.contains("*") || own.iter().any(is_active)
}
