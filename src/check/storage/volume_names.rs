//! A declared volume that no container mounts is probably misspelled where it is mounted, and the container would start with
//! an empty volume. Two volumes of a service with one name are one volume.

use std::collections::{HashMap, HashSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Service};
use crate::setting::VolumeSource;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let declaring = host.services.iter().filter(|service| !service.volumes.entries.is_empty());
    for service in declaring {
        let mut first: HashMap<String, Span> = HashMap::new();
        for (_, volume) in &service.volumes.entries {
            let text = &volume.name.text;
            if let Some(at) = first.get(&text.value()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::NameTaken,
                        format!("two volumes of `{}` have the name `{}`", service.name, text.value()),
                        text.span,
                        "would be the same volume",
                    )
                    .and(*at, "first used here")
                    .help("give one of them another name, or mount one volume in all containers"),
                );
            } else {
                first.insert(text.value(), text.span);
            }
        }
        unused(service, diagnostics);
    }
}

fn unused(service: &Service, diagnostics: &mut Diagnostics) {
    let may_be_lost = |container: &Container| container.unreadable.may_hold(&["volumes"]);
    if service.is_cut
        || service.unreadable.may_hold(&["containers"])
        || service.containers.iter().any(may_be_lost)
    {
        return;
    }
    let named = |source: &VolumeSource| match source {
        VolumeSource::Named(name) => Some(name.value()),
        VolumeSource::Bind(_) | VolumeSource::Tmpfs => None,
    };
    let mounted: HashSet<String> =
        service.containers.iter().flat_map(|c| &c.volumes).filter_map(|v| named(&v.source)).collect();
    // The names of volumes that belong to the service, as they are written.
    let prefix = format!("{}_", service.name);
    let others: Vec<&str> = mounted.iter().filter_map(|name| name.strip_prefix(&prefix)).collect();
    for (key, volume) in &service.volumes.entries {
        let is_unreadable = volume.name.text.span == Span::PLACEHOLDER;
        if is_unreadable || mounted.contains(&volume.name.text.value()) {
            continue;
        }
        diagnostics.push(report(service, key, &others, diagnostics));
    }
}

fn report(service: &Service, key: &Text, others: &[&str], diagnostics: &Diagnostics) -> Diagnostic {
    let name = key.value();
    let help = match diagnostics.closest(&name, others.iter().copied()) {
        Some(other) => format!("a container mounts `{other}`: did you mean `{name}` there?"),
        None => format!("remove it, or mount it in a container: `volumes: [\"{name}:/PATH\"]`"),
    };
    Diagnostic::new(
        Code::VolumeUnused,
        format!("no container of `{}` mounts the volume `{name}`", service.name),
        key.span,
        "declared here",
    )
    .help(help)
}
