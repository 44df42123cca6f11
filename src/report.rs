//! The report of an import: what became of each node of the Compose files.

pub mod human;
pub mod json;
pub mod mask;
pub mod move_data;
pub mod next_steps;

use std::fmt::{Display, Formatter};

use zeroize::Zeroizing;

use crate::project::{Origin, Step, write_path};

/// A report. The lines and the mapped nodes together account for every node of the input.
#[derive(Debug, Default)]
pub struct Report {
    /// The differences from the input, and the tasks for a person.
    pub lines: Vec<Line>,
    /// The nodes whose values are in the output, or have no meaning there.
    pub mapped: Vec<Mapped>,
}

/// A line of the report.
#[derive(Clone, Debug)]
pub struct Line {
    /// The node. `None` for the project as a whole.
    pub origin: Option<Origin>,
    /// The kind.
    pub kind: Kind,
    /// The cause, which is the same text for all lines with this cause.
    pub cause: String,
    /// The local fact, such as the value in the output.
    pub detail: Option<String>,
}

/// The kinds of lines, from the most to the least severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The project, or a service of it, cannot be written.
    Refused,
    /// A value has no equivalent, and something is lost.
    Dropped,
    /// The input has no value.
    FillIn,
    /// A person has to do something on the host.
    OnTheHost,
    /// The value has another form with the same meaning.
    Changed,
}

/// A node that is in the output, or is left out without a loss.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// The node.
    pub origin: Origin,
    /// Its place in the output, or the reason for which it is left out.
    pub to: Result<Path, &'static str>,
}

/// A step on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostStep {
    /// Copies a folder or a file of the project.
    CopyPath {
        /// The path as in the Compose file, relative to the project's folder.
        from: String,
        /// The absolute path that the container has.
        to: String,
    },
    /// Copies a volume of Docker into a volume of Podman.
    CopyVolume {
        /// Docker's name of the volume.
        from: String,
        /// Podman's name.
        to: String,
    },
}

/// A secret of an import.
#[derive(Debug)]
pub struct ImportedSecret {
    /// The name in homeserver.yaml.
    pub name: String,
    /// The content, or `None` if the Compose file has no value for it.
    pub content: Option<Zeroizing<String>>,
    /// True for lines of `KEY=value`.
    pub is_env: bool,
}

/// A path of keys and indexes in homeserver.yaml.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<Step>);

impl Kind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Dropped => "dropped",
            Kind::FillIn => "fill_in",
            Kind::OnTheHost => "on_the_host",
            Kind::Changed => "changed",
        }
    }
}

impl Path {
    /// The path of `keys`.
    pub fn of(keys: &[&str]) -> Path {
        Path(keys.iter().map(|key| Step::Key((*key).to_owned())).collect())
    }

    /// The path with one more key.
    pub fn key(&self, key: &str) -> Path {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path with one more index.
    pub fn item(&self, index: usize) -> Path {
        self.with(Step::Item(index))
    }

    fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }
}

impl Display for Path {
    fn fmt(&self, formatter: &mut Formatter) -> std::fmt::Result {
        formatter.write_str(&write_path(self.0.iter()))
    }
}
