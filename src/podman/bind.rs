//! What `--volume` and `--mount` bind into a container, read as Podman reads them.

use super::arguments::{Argument, arguments, fields};
use crate::source::Span;
use crate::tree::Text;

/// A path of the host, or the name of a volume, in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    /// The path on the host, or the name of a volume.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// The options of the mount.
    pub options: Vec<String>,
    /// Where it is written.
    pub span: Span,
}

impl Bind {
    /// Whether the container can only read it.
    pub(crate) fn is_read_only(&self) -> bool {
        self.options.iter().any(|option| option == "ro")
    }
}

/// What a list of arguments binds, volumes included.
pub(crate) fn mounts(words: &[Text]) -> impl Iterator<Item = Bind> {
    arguments(words).into_iter().filter_map(bind)
}

/// The paths of the host that a list of arguments binds.
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

/// `type=bind,source=SOURCE,target=TARGET,OPTIONS`, where the type is `volume` by default and a path of the host makes
/// no difference to Podman's reading of the rest (podman-run(1), --mount). The source of `type=glob` is a pattern.
fn mount(value: &str, span: Span) -> Option<Bind> {
    let mut source = None;
    let mut target = String::new();
    let mut options = Vec::new();
    for part in fields(value) {
        match part.split_once('=') {
            Some(("src" | "source", path)) => {
                // Everything in a folder is the folder.
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
