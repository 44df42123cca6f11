//! Volumes of a container that exchanged their sources since the last build: the container would find the data of one
//! path at another one.

use std::collections::{HashMap, HashSet};

use super::moves::left;
use crate::bind::may_be_data;
use crate::diag::{Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Previous};
use crate::path::normalized;
use crate::setting::Volume;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let Some(previous) = &container.previous else { continue };
        let exchanged = exchanged(container, previous);
        let Some((first, from)) = exchanged.first() else { continue };
        let label = |from: &str| format!("was `{from}` in the last build");
        let mut diagnostic = Diagnostic::new(
            left(from),
            format!("`{}` would find different data at {} of its paths", container.name, exchanged.len()),
            first.span,
            label(from),
        );
        for (volume, from) in exchanged.iter().skip(1).take(3) {
            diagnostic = diagnostic.and(volume.span, label(from));
        }
        diagnostics.push(diagnostic.help("restore the source of the last build at each of these paths"));
    }
}

/// The volumes whose source was mounted at another path, where the source of the last build is also mounted at another
/// path. The source of a new path was chosen on purpose.
fn exchanged<'a>(container: &'a Container, previous: &'a Previous) -> Vec<(&'a Volume, &'a str)> {
    let before = &previous.container.mounts;
    let known: HashSet<&String> = before.values().collect();
    let volumes = || container.volumes.iter();
    let mut targets: HashMap<String, bool> = HashMap::new();
    for volume in volumes() {
        let Some(source) = volume.recorded_source() else { continue };
        *targets.entry(source).or_default() |= before.contains_key(&normalized(&volume.target.value()));
    }
    let found = volumes().filter_map(|volume| {
        let target = normalized(&volume.target.value());
        let (from, to) = (before.get(&target)?, volume.recorded_source()?);
        let is_mounted = targets.get(from).copied().unwrap_or_default();
        let is_data = may_be_data(from, &target) && may_be_data(&to, &target);
        (*from != to && known.contains(&to) && is_mounted && is_data).then_some((volume, from.as_str()))
    });
    found.collect()
}
