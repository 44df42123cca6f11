//! A Compose project as Docker Compose reads it: the input of [`import`](crate::import).
//!
//! Values are in Compose's canonical forms, as `docker compose config` prints them: lists of `KEY=value` are mappings,
//! short ports and volumes are mappings. Each value knows the node of a file that it comes from, so that every node of
//! every file can be accounted for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::source::{Sources, Span};

/// A project: the result of reading one or several Compose files.
#[derive(Debug)]
pub struct Project {
    /// The name of the project, as Compose derives it: `--project-name`, COMPOSE_PROJECT_NAME, `name`, the folder.
    pub name: String,
    /// The services, in the order of the files.
    pub services: Vec<Service>,
    /// The top-level `networks`, by key, as canonical mappings.
    pub networks: IndexMap<String, Node>,
    /// The top-level `volumes`, by key, as canonical mappings.
    pub volumes: IndexMap<String, Node>,
    /// The top-level `secrets`, by key, as canonical mappings.
    pub secrets: IndexMap<String, Node>,
    /// The top-level `configs`, by key, as canonical mappings.
    pub configs: IndexMap<String, Node>,
    /// The other top-level keys: `version`, `name`, `include` and `x-…`.
    pub others: Vec<(String, Node)>,
    /// The variables of the interpolation environment that a `.env` file or an env file of the command line sets, by name.
    pub variables: IndexMap<String, Variable>,
    /// Values without effect, because another one replaces them: each with the node that replaces it. A node with the tag
    /// `!reset`, which has no value of its own, is paired with itself.
    pub replaced: Vec<(Origin, Origin)>,
    /// The comments of all files, by the node that they belong to.
    pub comments: BTreeMap<Origin, Comments>,
    /// All nodes of all files.
    pub origins: Origins,
}

/// The comments of a node.
#[derive(Clone, Debug, Default)]
pub struct Comments {
    /// Comments on lines of their own above the node, indented as the node or less.
    pub above: Vec<Comment>,
    /// The comment behind the node on its first line.
    pub beside: Option<Comment>,
    /// Comments on lines of their own at the end of the node's block, or at the end of the file.
    pub below: Vec<Comment>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text behind `#`, with its leading space.
    pub text: String,
    /// The place, with `#`.
    pub span: Span,
}

/// A service of a project.
#[derive(Debug)]
pub struct Service {
    /// The key under `services`.
    pub name: String,
    /// The node of the service.
    pub origin: Origin,
    /// The keys of the service, in canonical forms, without `env_file`. A key whose merged value comes from several
    /// files stands once.
    pub keys: IndexMap<String, Node>,
    /// The files of `env_file`, in order: a later one wins, and `environment` wins over all.
    pub env_files: Vec<EnvFile>,
    /// False if none of the service's profiles is active.
    pub is_active: bool,
}

/// One entry of `env_file`.
#[derive(Debug)]
pub struct EnvFile {
    /// The node of the entry.
    pub origin: Origin,
    /// The path: absolute, or relative to the project's folder (`./app.env`, `../app.env`).
    pub path: String,
    /// False for `required: false`.
    pub is_required: bool,
    /// The variables, in order, or `None` if the file does not exist.
    pub variables: Option<Vec<(String, Variable)>>,
}

/// A variable of an env file.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The value. `None` if the name stands alone, and the environment does not set it.
    pub value: Option<String>,
    /// The span of the line in the env file.
    pub span: Span,
}

/// The key of a service for options of `podman run` without a key in Compose: a list of words such as `--umask=0022`.
pub const PODMAN_ARGS: &str = "x-podman-args";

/// Identifies a node of a Compose file: an index into [`Origins`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(pub u32);

/// The nodes of all files, with anchors and merge keys resolved: a node under an alias or a merge key stands once for each use.
/// A collection is directly before the nodes below it.
#[derive(Debug, Default)]
pub struct Origins(Vec<Place>);

/// The place of a node.
#[derive(Clone, Debug)]
pub struct Place {
    /// The mapping or list that contains the node. `None` for the root of a file.
    pub parent: Option<Origin>,
    /// The step from the parent.
    pub step: Step,
    /// The span of the key, or of the value in a list and at the root. The source of the span is the file. Of a node
    /// under an alias, the place at the anchor.
    pub at: Span,
    /// The span of the value.
    pub value: Span,
    /// The node has no nodes below it: a scalar, an empty collection, or an extension (`x-…`) with all that it contains.
    pub is_leaf: bool,
}

/// A step from a collection to a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The root of a file.
    Root,
    /// A key of a mapping.
    Key(String),
    /// An index of a list.
    Item(usize),
}

impl Origins {
    /// Adds a node.
    pub fn add(&mut self, place: Place) -> Origin {
        self.0.push(place);
        Origin(self.0.len() as u32 - 1)
    }

    /// The place of a node.
    pub fn place(&self, origin: Origin) -> &Place {
        &self.0[origin.0 as usize]
    }

    /// All nodes.
    pub fn iter(&self) -> impl Iterator<Item = (Origin, &Place)> {
        self.0.iter().enumerate().map(|(index, place)| (Origin(index as u32), place))
    }

    /// A node and all nodes below it, which follow it.
    pub fn below(&self, origin: Origin) -> impl Iterator<Item = (Origin, &Place)> {
        let is_inside = move |place: &Place| place.parent.is_some_and(|parent| parent >= origin);
        self.iter().skip(origin.0 as usize).take_while(move |(one, place)| *one == origin || is_inside(place))
    }

    /// Marks a node as a leaf or not.
    pub fn set_leaf(&mut self, origin: Origin, is_leaf: bool) {
        self.0[origin.0 as usize].is_leaf = is_leaf;
    }

    /// Sets the span of a node's value, which is known at its end.
    pub fn set_value(&mut self, origin: Origin, value: Span) {
        self.0[origin.0 as usize].value = value;
    }

    /// The path of a node from the root of its file, such as `services.web.labels["a.b"][0]`.
    pub fn path(&self, origin: Origin) -> String {
        let mut steps = Vec::new();
        let mut next = Some(origin);
        while let Some(origin) = next {
            let place = self.place(origin);
            steps.push(&place.step);
            next = place.parent;
        }
        write_path(steps.into_iter().rev())
    }

    /// The 1-based line of a node in its file.
    pub fn line(&self, origin: Origin, sources: &Sources) -> usize {
        let at = self.place(origin).at;
        let text = &sources.get(at.source).text;
        text.as_bytes()[..(at.start as usize).min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
    }
}

/// Writes a path, such as `services.web.labels["a.b"][0]`.
pub(crate) fn write_path<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Root => {}
            Step::Item(index) => path.push_str(&format!("[{index}]")),
            Step::Key(key) if is_plain(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Step::Key(key) => path.push_str(&format!("[{}]", serde_json::Value::from(key.as_str()))),
        }
    }
    path
}

/// True if a key needs no brackets in a path.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// A value of a project.
#[derive(Clone, Debug)]
pub struct Node {
    /// The node of a file that the value comes from. A value that a canonical form adds has the origin of the written value.
    pub origin: Origin,
    /// The value.
    pub kind: Kind,
}

/// The kinds of values.
#[derive(Clone, Debug)]
pub enum Kind {
    /// No value: `KEY:`.
    Null,
    /// A text, a number or a flag, as text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(IndexMap<String, Node>),
}

/// A scalar, with the variables that it was interpolated from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The parts, which are joined.
    pub parts: Vec<Part>,
    /// The scalar has no quotes, so that YAML reads `1` as a number. False for the result of an interpolation, unless Compose
    /// casts it to a number or flag.
    pub is_plain: bool,
}

/// A part of a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// The value of a variable.
    Variable(Reference),
}

/// The use of a variable. The value of a default that has variables itself, and of `${NAME:+…}`, are parts in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name of the variable.
    pub name: String,
    /// Its value here. Empty if it has none.
    pub value: String,
    /// The source of the value.
    pub source: ValueSource,
}

/// The source of a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueSource {
    /// The environment or a `.env` file.
    Set,
    /// The default in the reference.
    Default,
    /// No value, and no default. Compose uses the empty text, with a warning.
    Unset,
    /// No value, which is an error in Compose (`${NAME:?message}`), with its message.
    Required(String),
}

impl Scalar {
    /// A scalar without variables.
    pub fn text(text: impl Into<String>) -> Scalar {
        Scalar { parts: vec![Part::Text(text.into())], is_plain: false }
    }

    /// The whole text.
    pub fn value(&self) -> Cow<'_, str> {
        match self.parts.as_slice() {
            [] => Cow::Borrowed(""),
            [one] => Cow::Borrowed(one.value()),
            parts => parts.iter().map(Part::value).collect::<String>().into(),
        }
    }
}

impl Part {
    /// The text of the part.
    pub fn value(&self) -> &str {
        match self {
            Part::Text(text) => text,
            Part::Variable(reference) => &reference.value,
        }
    }
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar.value()),
            _ => None,
        }
    }

    /// The items of a list. Other values have none.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping. Other values have none.
    pub fn entries(&self) -> impl Iterator<Item = (&String, &Node)> {
        match &self.kind {
            Kind::Map(entries) => Some(entries.iter()),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// The value of `key` in a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.get(key),
            _ => None,
        }
    }
}

/// The files around a project. Paths are relative to the project's folder, or absolute.
pub trait ProjectFiles {
    /// Reads a file. Only files below the project's folder, and env files that the command line names, can be read.
    fn read(&self, path: &str) -> Result<String, Unread>;

    /// The kind of the file at `path`. `None` if it does not exist, or is outside of the project's folder.
    fn kind(&self, path: &str) -> Option<FileKind>;
}

/// The reason for which a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It does not exist.
    Absent,
    /// It is outside of the project's folder.
    Outside,
    /// Another reason, such as `permission denied`, `the file is larger than 6 MiB` or `not UTF-8 text`.
    Failed(String),
}

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file, or another file that is not a folder.
    File,
    /// A folder.
    Folder,
}

/// The options of reading a project.
#[derive(Debug, Default)]
pub struct ReadOptions {
    /// The Compose files, merged in order, with paths relative to the project's folder. The first one is in the project's folder.
    pub files: Vec<String>,
    /// `--env-file`: replaces `.env`; of several the last wins.
    pub env_files: Vec<String>,
    /// `--name`: the name of the project.
    pub name: Option<String>,
    /// The name of the project's folder.
    pub folder_name: String,
    /// `--profile`: the active profiles. Empty: COMPOSE_PROFILES of the environment.
    pub profiles: Vec<String>,
    /// The process environment. It wins over `.env`.
    pub environment: IndexMap<String, String>,
}
