//! Linux capabilities.

use super::{Advice, Form};
use crate::diag::closest;

/// A capability of capabilities(7), or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Capability {
    /// The name in capitals without `CAP_`, or `ALL`.
    pub name: &'static str,
}

/// The names in capabilities(7) without `CAP_`, and the word for all of them.
const CAPABILITIES: &[&str] = &[
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

impl Form for Capability {
    const NOUN: &'static str = "a capability";
    const LOOKS: &'static str = " such as NET_ADMIN, or ALL";
    const EXPECTED: &'static str = "a name of capabilities(7), or ALL";
    const EXAMPLE: &'static str = "NET_ADMIN";
    const PATTERN: &'static str = r"^[A-Za-z_]+$";

    /// Accepts any case, with or without `CAP_`.
    fn parse(text: &str) -> Option<Capability> {
        let upper = text.to_uppercase();
        let name = upper.strip_prefix("CAP_").filter(|name| *name != "ALL").unwrap_or(&upper);
        CAPABILITIES.iter().find(|known| **known == name).map(|name| Capability { name })
    }

    /// `NET_ADMN`.
    fn advice(text: &str) -> Option<Advice> {
        let upper = text.to_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let suggested = closest(name, CAPABILITIES.iter().copied())?;
        Advice::new("Linux has no capability of this name", format!("did you mean `{suggested}`?"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn a_capability_is_accepted_in_any_case() {
        assert_eq!(Capability::parse("cap_net_admin"), Some(Capability { name: "NET_ADMIN" }));
        parses::<Capability>(&["NET_ADMIN", "ALL", "all"], &["NET_ADMN", "CAP_ALL", "CAP_CAP_KILL", ""]);
        advises::<Capability>(&[("NET_ADMN", "did you mean `NET_ADMIN`?")]);
    }
}
