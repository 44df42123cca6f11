//! Namespace modes.

use super::Advice;
use crate::diag::closest;
use crate::path::is_path;
use crate::word::is_word;

/// The namespace that a container uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamespaceOf {
    /// The host's namespace.
    Host,
    /// The namespace of the container with this name on the host.
    Container(String),
    /// The namespace at this path.
    Path(String),
    /// A namespace of its own, requested by this word.
    Own(String),
}

/// Parses the mode `text`. `words` request a namespace of the container's own; those in `with_options` may be followed by a
/// colon and options.
pub(super) fn parse(text: &str, words: &[&str], with_options: &[&str]) -> Option<NamespaceOf> {
    if text == "host" {
        return Some(NamespaceOf::Host);
    }
    if words.contains(&text) {
        return Some(NamespaceOf::Own(text.to_owned()));
    }
    let (kind, rest) = text.split_once(':')?;
    match kind {
        "ns" => is_path(rest).then(|| NamespaceOf::Path(rest.to_owned())),
        _ if !is_word(rest, b"_.-:=,@") => None,
        "container" => Some(NamespaceOf::Container(rest.to_owned())),
        kind => with_options.contains(&kind).then(|| NamespaceOf::Own(text.to_owned())),
    }
}

/// Suggests the mode that is close to `text`, as for `hots`.
pub(super) fn advice(text: &str, modes: &[&str]) -> Option<Advice> {
    if text.starts_with("service:") {
        return Advice::new(
            "`service:` is Compose's",
            "write `container:NAME`, with the container's name on the host",
        );
    }
    let suggested = closest(text, modes.iter().copied())?;
    Advice::new("is not a mode of this namespace", format!("did you mean `{suggested}`?"))
}
