//! Snapshots without a number are never taken, and sanoid removes those that it took before.

use crate::diag::{Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (dataset, snapshots) in host.zfs.iter().flat_map(|zfs| &zfs.snapshots.entries) {
        let kinds = snapshots.kinds();
        let keys = kinds.map(|(key, _)| key);
        if kinds.iter().all(|(_, count)| count.is_none()) && !snapshots.unreadable.may_hold(&keys) {
            diagnostics.push(Diagnostic::missing_key("daily", dataset.span, "{ daily: 7 }"));
        }
    }
}
