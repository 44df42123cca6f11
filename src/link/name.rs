//! Checks that names are valid and unique.

use std::collections::{HashMap, HashSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Host, Id, Service, Site};
use crate::printable::{hidden, without_hidden};
use crate::source::Span;
use crate::tree::Text;
use crate::word::is_word;

/// The names that a service cannot have, because `homeserver.NAME` is another option.
const RESERVED_OPTIONS: &[&str] =
    &["mounts", "networks", "notify", "scripts", "secretsDirectory", "smokeTest", "units"];

/// The most characters of a service's name. It becomes a part of other names, which have limits of their own.
const LONGEST_SERVICE: usize = 40;

/// The most characters of a label of a domain name (RFC 1035, 2.3.4). A container is found by its name in the DNS.
const LONGEST_LABEL: usize = 63;

pub(super) fn check_service(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    if RESERVED_OPTIONS.contains(&Service::option_name(&value).as_str()) {
        bad(name, "a service", "rename the service: homegen declares an option of this name", diagnostics);
    } else {
        check_plain(name, "a service", diagnostics);
    }
}

pub(super) fn check_client(name: &Text, diagnostics: &mut Diagnostics) {
    check_plain(name, "a client", diagnostics);
}

pub(super) fn check_auth_provider(name: &Text, diagnostics: &mut Diagnostics) {
    check_plain(name, "an auth provider", diagnostics);
}

/// Checks the name of a service or a client, which becomes a folder, a unit and an option.
fn check_plain(name: &Text, owner: &str, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-")
        && value.bytes().all(|b| !b.is_ascii_uppercase())
        && value.starts_with(|c: char| c.is_ascii_lowercase())
        && !value.ends_with('-')
        && !value.contains("--");
    if !fits {
        bad(
            name,
            owner,
            "use lower-case letters, digits and single hyphens, and start with a letter",
            diagnostics,
        );
    } else if value.len() > LONGEST_SERVICE {
        too_long(name, &value, LONGEST_SERVICE, "", diagnostics);
    }
}

pub(super) fn check_container(name: &Text, full: &str, diagnostics: &mut Diagnostics) {
    check_part(name, full, "a container", diagnostics);
}

pub(super) fn check_backup(name: &Text, full: &str, diagnostics: &mut Diagnostics) {
    check_part(name, full, "a backup", diagnostics);
}

pub(super) fn check_job(name: &Text, full: &str, diagnostics: &mut Diagnostics) {
    check_part(name, full, "a job", diagnostics);
}

pub(super) fn check_update(name: &Text, full: &str, diagnostics: &mut Diagnostics) {
    check_part(name, full, "an update", diagnostics);
}

/// Checks a name that is unique in its service. `full` is the name on the host.
fn check_part(name: &Text, full: &str, owner: &str, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-_")
        && value.bytes().all(|b| !b.is_ascii_uppercase())
        && value.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !fits {
        let help = "use lower-case letters, digits, `-` and `_`, and start with a letter or a digit";
        bad(name, owner, help, diagnostics);
        return;
    }
    // The length of the service's name is checked separately.
    let service = full.strip_suffix(&value).map_or(full, |service| service.trim_end_matches('-'));
    let service = if service.is_empty() { &value } else { service };
    if full.len() > LONGEST_LABEL && service.len() <= LONGEST_SERVICE {
        too_long(name, full, LONGEST_LABEL, ", including the service's name", diagnostics);
    }
}

/// `1 character`, or `2 characters`.
fn characters(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} character{plural}")
}

/// Reports a name with too many characters.
fn too_long(name: &Text, full: &str, most: usize, why: &str, diagnostics: &mut Diagnostics) {
    let length = full.len();
    diagnostics.push(
        Diagnostic::new(
            Code::BadName,
            format!("the name `{full}` is too long"),
            name.span,
            format!("expected at most {most} characters, found {length}{why}"),
        )
        .help(format!("shorten it by {}", characters(length - most))),
    );
}

pub(super) fn check_network(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let fits = is_word(&value, b"-_.") && value.starts_with(|c: char| c.is_ascii_alphanumeric());
    // `podman` is Podman's default network. The other words are network modes.
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
            "a network",
            "use letters, digits, `-`, `_` and `.`, and no network mode of Podman such as `host`",
            diagnostics,
        );
    } else if value.len() > LONGEST_LABEL {
        too_long(name, &value, LONGEST_LABEL, "", diagnostics);
    }
}

/// Reports a bridge with the name of an existing interface: loopback, the bridge of Podman's default network, or Tailscale.
pub(super) fn check_bridge(name: &Text, diagnostics: &mut Diagnostics) {
    if matches!(name.value().as_str(), "lo" | "podman0" | "tailscale0") {
        bad(name, "a bridge", "write a name that no interface has, such as `br-NAME`", diagnostics);
    }
}

pub(super) fn check_secret(name: &Text, diagnostics: &mut Diagnostics) {
    let value = name.value();
    if !is_word(&value, b"-_") || !value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        bad(
            name,
            "a secret",
            "use letters, digits, `-` and `_`, and start with a letter or `_`",
            diagnostics,
        );
    }
}

/// Reports a name that is not valid for its `owner`, such as `a service`.
fn bad(name: &Text, owner: &str, help: &str, diagnostics: &mut Diagnostics) {
    let value = name.value();
    let (label, help) = match hidden(&value) {
        Some(hidden) => (hidden, format!("write `{}`", without_hidden(&value))),
        None => ("this name is not valid".to_owned(), help.to_owned()),
    };
    let title = format!("`{value}` is not a valid name for {owner}");
    diagnostics.push(Diagnostic::new(Code::BadName, title, name.span, label).help(help));
}

/// Reports names that must be unique on the host and are used twice.
pub(super) fn check_unique(host: &Host, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&str, String), Span> = HashMap::new();
    // Returns whether the name is unused.
    let mut take = |kind: &'static str, name: String, span: Span| {
        let first = taken.insert((kind, name.clone()), span);
        if let Some(first) = first {
            diagnostics.push(
                Diagnostic::new(
                    Code::NameTaken,
                    format!("the {kind} name `{name}` is used twice"),
                    span,
                    "used again here",
                )
                .and(first, "first used here")
                .help("rename one of the two"),
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
    let mut native = HashSet::new();
    for service in &host.services {
        take("option", service.option.clone(), service.span);
        if let Some(network) = &service.network {
            // Two networks with the same name would also have the same unit, which needs no second diagnostic.
            if take("network", network.name.to_string(), network.span) {
                take("unit", network.unit(), network.span);
                take("interface", network.interface.value(), network.span);
            }
        }
        // A rule reports a unit that is listed twice.
        for unit in service.native.units.iter().filter(|unit| native.insert(unit.text.value())) {
            take("unit", unit.text.value(), unit.text.span);
        }
        if !service.is_idle() {
            // The unit that starts the service's target.
            take("unit", format!("homeserver-{}-start", service.name), service.span);
        }
        for container in &service.containers {
            take("container", container.name.to_string(), container.span);
        }
    }
    for job in host.jobs() {
        // The name of the option follows from the name of the unit.
        if take("unit", job.unit.clone(), job.span) {
            take("option", job.option.clone(), job.span);
        }
        if job.is_automatic_update() {
            // The unit that rolls back after a power failure.
            take("unit", job.recovery_unit(), job.span);
        }
        if let Some(backup) = job.backup() {
            // Without a folder, it is the name of the snapshots.
            let folder = backup.to().map(|to| format!("{}/", to.value().trim_end_matches('/')));
            take("backup", format!("{}{}", folder.unwrap_or_default(), backup.stem), job.span);
        }
    }
    // A disabled service has no site, and may be an alternative to an enabled one.
    let is_off = |id: &Id<Service>| host.service(id).is_some_and(|service| !service.enable);
    let is_on = |site: &&Site| !site.service.as_ref().is_some_and(is_off);
    let plain = host.haproxy.iter().flat_map(|haproxy| &haproxy.sites);
    for site in plain.filter(|site| !site.service.as_ref().is_some_and(is_off)) {
        // `0.0.0.0:80` is port 80.
        let listen = site.listen.value;
        let address = listen.address.map_or_else(String::new, |address| format!(" on {address}"));
        for name in &site.names {
            let name_and_port = format!("http://{}:{}", name.value().to_lowercase(), listen.port);
            take("site", format!("{name_and_port}{address}"), name.span);
        }
        if site.names.is_empty() {
            take("site", format!("http://:{}{address}", listen.port), site.listen.span());
        }
    }
    for site in host.front.iter().flat_map(|f| &f.sites).filter(is_on) {
        for name in site.names() {
            let value = name.value().to_lowercase();
            let address = match site.plain_port() {
                // NixOS has one virtual host of this name, whatever its addresses are.
                Some(port) => format!("http://{value}:{port} of Caddy"),
                None => value,
            };
            take("site", address, name.span);
        }
    }
}
