//! Matches undeclared keys with keys of other tools, and finds their replacements.

use std::sync::LazyLock;

use super::deploy;
use crate::ast::Container;
use crate::data::Row;
use crate::foreign_key::{Action, ForeignKey, all, called};
use crate::tree::{Entry, Kind, Node};

/// The help for `entry`, whose key is `foreign`.
pub(super) fn help(foreign: &ForeignKey, entry: &Entry) -> String {
    let worked_out = match foreign.key.as_str() {
        "deploy" => deploy::instead(&entry.value),
        // Compose's long form of an environment file.
        "path" if foreign.beside == "secret" => entry
            .value
            .text()
            .filter(|path| path.starts_with('/'))
            .map(|path| format!("write `{path}` instead of the mapping: homegen requires the file")),
        "ipam" => ipam(&entry.value),
        _ => moved(foreign, entry).map(|(parent, members)| format!("write `{parent}: {members}`")),
    };
    worked_out.unwrap_or_else(|| foreign.help.clone())
}

/// The key that takes the value of `entry`, and the mapping to write under it, if both are known.
pub(super) fn moved<'f>(foreign: &'f ForeignKey, entry: &Entry) -> Option<(&'f str, String)> {
    let Action::MoveUnder(parent, member) = &foreign.action else { return None };
    let Kind::Scalar(text) = &entry.value.kind else { return None };
    let is_plain = text.plain && text.is_literal() && !text.value().is_empty();
    is_plain.then(|| (parent.as_str(), format!("{{ {member}: {} }}", text.value())))
}

/// Compose's addresses of a network: `ipam: { config: [{ subnet: 172.20.0.0/16 }] }`.
fn ipam(ipam: &Node) -> Option<String> {
    let Kind::List(configs) = &ipam.get("config")?.kind else { return None };
    let [config] = configs.as_slice() else { return None };
    let key = |key: &str| Some(format!("`{key}: {}`", config.get(key)?.text()?));
    let keys: Vec<String> = ["subnet", "gateway", "ip_range"].into_iter().filter_map(key).collect();
    (!keys.is_empty()).then(|| format!("write {} instead", keys.join(" and ")))
}

/// A foreign key that is recognized by more than its name.
fn special(key: &str, beside: &str, action: Action, help: &str) -> ForeignKey {
    ForeignKey { key: key.to_owned(), beside: beside.to_owned(), action, help: help.to_owned() }
}

/// Volumes with names of their own.
static NAMED_VOLUMES: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "volumes",
        "services",
        Action::Rewrite,
        "move it to the service that mounts the volume: `services: { NAME: { volumes: { VOLUME: { name: … } } } }`",
    )
});

/// `network: host`, which is a network mode.
static NETWORK_MODE: LazyLock<ForeignKey> = LazyLock::new(|| {
    special("network", "network_mode", Action::Rename { is_certain: true }, "write `network_mode`")
});

/// Compose's extension fields, which several services share.
static EXTENSION: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "x-",
        "",
        Action::Rewrite,
        "move the shared values to `constants`, and refer to them: `limits: ${limits.small}`",
    )
});

/// A key of a container, written in its service.
static IN_CONTAINER: LazyLock<ForeignKey> = LazyLock::new(|| {
    special("", "containers", Action::Rewrite, "move it to a container: `containers: { NAME: { image: … } }`")
});

/// A container beside `containers`, in its service.
static CONTAINER: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "",
        "containers",
        Action::Rewrite,
        "indent it below `containers`, which has all containers of the service",
    )
});

/// NixOS options in a service, or at the top level.
static OPTION: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "",
        "nixos",
        Action::Rewrite,
        "move NixOS options under `nixos`, as in `nixos: { programs.git.enable: true }`",
    )
});

/// The first parts of NixOS options that a server sets (search.nixos.org/options).
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

/// Reports whether a container has `key`, or a key that replaces it.
fn is_of_container(key: &str) -> bool {
    let has = |key: &str| Container::KEYS.contains(&key);
    has(key) || called(key).any(|foreign| has(&foreign.beside))
}

/// The foreign key that matches `entry` in a mapping with the keys `known`.
pub(super) fn of(entry: &Entry, known: &[&str]) -> Option<&'static ForeignKey> {
    let key = entry.key.value();
    let key = key.as_str();
    if known.contains(&key) {
        return None;
    }
    if key.starts_with(&EXTENSION.key) {
        return Some(&EXTENSION);
    }
    let mode = match &entry.value.kind {
        Kind::Scalar(text) => text.value(),
        _ => String::new(),
    };
    let is_mode = matches!(mode.as_str(), "host" | "none")
        || mode.starts_with("container:")
        || mode.starts_with("service:");
    let has_name = |volume: &Entry| ["external", "name"].iter().any(|key| volume.value.get(key).is_some());
    if key == NAMED_VOLUMES.key
        && known.contains(&NAMED_VOLUMES.beside.as_str())
        && matches!(&entry.value.kind, Kind::Map(volumes) if volumes.iter().any(has_name))
    {
        return Some(&NAMED_VOLUMES);
    }
    if key == NETWORK_MODE.key && known.contains(&NETWORK_MODE.beside.as_str()) && is_mode {
        return Some(&NETWORK_MODE);
    }
    // In `host`, `nixos` is the release.
    let has_options = known.contains(&OPTION.beside.as_str()) && !known.contains(&"timezone");
    let first = key.split('.').next().unwrap_or_default();
    let is_option = OPTIONS.contains(&first) && (key.contains('.') || !is_of_container(key));
    if has_options && is_option {
        return Some(&OPTION);
    }
    if known.contains(&IN_CONTAINER.beside.as_str()) && is_of_container(key) {
        return Some(&IN_CONTAINER);
    }
    if known.contains(&CONTAINER.beside.as_str()) && entry.value.get("image").is_some() {
        return Some(&CONTAINER);
    }
    let written = key.to_lowercase().replace('-', "_");
    let fits = |foreign: &&ForeignKey| known.contains(&foreign.beside.as_str());
    let mut rows = all().iter().filter(|row| row.is(&written) || row.is(key)).map(Row::get);
    // If the mapping declares one of several keys that together replace another, the key belongs to a different mapping.
    let is_other_mapping = |foreign: &&ForeignKey| {
        known.iter().flat_map(|key| called(key)).any(|other| other.help == foreign.help)
    };
    rows.find(fits).filter(|foreign| !is_other_mapping(foreign))
}
