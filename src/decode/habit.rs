//! Keys that people bring from Compose, Kubernetes and `podman run`, and what stands for them here.

use crate::ast::Container;
use crate::tree::{Entry, Kind};

/// A key that is written out of habit.
#[derive(Debug)]
pub struct Habit {
    /// What is written.
    written: &'static str,
    /// The key that is meant, which the mapping has.
    pub key: &'static str,
    /// What to write.
    pub instead: &'static str,
    /// Whether what stands under it is right as it is.
    pub same_shape: bool,
}

const fn habit(written: &'static str, key: &'static str, instead: &'static str) -> Habit {
    Habit { written, key, instead, same_shape: false }
}

/// A key that is only called otherwise.
const fn renamed(written: &'static str, key: &'static str, instead: &'static str) -> Habit {
    Habit { written, key, instead, same_shape: true }
}

const HABITS: &[Habit] = &[
    renamed("address", "ipv4_address", "write `ipv4_address`, or `ipv6_address`"),
    renamed("args", "command", "write `command`"),
    habit("build", "image", "build the image elsewhere, and name it under `image`"),
    habit("configs", "volumes", "mount the file under `volumes`"),
    habit(
        "container_name",
        "image",
        "the container's key is its name: give it another key under `containers`",
    ),
    habit("cpus", "limits", "write `limits: { cpus: … }`"),
    habit("deploy", "limits", "write `limits`: { memory: …, cpus: … }"),
    renamed("env", "environment", "write `environment`"),
    renamed("env_files", "env_file", "write `env_file`"),
    habit("extends", "preset", "write the service out, or start from a `preset`"),
    renamed("health_check", "healthcheck", "write `healthcheck`"),
    habit("hostname", "name", "write `name`"),
    habit("links", "depends_on", "write `depends_on`; on its networks a container is found by its name"),
    habit("mem_limit", "limits", "write `limits: { memory: … }`"),
    habit("mem_reservation", "limits", "write `limits: { memory_reservation: … }`"),
    habit("memory", "limits", "write `limits: { memory: … }`"),
    habit("memswap_limit", "limits", "write `limits: { memory_swap: … }`"),
    renamed("mount", "mounts", "write `mounts`"),
    renamed("network", "networks", "write `networks`"),
    habit("pids_limit", "limits", "write `limits: { pids: … }`"),
    habit("platform", "image", "take it out: Podman pulls the image of the host's platform"),
    habit("profiles", "auto_start", "write `auto_start: false`, or `enable: false` on the service"),
    renamed("release", "nixos", "write `nixos`"),
    habit("scale", "containers", "write each container out"),
    renamed("stateVersion", "nixos", "write `nixos` for the release"),
    renamed("state_version", "nixos", "write `nixos` for the release"),
    renamed("time_zone", "timezone", "write `timezone`"),
    habit(
        "token",
        "credentials",
        "write `credentials`, a secret of format `env` with PUSHOVER_TOKEN and PUSHOVER_USER",
    ),
    habit("topic", "url", "write `url`, the address of the topic, such as https://ntfy.sh/my-server"),
    renamed("tz", "timezone", "write `timezone`"),
    habit(
        "user",
        "credentials",
        "write `credentials`, a secret of format `env` with PUSHOVER_TOKEN and PUSHOVER_USER",
    ),
    habit("version", "homegen", "take it out: `homegen: 1` is the version of this language"),
    habit("volumes", "services", "take it out: a volume is declared where it is used, and kept by Podman"),
];

/// `network: host`, which is a mode.
const NETWORK_MODE: Habit = renamed("network", "network_mode", "write `network_mode`");

/// What belongs to a container, and stands in its service.
const IN_CONTAINER: Habit =
    habit("", "containers", "put it under the name of a container: `containers: { NAME: { image: … } }`");

/// Options of NixOS in a service, or at the top.
const OPTION: Habit =
    habit("", "nixos", "write options of NixOS under `nixos`, as in `nixos: { programs.git.enable: true }`");

/// How options of NixOS begin, those that a server has (search.nixos.org/options).
const OPTIONS: &[&str] = &[
    "boot",
    "environment",
    "fileSystems",
    "fonts",
    "hardware",
    "i18n",
    "networking",
    "nix",
    "nixpkgs",
    "powerManagement",
    "programs",
    "security",
    "services",
    "swapDevices",
    "system",
    "systemd",
    "time",
    "users",
    "virtualisation",
    "zramSwap",
];

/// Whether a container has `key`, or what it is called there.
fn is_of_container(key: &str) -> bool {
    let has = |key: &str| Container::KEYS.contains(&key);
    has(key) || HABITS.iter().any(|h| h.written == key && has(h.key))
}

/// The habit behind the key of `entry`, where a mapping with the keys `known` has what is meant.
pub fn of(entry: &Entry, known: &[&str]) -> Option<&'static Habit> {
    let key = entry.key.value();
    let key = key.as_str();
    if known.contains(&key) {
        return None;
    }
    let mode = match &entry.value.kind {
        Kind::Scalar(text) => text.value(),
        _ => String::new(),
    };
    let is_mode = matches!(mode.as_str(), "host" | "none")
        || mode.starts_with("container:")
        || mode.starts_with("service:");
    if key == NETWORK_MODE.written && known.contains(&NETWORK_MODE.key) && is_mode {
        return Some(&NETWORK_MODE);
    }
    // The host's `nixos` is its release.
    let has_options = known.contains(&OPTION.key) && !known.contains(&"timezone");
    let first = key.split('.').next().unwrap_or_default();
    let is_option = OPTIONS.contains(&first) && (key.contains('.') || !is_of_container(key));
    if has_options && is_option {
        return Some(&OPTION);
    }
    if known.contains(&IN_CONTAINER.key) && is_of_container(key) {
        return Some(&IN_CONTAINER);
    }
    let written = key.to_lowercase().replace('-', "_");
    let fits = |h: &&Habit| (h.written == written || h.written == key) && known.contains(&h.key);
    // A mapping that has one of the keys which stand together for another one is a different mapping.
    let is_elsewhere =
        |h: &&Habit| HABITS.iter().any(|other| other.instead == h.instead && known.contains(&other.written));
    HABITS.iter().find(fits).filter(|h| !is_elsewhere(h))
}

#[cfg(test)]
mod tests {
    use super::HABITS;

    #[test]
    fn habits_are_in_order_and_lead_to_keys() {
        assert!(HABITS.windows(2).all(|w| w[0].written < w[1].written));
    }
}
