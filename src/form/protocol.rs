//! Protocols of published ports.

use serde::Deserialize;

use super::Form;

/// The protocol of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// The name, as Podman writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

impl Form for Protocol {
    const NOUN: &'static str = "a protocol";
    const LOOKS: &'static str = " such as tcp";
    const EXPECTED: &'static str = "tcp, udp or sctp";
    const EXAMPLE: &'static str = "tcp";
    const PATTERN: &'static str = "^([tT][cC][pP]|[uU][dD][pP]|[sS][cC][tT][pP])$";

    /// Ignores case, as Docker does.
    fn parse(text: &str) -> Option<Protocol> {
        let all = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
        all.into_iter().find(|protocol| text.eq_ignore_ascii_case(protocol.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Protocol;

    #[test]
    fn a_protocol_is_accepted_in_any_case() {
        parses::<Protocol>(&["tcp", "UDP", "sctp"], &["", "both", "tcp/udp"]);
    }
}
