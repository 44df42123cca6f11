//! User namespace modes.

use super::namespace::{self, NamespaceOf};
use super::{Advice, Form};

/// A user namespace mode that Podman accepts for a rootful container: `keep-id` and `nomap` are "not allowed for containers
/// created by the root user" (podman-run(1), --userns).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Userns(pub NamespaceOf);

impl Form for Userns {
    const NOUN: &'static str = "a user namespace mode";
    const LOOKS: &'static str = " such as host";
    const EXPECTED: &'static str = "auto, host, container:NAME or ns:PATH";
    const EXAMPLE: &'static str = "auto";
    const PATTERN: &'static str = r"^(auto(:.+)?|host|container:.+|ns:/.+)$";

    fn title() -> &'static str {
        "`auto`, `host`, `container:NAME` or `ns:PATH`"
    }

    fn parse(text: &str) -> Option<Userns> {
        namespace::parse(text, &["auto"], &["auto"]).map(Userns)
    }

    /// `keep-id`, which Podman refuses for rootful containers.
    fn advice(text: &str) -> Option<Advice> {
        match text.split(':').next() {
            Some("keep-id" | "nomap") => Advice::new(
                "Podman accepts this mode only for rootless containers",
                "write `auto`, or remove it",
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
    fn only_user_namespace_modes_of_rootful_containers_are_accepted() {
        parses::<Userns>(&["auto", "auto:size=8192", "host"], &["", "keep-id", "nomap", "auto:"]);
        advises::<Userns>(&[("keep-id", "write `auto`, or remove it"), ("aut", "did you mean `auto`?")]);
    }
}
