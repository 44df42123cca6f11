//! Snapshots of ZFS, by sanoid.
//!
//! ```yaml
//! zfs: { snapshots: { tank/photos: { hourly: 24, daily: 7, weekly: 4 } } }
//! ```
//! ```nix
//! services.sanoid.datasets."tank/photos" = {
//!   autosnap = true; autoprune = true; hourly = 24; daily = 7; weekly = 4; monthly = 0; yearly = 0;
//! };
//! ```

use crate::hir::Host;
use crate::nix::{Expr, Set};
use crate::nixos::Output;

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(zfs) = host.zfs.as_ref().filter(|zfs| !zfs.snapshots.entries.is_empty()) else { return };
    let module = output.module("zfs.nix", "zfs");
    let message =
        "zfs.snapshots needs ZFS on the host: set boot.supportedFilesystems.zfs and networking.hostId.";
    let assertion =
        Set::of([("assertion", Expr::code("config.boot.zfs.enabled")), ("message", Expr::str(message))]);
    module.config.append("assertions", [Expr::Set(assertion)]);
    let sanoid = module.config.at(&["services", "sanoid"]);
    sanoid.set("enable", Expr::Bool(true));
    for (dataset, snapshots) in &zfs.snapshots.entries {
        let mut set = Set::of([("autosnap", Expr::Bool(true)), ("autoprune", Expr::Bool(true))]);
        // sanoid has defaults of its own for the numbers that are not set (sanoid.defaults.conf).
        set.set("frequently", Expr::Int(0));
        for (kind, count) in snapshots.kinds() {
            set.set(kind, count.map_or(Expr::Int(0), |count| Expr::typed(&count.text)));
        }
        if snapshots.recursive.value || !snapshots.recursive.text.is_literal() {
            set.set("recursive", Expr::typed(&snapshots.recursive.text));
        }
        sanoid.at(&["datasets"]).set_named(dataset, Expr::Set(set));
    }
    if host.notify.is_some() {
        module.unit("sanoid").append("onFailure", [Expr::str("notify-failure@%n.service")]);
    }
}
