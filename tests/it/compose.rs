//! Compose files as [`homegen::compose`] reads them. Each case is a file in `tests/it/compose/`, with a snapshot of the project
//! as canonical YAML beside it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use homegen::compose;
use homegen::diag::Diagnostic;
use homegen::project::{FileKind, Kind, Node, Origin, Origins, Project, ProjectFiles, ReadOptions, Unread};
use homegen::source::Sources;
use serde_yaml::{Mapping, Value};

/// The files of a project in memory, by path.
pub struct Files(HashMap<String, String>);

impl ProjectFiles for Files {
    fn read(&self, path: &str) -> Result<String, Unread> {
        if path.starts_with('/') || path.starts_with("..") {
            return Err(Unread::Outside);
        }
        let path = path.strip_prefix("./").unwrap_or(path);
        self.0.get(path).cloned().ok_or(Unread::Absent)
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let path = path.strip_prefix("./").unwrap_or(path);
        self.0.contains_key(path).then_some(FileKind::File)
    }
}

/// The options for a project in the folder `shop`.
pub fn options<'a>(files: impl IntoIterator<Item = &'a str>) -> ReadOptions {
    let files = files.into_iter().map(str::to_owned).collect();
    ReadOptions { files, folder_name: "shop".to_owned(), ..ReadOptions::default() }
}

/// Reads a project of files in memory.
pub fn read<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    options: &ReadOptions,
) -> (Option<Project>, Sources, Vec<Diagnostic>) {
    let files = Files(files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect());
    let (sources, diagnostics, project) = homegen::read_compose(&files, options);
    (project, sources, diagnostics)
}

/// A case: files, and lines of options.
pub struct Case {
    /// The name of the file of the case.
    name: String,
    /// The files of the project by path.
    files: Vec<(String, String)>,
    options: ReadOptions,
    /// The other lines of options.
    pub rest: Vec<String>,
}

impl Case {
    /// The name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The files in memory.
    pub fn files(&self) -> Files {
        Files(self.files.iter().cloned().collect())
    }

    /// The options of the reader.
    pub fn options(&self) -> &ReadOptions {
        &self.options
    }
}

/// All cases in a folder of the tests. A line `== PATH` starts a file. Before the first one stand options: `file PATH`, `env NAME=VALUE`, `profile NAME`,
/// `env-file PATH` and `name NAME`.
pub fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    paths.sort();
    let case = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("text");
        let mut parts = text.split("== ");
        let mut options = options([]);
        let mut rest = Vec::new();
        for line in parts.next().unwrap_or_default().lines().filter(|line| !line.starts_with('#')) {
            match line.split_once(' ') {
                Some(("file", path)) => options.files.push(path.to_owned()),
                Some(("profile", name)) => options.profiles.push(name.to_owned()),
                Some(("env-file", path)) => options.env_files.push(path.to_owned()),
                Some(("name", name)) => options.name = Some(name.to_owned()),
                Some(("env", pair)) => {
                    let (name, value) = pair.split_once('=').expect("NAME=VALUE");
                    options.environment.insert(name.to_owned(), value.to_owned());
                }
                _ if line.is_empty() => {}
                _ => rest.push(line.to_owned()),
            }
        }
        let files: Vec<(String, String)> = parts
            .map(|part| part.split_once('\n').expect("a path and text"))
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        if options.files.is_empty() {
            options.files = compose::default_files(&Files(files.iter().cloned().collect()));
        }
        let name = path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned();
        Case { name, files, options, rest }
    };
    paths.into_iter().map(case).collect()
}

/// The result of a case.
pub struct Read {
    name: String,
    project: Option<Project>,
    sources: Sources,
    /// The diagnostics.
    pub diagnostics: Vec<Diagnostic>,
}

/// The result of each case. Each is read once for all tests.
pub fn results() -> &'static [Read] {
    static RESULTS: LazyLock<Vec<Read>> = LazyLock::new(|| {
        let result = |case: Case| {
            assert!(case.rest.is_empty(), "{}: {:?}", case.name, case.rest);
            let files = case.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
            let (project, sources, diagnostics) = read(files, &case.options);
            Read { name: case.name, project, sources, diagnostics }
        };
        cases("compose").into_iter().map(result).collect()
    });
    &RESULTS
}

/// The diagnostics of projects above a limit, and of command lines whose mistakes no page has.
pub fn other_diagnostics() -> Vec<Diagnostic> {
    let service = |name: &str, rest: &str| format!("  {name}: {{ image: docker.io/a/b:1, {rest} }}\n");
    let chain = |count: usize| -> String {
        (0..count)
            .map(|index| service(&format!("s{index}"), &format!("extends: {{ service: s{} }}", index + 1)))
            .collect()
    };
    // YAML's own nesting is limited too, so the levels come from aliases.
    let (open, close) = ("[".repeat(50), "]".repeat(50));
    let aliases: String =
        (1..12).map(|index| format!("x-{index}: &a{index} {open}*a{}{close}\n", index - 1)).collect();
    let texts = [
        format!("services:\n{}{}", chain(200), service("s200", "tty: true")),
        format!("x-a: [{}]\nservices:\n{}", "1,".repeat(500_000), service("a", "")),
        format!("x-0: &a0 {open}{close}\n{aliases}services:\n{}", service("a", "")),
    ];
    let mut found = Vec::new();
    for text in &texts {
        found.extend(read([("compose.yaml", text.as_str())], &options(["compose.yaml"])).2);
    }
    let includes: Vec<(String, String)> = (0..200)
        .map(|index| (format!("c{index}.yaml"), format!("include: [c{}.yaml]\nservices:\n", index + 1)))
        .map(|(path, text)| (path, text + &service("a", "")))
        .collect();
    let files = includes.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    found.extend(read(files, &options(["c0.yaml"])).2);
    let doubled: String =
        (1..40).map(|index| format!("A{index}=${{A{}}}${{A{}}}\n", index - 1, index - 1)).collect();
    let env = format!("A0={}\n{doubled}", "a".repeat(1000));
    let compose = format!("services:\n{}", service("a", ""));
    let files = [("compose.yaml", compose.as_str()), (".env", env.as_str())];
    found.extend(read(files, &options(["compose.yaml"])).2);
    for line in ["podman run --env", "podman run '--env A=b' image", "podman run --env-file broken image"] {
        found.extend(homegen::read_command_line(line, &Broken).1);
    }
    found
}

/// Files that cannot be read.
struct Broken;

impl ProjectFiles for Broken {
    fn read(&self, _: &str) -> Result<String, Unread> {
        Err(Unread::Failed("permission denied".to_owned()))
    }

    fn kind(&self, _: &str) -> Option<FileKind> {
        None
    }
}

/// A value as YAML prints it.
fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar(scalar) if scalar.is_plain => {
            serde_yaml::from_str(&scalar.value()).unwrap_or_else(|_| text(scalar.value()))
        }
        Kind::Scalar(scalar) => text(scalar.value()),
        Kind::List(items) => items.iter().map(value).collect(),
        Kind::Map(entries) => Value::Mapping(mapping(entries)),
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

fn mapping(entries: &indexmap::IndexMap<String, Node>) -> Mapping {
    entries.iter().map(|(key, node)| (text(key), value(node))).collect()
}

/// A project as canonical YAML, with the values that have no effect, and the comments.
fn shown(project: &Project, sources: &Sources) -> String {
    let service = |service: &homegen::project::Service| {
        let mut keys = mapping(&service.keys);
        if !service.is_active {
            keys.insert(text("#off"), Value::Bool(true));
        }
        for file in &service.env_files {
            let variables = file.variables.iter().flatten().map(|(name, variable)| {
                (text(name), variable.value.clone().map_or(Value::Null, Value::String))
            });
            let variables = match &file.variables {
                Some(_) => Value::Mapping(variables.collect()),
                None => text(if file.is_required { "absent" } else { "absent, not required" }),
            };
            keys.insert(text(format!("#env_file {}", file.path)), variables);
        }
        (text(&service.name), Value::Mapping(keys))
    };
    let mut all = Mapping::new();
    all.insert(text("name"), text(&project.name));
    all.insert(text("services"), Value::Mapping(project.services.iter().map(service).collect()));
    for (key, entries) in [
        ("networks", &project.networks),
        ("volumes", &project.volumes),
        ("secrets", &project.secrets),
        ("configs", &project.configs),
    ] {
        if !entries.is_empty() {
            all.insert(text(key), Value::Mapping(mapping(entries)));
        }
    }
    let mut text = serde_yaml::to_string(&Value::Mapping(all)).expect("YAML");
    let place = |origin: Origin| {
        let file = &sources.get(project.origins.place(origin).at.source).name;
        format!("{} in {file}:{}", project.origins.path(origin), project.origins.line(origin, sources))
    };
    for (from, to) in &project.replaced {
        text.push_str(&match from == to {
            true => format!("# removes: {}\n", place(*from)),
            false => format!("# replaced: {} by {}\n", place(*from), place(*to)),
        });
    }
    for (origin, comments) in &project.comments {
        let texts = |all: &[homegen::project::Comment]| {
            all.iter().map(|comment| comment.text.trim().to_owned()).collect::<Vec<_>>().join(" | ")
        };
        for (side, found) in [
            ("above", texts(&comments.above)),
            ("beside", texts(comments.beside.as_slice())),
            ("below", texts(&comments.below)),
        ] {
            if !found.is_empty() {
                text.push_str(&format!("# comment {side} {}: {found}\n", place(*origin)));
            }
        }
    }
    text
}

#[test]
fn each_case_equals_its_snapshot() {
    insta::with_settings!({ snapshot_path => "compose", prepend_module_to_snapshot => false, omit_expression => true }, {
        for read in results() {
            let text = match &read.project {
                Some(project) => shown(project, &read.sources),
                None => String::new(),
            };
            let report = homegen::diag::human::render(&read.diagnostics, &read.sources, crate::common::STYLE);
            insta::assert_snapshot!(read.name.as_str(), format!("{text}{report}"));
        }
    });
}

/// The leaves of a project's files that are neither in the project nor replaced.
fn lost(project: &Project) -> Vec<Origin> {
    fn add(node: &Node, found: &mut HashSet<Origin>) {
        found.insert(node.origin);
        node.items().iter().for_each(|item| add(item, found));
        node.entries().for_each(|(_, value)| add(value, found));
    }
    let mut found: HashSet<Origin> = project.replaced.iter().map(|(from, _)| *from).collect();
    // All below these has no effect, or is read.
    found.extend(project.services.iter().flat_map(|service| &service.env_files).map(|file| file.origin));
    let gone = found.clone();
    for service in &project.services {
        found.insert(service.origin);
        service.keys.values().for_each(|node| add(node, &mut found));
    }
    for section in [&project.networks, &project.volumes, &project.secrets, &project.configs] {
        section.values().for_each(|node| add(node, &mut found));
    }
    project.others.iter().for_each(|(_, node)| add(node, &mut found));
    let is_below = |origins: &Origins, origin: Origin| {
        let mut next = Some(origin);
        while let Some(origin) = next {
            if gone.contains(&origin) {
                return true;
            }
            next = origins.place(origin).parent;
        }
        false
    };
    let leaves = project.origins.iter().filter(|(_, place)| place.is_leaf).map(|(origin, _)| origin);
    leaves.filter(|leaf| !found.contains(leaf) && !is_below(&project.origins, *leaf)).collect()
}

#[test]
fn every_value_of_every_file_is_in_the_project_or_replaced() {
    for read in results() {
        let Some(project) = &read.project else { continue };
        let lost: Vec<String> =
            lost(project).into_iter().map(|origin| project.origins.path(origin)).collect();
        assert!(lost.is_empty(), "{}: {lost:?}", read.name);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Removes, repeats and inserts parts of the files of the cases.
    #[test]
    fn no_change_of_a_file_makes_the_reader_panic(
        case in proptest::prelude::any::<proptest::sample::Index>(),
        edits in proptest::collection::vec(
            (
                proptest::prelude::any::<proptest::sample::Index>(),
                0..40usize,
                proptest::sample::select(&[
                    "", " ", "\n", ":", "- ", "<<: ", "*a", "&a ", "!reset ", "!override ", "{", "[", "]", "}", "\"",
                    "'", "#", "$", "${", "null", "0x", "x-", "---\n", "services:\n", "include: [compose.yaml]\n",
                    "extends: web\n", "\t", "é", "\u{0}",
                ][..]),
            ),
            1..6,
        ),
    ) {
        let cases = cases("compose");
        let case = case.get(&cases);
        let mut files = case.files.clone();
        for (at, length, inserted) in edits {
            let all: usize = files.iter().map(|(_, text)| text.len() + 1).sum();
            let mut at = at.index(all.max(1));
            for (_, text) in &mut files {
                if at <= text.len() {
                    let start = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                    let end = (start + length).min(text.len());
                    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
                    text.replace_range(start..end, inserted);
                    break;
                }
                at -= text.len() + 1;
            }
        }
        let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let (project, sources, diagnostics) = read(files, &case.options);
        homegen::diag::human::render(&diagnostics, &sources, crate::common::STYLE);
        if let Some(project) = project {
            let lost: Vec<String> =
                lost(&project).into_iter().map(|origin| project.origins.path(origin)).collect();
            // A section without entries (`volumes:`) has no value in the project.
            let lost: Vec<String> = lost.into_iter().filter(|path| path.contains('.')).collect();
            proptest::prop_assert!(lost.is_empty(), "{lost:?}");
        }
    }
}
