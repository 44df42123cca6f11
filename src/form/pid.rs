//! PID namespace modes.

use super::namespace::{self, NamespaceOf};
use super::{Advice, Form};

/// A PID namespace mode (podman-run(1), --pid).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pid(pub NamespaceOf);

impl Form for Pid {
    const NOUN: &'static str = "a PID mode";
    const LOOKS: &'static str = " such as host";
    const EXPECTED: &'static str = "host, private, container:NAME or ns:PATH";
    const EXAMPLE: &'static str = "private";
    const PATTERN: &'static str = r"^(host|private|container:.+|ns:/.+)$";

    fn title() -> &'static str {
        "`host`, `private`, `container:NAME` or `ns:PATH`"
    }

    fn parse(text: &str) -> Option<Pid> {
        namespace::parse(text, &["private"], &[]).map(Pid)
    }

    fn advice(text: &str) -> Option<Advice> {
        namespace::advice(text, &["host", "private"])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Pid;

    #[test]
    fn a_pid_mode_is_host_private_or_another_namespace() {
        parses::<Pid>(&["host", "private", "container:db"], &["", "none", "service:db"]);
    }
}
