//! The mounts of `--volume` and `--mount`, parsed as Podman does.

use super::arguments::{Argument, arguments, fields};
use crate::source::Span;
use crate::tree::Text;

/// A mount of a host path or a named volume in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    /// The path on the host, or the name of a volume.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// The options of the mount.
    pub options: Vec<String>,
    /// The span of the argument.
    pub span: Span,
}

impl Bind {
    /// True if the mount is read-only.
    pub(crate) fn is_read_only(&self) -> bool {
        self.options.iter().any(|option| option == "ro")
    }
}

/// The mounts of a list of arguments, including named volumes.
pub(crate) fn mounts(words: &[Text]) -> impl Iterator<Item = Bind> {
    arguments(words).into_iter().filter_map(bind)
}

/// The bind mounts of a list of arguments.
pub(crate) fn binds(words: &[Text]) -> impl Iterator<Item = Bind> {
    mounts(words).filter(|bind| bind.source.starts_with('/'))
}

fn bind(argument: Argument) -> Option<Bind> {
    let value = argument.value?.value();
    match argument.name.as_str() {
        "volume" => volume(&value, argument.span),
        "mount" => mount(&value, argument.span),
        _ => None,
    }
}

/// `SOURCE:TARGET:OPTIONS`.
fn volume(value: &str, span: Span) -> Option<Bind> {
    let mut parts = value.split(':').map(str::to_owned);
    let (source, target) = (parts.next()?, parts.next()?);
    let options = parts.next().unwrap_or_default().split(',').map(str::to_owned).collect();
    Some(Bind { source, target, options, span })
}

/// `type=bind,source=SOURCE,target=TARGET,OPTIONS`. The default type is `volume`. A host path does not change how
/// Podman parses the rest (podman-run(1), --mount). The source of `type=glob` is a pattern.
fn mount(value: &str, span: Span) -> Option<Bind> {
    let mut source = None;
    let mut target = String::new();
    let mut options = Vec::new();
    for part in fields(value) {
        match part.split_once('=') {
            Some(("src" | "source", path)) => {
                // `/path/*` matches everything in the folder, so it counts as the folder.
                let folder = path.strip_suffix('*').filter(|folder| folder.ends_with('/'));
                source = Some(folder.unwrap_or(path).to_owned());
            }
            Some(("target" | "dst" | "destination", path)) => target = path.to_owned(),
            Some(("ro" | "readonly", "true" | "1")) => options.push("ro".to_owned()),
            Some(("bind-propagation", mode)) => options.push(mode.to_owned()),
            None if matches!(part.as_str(), "ro" | "readonly") => options.push("ro".to_owned()),
            _ => {}
        }
    }
    Some(Bind { source: source?, target, options, span })
}
