//! Units of NixOS: the disks that they need.

use std::collections::{HashMap, HashSet};

use crate::hir::Host;
use crate::tree::Text;

/// Finds the declared mount points that units need.
pub(super) fn link(host: &mut Host) {
    let point = |path: &Text| path.value().trim_end_matches('/').to_owned();
    let points: HashMap<String, &Text> =
        host.machine.mounts.entries.iter().map(|(path, _)| (point(path), path)).collect();
    for native in host.services.iter_mut().map(|service| &mut service.native) {
        let mut known = HashSet::new();
        let found = native.declared_mounts.iter().map(|mount| point(&mount.text));
        let found = found.filter_map(|path| points.get(&path).copied());
        native.mounts = found.filter(|mount| known.insert(mount.value())).cloned().collect();
    }
}
