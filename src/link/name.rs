//! Names: which are possible, and which are taken.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Service, Site};
use crate::printable::{hidden, without_hidden};
use crate::source::Span;
use crate::tree::Text;
use crate::word::is_word;

/// What a service cannot be called, because `homeserver.NAME` is something else.
const RESERVED_OPTIONS: &[&str] =
    &["mounts", "networks", "notify", "scripts", "secretsDirectory", "smokeTest"];

/// The most characters of a service's name, which is a part of names that have limits of their own.
const LONGEST_SERVICE: usize = 40;

/// The most characters of a label of a domain name (RFC 1035, 2.3.4). A container is found by its name in the DNS.
const LONGEST_LABEL: usize = 63;

pub(super) fn check_service(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    if RESERVED_OPTIONS.contains(&Service::option_name(&value).as_str()) {
        bad(name, "choose another one: homegen has an option of this name", diagnostics);
    } else {
        check_plain(name, diagnostics);
    }
}

pub(super) fn check_client(name: &Text, diagnostics: &mut Diagnostics) {
    check_plain(name, diagnostics);
}

/// What may be a service's name: a folder, a unit and, in another spelling, an option.
fn check_plain(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-")
        && value.bytes().all(|b| !b.is_ascii_uppercase())
        && value.starts_with(|c: char| c.is_ascii_lowercase())
        && !value.ends_with('-')
        && !value.contains("--");
    if !fits {
        bad(name, "use small letters, digits and single hyphens, and begin with a letter", diagnostics);
    } else if value.len() > LONGEST_SERVICE {
        too_long(name, &value, LONGEST_SERVICE, "", diagnostics);
    }
}

pub(super) fn check_container(name: &Text, full: &str, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-_")
        && value.bytes().all(|b| !b.is_ascii_uppercase())
        && value.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !fits {
        bad(name, "use small letters, digits, `-` and `_`, and begin with a letter", diagnostics);
        return;
    }
    // A service's name that is too long was reported.
    let service = full.strip_suffix(&value).map_or(full, |service| service.trim_end_matches('-'));
    let service = if service.is_empty() { &value } else { service };
    if full.len() > LONGEST_LABEL && service.len() <= LONGEST_SERVICE {
        too_long(name, full, LONGEST_LABEL, ", with the service's name before it", diagnostics);
    }
}

/// Reports a name of allowed characters, of which there are too many.
fn too_long(name: &Text, full: &str, most: usize, why: &str, diagnostics: &mut Diagnostics) {
    let length = full.len();
    diagnostics.push(
        Diagnostic::new(
            Code::BadName,
            format!("the name `{full}` is too long"),
            name.span,
            format!("expected at most {most} characters, found {length}{why}"),
        )
        .help(format!("shorten it by {}", length - most)),
    );
}

pub(super) fn check_network(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-_.") && value.starts_with(|c: char| c.is_ascii_alphanumeric());
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
    } else if value.len() > LONGEST_LABEL {
        too_long(name, &value, LONGEST_LABEL, "", diagnostics);
    }
}

/// Refuses a bridge with the name of an interface that is there already: loopback, the bridge of Podman's default network,
/// and the tailnet's.
pub(super) fn check_bridge(name: &Text, diagnostics: &mut Diagnostics) {
    if matches!(name.value().as_str(), "lo" | "podman0" | "tailscale0") {
        bad(name, "choose a name that no interface has, such as `br-NAME`", diagnostics);
    }
}

pub(super) fn check_secret(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    if !is_word(&value, b"-_") || !value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        bad(name, "use letters, digits, `-` and `_`, and begin with a letter", diagnostics);
    }
}

fn bad(name: &Text, help: &str, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let (label, help) = match hidden(&value) {
        Some(hidden) => (hidden, format!("write `{}`", without_hidden(&value))),
        None => ("not a possible name".to_owned(), help.to_owned()),
    };
    let title = format!("`{value}` cannot be a name here");
    diagnostics.push(Diagnostic::new(Code::BadName, title, name.span, label).help(help));
}

/// What ends up under one name on the host, and may be there once.
pub(super) fn check_unique(host: &Host, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&str, String), Span> = HashMap::new();
    // Whether the name is free.
    let mut take = |kind: &'static str, name: String, span: Span| {
        let first = taken.insert((kind, name.clone()), span);
        if let Some(first) = first {
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
        first.is_none()
    };
    if let Some(interface) = host.tailscale.as_ref().and_then(|tailscale| tailscale.interface.text.written())
    {
        take("interface", interface.value(), interface.span);
    }
    for network in &host.networks {
        take("network", network.name.to_string(), network.span);
        if !network.is_external() {
            take("unit", network.unit(), network.span);
            take("interface", network.interface.value(), network.span);
        }
    }
    for service in &host.services {
        take("option", service.option.clone(), service.span);
        if let Some(network) = &service.network {
            // Two networks of one name would have the same unit.
            if take("network", network.name.to_string(), network.span) {
                take("unit", network.unit(), network.span);
                take("interface", network.interface.value(), network.span);
            }
        }
        for container in &service.containers {
            take("container", container.name.to_string(), container.span);
        }
    }
    for job in host.jobs() {
        take("unit", job.unit.clone(), job.span);
        take("option", job.option.clone(), job.span);
        if let Some(backup) = job.backup() {
            take("backup", format!("{}/{}", backup.to.value().trim_end_matches('/'), backup.stem), job.span);
        }
    }
    // A service that is off has no site, and may be the other one of a choice.
    let is_off = |id: &Id<Service>| host.service(id).is_some_and(|service| !service.enable);
    let is_on = |site: &&Site| !site.service.as_ref().is_some_and(is_off);
    for site in host.front.iter().flat_map(|f| &f.sites).filter(is_on) {
        take("site", site.host.value().to_lowercase(), site.host.span);
        for alias in &site.aliases {
            take("site", alias.text.value().to_lowercase(), alias.text.span);
        }
    }
}
