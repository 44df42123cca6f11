//! Modes of the user namespace.

use super::namespace::{self, NamespaceOf};
use super::{Advice, Form};

/// A mode of the user namespace that a container of root's may have: `keep-id` and `nomap` are "not allowed for containers
/// created by the root user" (podman-run(1), --userns).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Userns(pub NamespaceOf);

impl Form for Userns {
    const NOUN: &'static str = "a mode of the user namespace";
    const LOOKS: &'static str = ": auto, host, container:NAME or ns:PATH";
    const EXAMPLE: &'static str = "auto";
    const PATTERN: &'static str = r"^(auto(:.+)?|host|container:.+|ns:/.+)$";

    fn title() -> &'static str {
        "`auto`, `host`, `container:NAME` or `ns:PATH`"
    }

    fn parse(text: &str) -> Option<Userns> {
        namespace::parse(text, &["auto"], &["auto"]).map(Userns)
    }

    /// `keep-id`, which root has not.
    fn advice(text: &str) -> Option<Advice> {
        match text.split(':').next() {
            Some("keep-id" | "nomap") => Advice::new(
                "Podman has it for users, and this container is root's",
                "write `auto`, or take it out",
            ),
            _ => namespace::advice(text, &["auto", "host"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Userns;

    #[test]
    fn modes() {
        parses::<Userns>(&["auto", "auto:size=8192", "host"], &["", "keep-id", "nomap", "auto:"]);
        advises::<Userns>(&[("keep-id", "write `auto`, or take it out"), ("aut", "did you mean `auto`?")]);
    }
}
