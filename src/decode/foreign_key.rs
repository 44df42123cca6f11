//! Which foreign key an unknown key is, and what to write in its place.

use std::sync::LazyLock;

use super::deploy;
use crate::ast::Container;
use crate::data::Row;
use crate::foreign_key::{Action, ForeignKey, all, called};
use crate::tree::{Entry, Kind, Node};

/// What to write in place of `entry`, which is `foreign`.
pub(super) fn help(foreign: &ForeignKey, entry: &Entry) -> String {
    let worked_out = match foreign.key.as_str() {
        "deploy" => deploy::instead(&entry.value),
        // Compose's long form of an environment file.
        "path" if foreign.beside == "secret" => entry
            .value
            .text()
            .filter(|path| path.starts_with('/'))
            .map(|path| format!("write `{path}` in place of the mapping: the file has to exist")),
        "ipam" => ipam(&entry.value),
        _ => moved(foreign, entry).map(|(parent, members)| format!("write `{parent}: {members}`")),
    };
    worked_out.unwrap_or_else(|| foreign.help.clone())
}

/// The key that holds the value of `entry` here, and the mapping to write under it, where that is known.
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
    let keys: Vec<String> = ["subnet", "gateway"].into_iter().filter_map(key).collect();
    (!keys.is_empty()).then(|| format!("write {} in its place", keys.join(" and ")))
}

/// A foreign key that is known by more than its name.
fn special(key: &str, beside: &str, action: Action, help: &str) -> ForeignKey {
    ForeignKey { key: key.to_owned(), beside: beside.to_owned(), action, help: help.to_owned() }
}

/// Volumes that exist already, of which a container has none by `volumes`.
static EXTERNAL_VOLUMES: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "volumes",
        "services",
        Action::Rewrite,
        "take it out, and mount a volume that exists already with the container's `podman_args: [--volume=NAME:/PATH]`",
    )
});

/// `network: host`, which is a mode.
static NETWORK_MODE: LazyLock<ForeignKey> = LazyLock::new(|| {
    special("network", "network_mode", Action::Rename { is_certain: true }, "write `network_mode`")
});

/// A part that several services share in Compose, under a key of one's own.
static EXTENSION: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "x-",
        "",
        Action::Rewrite,
        "put what is shared under `constants`, and refer to it: `limits: ${limits.small}`",
    )
});

/// What belongs to a container, and stands in its service.
static IN_CONTAINER: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "",
        "containers",
        Action::Rewrite,
        "put it under the name of a container: `containers: { NAME: { image: … } }`",
    )
});

/// A container in its service, beside `containers`.
static CONTAINER: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "",
        "containers",
        Action::Rewrite,
        "indent it below `containers`, which holds every container of the service",
    )
});

/// Options of NixOS in a service, or at the top.
static OPTION: LazyLock<ForeignKey> = LazyLock::new(|| {
    special(
        "",
        "nixos",
        Action::Rewrite,
        "write options of NixOS under `nixos`, as in `nixos: { programs.git.enable: true }`",
    )
});

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
    has(key) || called(key).any(|foreign| has(&foreign.beside))
}

/// The foreign key that the key of `entry` is, where a mapping with the keys `known` has what is meant.
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
    let is_external = |volume: &Entry| volume.value.get("external").is_some();
    if key == EXTERNAL_VOLUMES.key
        && known.contains(&EXTERNAL_VOLUMES.beside.as_str())
        && matches!(&entry.value.kind, Kind::Map(volumes) if volumes.iter().any(is_external))
    {
        return Some(&EXTERNAL_VOLUMES);
    }
    if key == NETWORK_MODE.key && known.contains(&NETWORK_MODE.beside.as_str()) && is_mode {
        return Some(&NETWORK_MODE);
    }
    // The host's `nixos` is its release.
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
    // A mapping that has one of the keys which stand together for another one is a different mapping.
    let is_elsewhere = |foreign: &&ForeignKey| {
        known.iter().flat_map(|key| called(key)).any(|other| other.help == foreign.help)
    };
    rows.find(fits).filter(|foreign| !is_elsewhere(foreign))
}
