//! The valid values of `podman run`'s arguments, from podman-run(1) and Podman's sources: `data/podman-values.yaml`
//! and `data/mount-options.yaml`.

pub(crate) mod arguments;
pub(crate) mod bind;
pub(crate) mod publish;

use serde::Deserialize;

use crate::data::{self, Texts};
use crate::form::size_bytes;
use crate::path::is_path;

/// An option of Podman's bridge networks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BridgeOption {
    /// The name.
    #[serde(rename = "option")]
    pub name: String,
    /// The valid values, for a message.
    pub expected: String,
    takes: Option<Takes>,
    #[serde(default)]
    words: Vec<String>,
    most: Option<u32>,
}

/// The kind of value that an option accepts besides its keywords.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Takes {
    Boolean,
    Number,
    Name,
}

impl BridgeOption {
    /// True if the option accepts a value.
    pub(crate) fn fits(&self, value: &str) -> bool {
        let is_number =
            || value.parse::<u32>().is_ok_and(|number| self.most.is_none_or(|most| number <= most));
        self.words.iter().any(|word| word == value)
            || match self.takes {
                Some(Takes::Boolean) => is_bool(value),
                Some(Takes::Number) => is_number(),
                Some(Takes::Name) => !value.is_empty(),
                None => false,
            }
    }
}

/// The options of Podman's bridge networks.
pub(crate) fn bridge_options() -> &'static [BridgeOption] {
    data::section!(Vec<BridgeOption>, "podman-values", "bridge_options")
}

/// A boolean of Go (strconv.ParseBool).
fn is_bool(value: &str) -> bool {
    matches!(
        value,
        "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False"
    )
}

/// The keys of `--security-opt`.
pub(crate) fn security_options() -> &'static [&'static str] {
    data::section!(Texts, "podman-values", "security_options").0
}

/// The key and the value of a `--security-opt`. Docker's older form has a colon.
pub(crate) fn security_option_parts(text: &str) -> (&str, Option<&str>) {
    let separator = if text.contains('=') { '=' } else { ':' };
    text.split_once(separator).map_or((text, None), |(key, value)| (key, Some(value)))
}

/// True if Podman accepts `text` as a value of `--security-opt`.
pub(crate) fn is_security_option(text: &str) -> bool {
    match security_option_parts(text) {
        ("no-new-privileges", value) => value.is_none_or(is_bool),
        ("systempaths", value) => value == Some("unconfined"),
        (key, value) => value.is_some() && security_options().contains(&key),
    }
}

/// Device groups with a fixed number on every NixOS host.
pub(crate) fn host_groups() -> &'static [&'static str] {
    data::section!(Texts, "podman-values", "host_groups").0
}

/// Groups of other systems for devices or sockets, without a fixed number on NixOS.
pub(crate) fn unnumbered_groups() -> &'static [&'static str] {
    data::section!(Texts, "podman-values", "unnumbered_groups").0
}

/// The resources that `--ulimit` takes.
pub(crate) fn ulimits() -> &'static [&'static str] {
    data::section!(Texts, "podman-values", "ulimits").0
}

/// The namespace of a kernel parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SysctlOf {
    /// The network.
    Network,
    /// System V IPC and message queues.
    Ipc,
    /// No namespace: it applies to the whole host.
    Host,
}

/// The namespace of a kernel parameter. A container can only set parameters of its own namespaces (podman-run(1),
/// --sysctl).
pub(crate) fn sysctl_of(name: &str) -> SysctlOf {
    let core = || data::section!(Texts, "podman-values", "core_sysctls").0;
    let ipc = || data::section!(Texts, "podman-values", "ipc_sysctls").0;
    let host_network = || data::section!(Texts, "podman-values", "host_network_sysctls").0;
    match name {
        name if name.starts_with("net.core.") && !core().contains(&name) => SysctlOf::Host,
        name if host_network().iter().any(|host| name.starts_with(host)) => SysctlOf::Host,
        name if name.starts_with("net.") => SysctlOf::Network,
        name if name.starts_with("fs.mqueue.") || ipc().contains(&name) => SysctlOf::Ipc,
        _ => SysctlOf::Host,
    }
}

/// `data/mount-options.yaml`. Podman accepts one option of each row, once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MountOptions {
    volume: Vec<Vec<String>>,
    tmpfs: Vec<Vec<String>>,
}

/// The options of a volume, or of a tmpfs.
fn mount_options(tmpfs: bool) -> &'static [Vec<String>] {
    let options = data::table!(MountOptions, "mount-options");
    if tmpfs { &options.tmpfs } else { &options.volume }
}

/// True for Docker's options for the owner of a tmpfs, which Podman does not support.
pub(crate) fn is_tmpfs_owner(option: &str) -> bool {
    matches!(option.split('=').next(), Some("uid" | "gid"))
}

/// A mistake in the options of a mount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadOption<'a> {
    /// An unknown option.
    Unknown(&'a str),
    /// An option with an invalid value.
    Value(&'a str),
    /// Two options that exclude each other.
    Both(&'a str, &'a str),
}

/// The index and the mistake of the first invalid option of a volume or a tmpfs.
pub(crate) fn bad_option<'a>(options: &[&'a str], tmpfs: bool) -> Option<(usize, BadOption<'a>)> {
    let mut seen: Vec<(usize, &str)> = Vec::new();
    for (index, option) in options.iter().enumerate() {
        let (name, value) =
            option.split_once('=').map_or((*option, None), |(name, value)| (name, Some(value)));
        let is_row = |row: &Vec<String>| row.iter().any(|known| known == name);
        let Some(row) = mount_options(tmpfs).iter().position(is_row) else {
            return Some((index, BadOption::Unknown(option)));
        };
        let fits = match (name, value) {
            // A size is a number with k, m or g, or a percentage of the memory (tmpfs(5)).
            ("size", Some(v)) => {
                v.strip_suffix('%').is_some_and(|n| n.parse::<u8>().is_ok()) || size_bytes(v).is_some()
            }
            ("mode", Some(v)) => matches!(v.len(), 3..=5) && v.bytes().all(|b| (b'0'..=b'7').contains(&b)),
            ("upperdir" | "workdir", Some(v)) => is_path(v),
            ("idmap", _) => true,
            (_, value) => value.is_none() && !matches!(name, "size" | "mode" | "upperdir" | "workdir"),
        };
        if !fits {
            return Some((index, BadOption::Value(option)));
        }
        if let Some((_, first)) = seen.iter().find(|(r, _)| *r == row) {
            return Some((index, BadOption::Both(first, option)));
        }
        seen.push((row, option));
    }
    None
}

/// The known option that is most similar to an unknown one.
pub(crate) fn closest_option(option: &str, tmpfs: bool) -> Option<&'static str> {
    let name = option.split('=').next().unwrap_or_default();
    crate::diag::closest(name, mount_options(tmpfs).iter().flatten().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_mount_options_are_found() {
        assert_eq!(bad_option(&["ro", "Z", "U", "noexec"], false), None);
        assert_eq!(bad_option(&["O", "upperdir=/a", "workdir=/b"], false), None);
        assert_eq!(bad_option(&["rw", "size=64m", "mode=1777", "noexec"], true), None);
        assert_eq!(bad_option(&["ro", "rw"], false), Some((1, BadOption::Both("ro", "rw"))));
        assert_eq!(bad_option(&["z", "Z"], false), Some((1, BadOption::Both("z", "Z"))));
        assert_eq!(bad_option(&["size=1g"], false), Some((0, BadOption::Unknown("size=1g"))));
        assert_eq!(bad_option(&["size=lots"], true), Some((0, BadOption::Value("size=lots"))));
        assert_eq!(bad_option(&["ro=1"], true), Some((0, BadOption::Value("ro=1"))));
        assert_eq!(bad_option(&["uid=1000"], true), Some((0, BadOption::Unknown("uid=1000"))));
        assert_eq!(closest_option("noexek", true), Some("noexec"));
    }
    #[test]
    fn the_lists_of_podman_values_are_sorted_and_valid() {
        const FILE: &str = data::file!("podman-values");
        data::tests::assert_lists_are_sorted(FILE);
        data::tests::assert_keys(
            FILE,
            &[
                "bridge_options",
                "security_options",
                "host_groups",
                "unnumbered_groups",
                "ulimits",
                "ipc_sysctls",
                "core_sysctls",
                "host_network_sysctls",
            ],
        );
        assert!(bridge_options().is_sorted_by(|one, next| one.name < next.name));
        for option in bridge_options() {
            assert!(option.takes.is_some() || !option.words.is_empty(), "{}", option.name);
            assert!(option.most.is_none() || matches!(option.takes, Some(Takes::Number)), "{}", option.name);
        }
        for tmpfs in [false, true] {
            let mut seen = std::collections::HashSet::new();
            assert!(mount_options(tmpfs).iter().flatten().all(|option| seen.insert(option)));
        }
    }
}
