//! The lock file and the images of the file: `homegen images lock` brings them together.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::lock::PATH;
use crate::tree::Node;

/// The names of unused entries that a diagnostic lists.
const MAX_LISTED: usize = 5;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(lock) = &host.lock else { return };
    let mut used = HashSet::new();
    for (container, name) in host.locked_containers() {
        let locked = lock.get(&name);
        used.insert(name);
        if container.digest.is_some() {
            continue;
        }
        let why = match locked {
            Some(other) => format!("{PATH} has `{}` in its place", other.name),
            None => format!("not in {PATH}"),
        };
        let help = match locked {
            Some(other) => {
                format!("write `{}` here to use that image, and run `homegen images lock`", other.name)
            }
            None => "run `homegen images lock`".to_owned(),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::ImageUnlocked,
                format!("the image of `{}` is not locked", container.name),
                container.settings.image.text.span,
                why,
            )
            .help(help),
        );
    }
    // A part that could not be read may have the image.
    let is_read = host.unreadable.is_empty()
        && host.services.iter().all(|service| !service.is_cut && service.unreadable.is_empty())
        && host.containers().all(|container| container.unreadable.is_empty());
    let unused: Vec<&str> = lock.names().filter(|name| !used.contains(*name)).collect();
    if unused.is_empty() || !is_read {
        return;
    }
    let mut listed: Vec<String> = unused.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    if unused.len() > MAX_LISTED {
        listed.push(format!("{} more", unused.len() - MAX_LISTED));
    }
    diagnostics.push(
        Diagnostic::new(
            Code::LockUnused,
            format!("{PATH} has unused entries"),
            host.language.text.span,
            format!("no container of this file has {}", listed.join(", ")),
        )
        .help("run `homegen images lock`, which removes them"),
    );
}
