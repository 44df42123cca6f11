//! Names: which are possible, and which are taken.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::job::Work;
use crate::hir::{Host, Site};
use crate::source::Span;
use crate::tree::Text;
use crate::word::is_word;

/// A container owns `/run/NAME` (RuntimeDirectory of its unit), so it cannot have the name of a folder
/// there that is another's.
const FOLDERS_IN_RUN: &[&str] = &[
    "agenix",
    "agenix.d",
    "booted-system",
    "caddy",
    "containers",
    "credentials",
    "crun",
    "current-system",
    "dbus",
    "keys",
    "libpod",
    "lock",
    "log",
    "mount",
    "netns",
    "nixos",
    "nscd",
    "podman",
    "postgresql",
    "secrets",
    "sshd",
    "sudo",
    "systemd",
    "tailscale",
    "udev",
    "user",
    "utmp",
    "wrappers",
];

/// What a service cannot be called, because `homeserver.NAME` is something else.
const RESERVED_OPTIONS: &[&str] = &["notify", "secretsDirectory", "smokeTest"];

pub(super) fn check_service(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    if RESERVED_OPTIONS.contains(&super::Service::option_name(&value).as_str()) {
        bad(name, "choose another one: homegen has an option of this name", diagnostics);
    } else if !is_plain(&value) {
        bad(name, "use small letters, digits and single hyphens, and begin with a letter", diagnostics);
    }
}

pub(super) fn check_client(name: &Text, diagnostics: &mut Diagnostics) {
    if !is_plain(&name.value()) {
        bad(name, "use small letters, digits and single hyphens, and begin with a letter", diagnostics);
    }
}

/// What may be a service's name: a folder, a unit and, in another spelling, an option.
fn is_plain(name: &str) -> bool {
    is_word(name, b"-")
        && name.bytes().all(|b| !b.is_ascii_uppercase())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.len() <= 40
}

pub(super) fn check_container(name: &Text, full: &str, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-_")
        && value.bytes().all(|b| !b.is_ascii_uppercase())
        && value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && full.len() <= 63;
    if !fits {
        bad(name, "use small letters, digits, `-` and `_`, and begin with a letter", diagnostics);
    } else if FOLDERS_IN_RUN.contains(&full) || full == "redis" || full.starts_with("redis-") {
        diagnostics.push(
            Diagnostic::new(
                Code::BadName,
                format!("the container `{full}` would own the folder /run/{full}"),
                name.span,
                "the name of another program's folder",
            )
            .help("call the container, or the service, something else"),
        );
    }
}

pub(super) fn check_network(name: &Text, diagnostics: &mut Diagnostics) -> bool {
    let value = name.value();
    let fits = is_word(&value, b"-_.")
        && value.starts_with(|c: char| c.is_ascii_alphanumeric())
        && value.len() <= 63;
    // `podman` is the default network, and the modes are not networks.
    let taken = matches!(
        value.as_str(),
        "podman"
            | "default"
            | "host"
            | "none"
            | "bridge"
            | "private"
            | "slirp4netns"
            | "pasta"
            | "container"
            | "ns"
    );
    if !fits || taken {
        bad(
            name,
            "use letters, digits, `-`, `_` and `.`, and none of Podman's own words such as `host`",
            diagnostics,
        );
    }
    fits && !taken
}

pub(super) fn check_secret(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    if !is_word(&value, b"-_") || !value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        bad(name, "use letters, digits, `-` and `_`, and begin with a letter", diagnostics);
    }
}

fn bad(name: &Text, help: &str, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::BadName,
            format!("`{}` cannot be a name here", name.value()),
            name.span,
            "not a possible name",
        )
        .help(help),
    );
}

/// What ends up under one name on the host, and may be there once.
pub(super) fn check_unique(host: &Host, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&str, String), Span> = HashMap::new();
    let mut take = |kind: &'static str, name: String, span: Span| {
        if let Some(first) = taken.insert((kind, name.clone()), span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::NameTaken,
                    format!("two of the {kind}s are called `{name}`"),
                    span,
                    "has a name that is taken",
                )
                .and(first, "by this one")
                .help("give one of them another name"),
            );
        }
    };
    for network in &host.networks {
        take("network", network.name.clone(), network.span);
        if !network.is_external() {
            take("unit", network.unit(), network.span);
            take("interface", network.interface.value(), network.span);
        }
    }
    for service in &host.services {
        take("option", service.option.clone(), service.span);
        if let Some(network) = &service.network {
            take("unit", network.unit(), network.span);
            take("network", network.name.clone(), network.span);
            take("interface", network.interface.value(), network.span);
        }
        for container in &service.containers {
            take("container", container.name.clone(), container.span);
        }
    }
    for job in host.jobs() {
        take("unit", job.unit.clone(), job.span);
        take("option", job.option.clone(), job.span);
        if let Work::Backup(backup) = &job.work {
            take("backup", format!("{}/{}", backup.to.value().trim_end_matches('/'), backup.stem), job.span);
        }
    }
    // A service that is off has no site, and may be the other one of a choice.
    let is_on = |site: &&Site| {
        let service = host.services.iter().find(|s| Some(&s.option) == site.service.as_ref());
        service.is_none_or(|s| s.enable)
    };
    for site in host.front.iter().flat_map(|f| &f.sites).filter(is_on) {
        take("site", site.host.value().to_lowercase(), site.host.span);
        for alias in &site.declared.aliases {
            take("site", alias.value().to_lowercase(), alias.0.span);
        }
    }
}
