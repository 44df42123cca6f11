//! IPC namespace modes.

use super::namespace::{self, NamespaceOf};
use super::{Advice, Form};

/// An IPC namespace mode (podman-run(1), --ipc).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ipc(pub NamespaceOf);

impl Form for Ipc {
    const NOUN: &'static str = "an IPC mode";
    const LOOKS: &'static str = " such as host";
    const EXPECTED: &'static str = "host, none, private, shareable, container:NAME or ns:PATH";
    const EXAMPLE: &'static str = "private";
    const PATTERN: &'static str = r"^(host|none|private|shareable|container:.+|ns:/.+)$";

    fn title() -> &'static str {
        "`host`, `none`, `private`, `shareable`, `container:NAME` or `ns:PATH`"
    }

    fn parse(text: &str) -> Option<Ipc> {
        namespace::parse(text, &["none", "private", "shareable"], &[]).map(Ipc)
    }

    fn advice(text: &str) -> Option<Advice> {
        namespace::advice(text, &["host", "none", "private", "shareable"])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Ipc;

    #[test]
    fn an_ipc_mode_is_a_known_word_or_another_namespace() {
        parses::<Ipc>(
            &["host", "shareable", "container:db", "ns:/proc/1/ns/ipc"],
            &["", "hots", "container:", "ns:x", "auto"],
        );
        advises::<Ipc>(&[
            ("hots", "did you mean `host`?"),
            ("service:db", "write `container:NAME`, with the container's name on the host"),
        ]);
    }
}
