//! Modes of namespaces.

use super::Advice;
use crate::diag::closest;
use crate::path::is_path;
use crate::word::is_word;

/// Whose namespace a container is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamespaceOf {
    /// The host's.
    Host,
    /// That of the container with this name on the host.
    Container(String),
    /// The one at this path.
    Path(String),
    /// One of its own, by this word.
    Own(String),
}

/// The mode `text`, where a namespace of its own is one of `words`, and those that may have options behind a colon are
/// in `with_options`.
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

/// `hots`, where there are these modes.
pub(super) fn advice(text: &str, modes: &[&str]) -> Option<Advice> {
    if text.starts_with("service:") {
        return Advice::new("is Compose's", "write `container:` and the container's name on the host");
    }
    let meant = closest(text, modes.iter().copied())?;
    Advice::new("is no mode of it", format!("did you mean `{meant}`?"))
}
