//! The host: its name, time zone, network file systems and NixOS options.
//!
//! ```yaml
//! host: { name: nas, timezone: Europe/Berlin, mounts: { /mnt/nas: { nfs: "nas.lan:/export" } } }
//! ```
//! ```nix
//! networking.hostName = lib.mkOverride 900 "nas";
//! fileSystems."/mnt/nas" = { device = "nas.lan:/export"; fsType = "nfs"; … };
//! ```

use super::owners_default;
use crate::hir::Host;
use crate::nix::{Expr, Set};
use crate::nixos::{Output, node};

pub(super) fn lower(host: &Host, output: &mut Output) {
    let module = output.module("host.nix", "host");
    let config = &mut module.config;
    config.at(&["networking"]).set("hostName", owners_default(Expr::text(&host.machine.name.text)));
    config.at(&["time"]).set("timeZone", owners_default(Expr::text(&host.machine.timezone.0)));
    for (path, mount) in &host.machine.mounts.entries {
        let Some(export) = &mount.nfs else { continue };
        let mut options = vec![Expr::str("_netdev")];
        if mount.is_nofail() {
            options.push(Expr::str("nofail"));
        }
        if mount.automount.value {
            options.extend([Expr::str("noauto"), Expr::str("x-systemd.automount")]);
            // A container's check of the disk waits for the mount: by default 90 s for a server that is off.
            const TIMEOUT: &str = "x-systemd.mount-timeout=";
            if !mount.options.iter().any(|option| option.text.value().starts_with(TIMEOUT)) {
                options.push(Expr::str(format!("{TIMEOUT}30s")));
            }
        }
        options.extend(mount.options.iter().map(|option| Expr::text(&option.text)));
        let system = Set::of([
            ("device", Expr::text(&export.text)),
            ("fsType", Expr::str("nfs")),
            ("options", Expr::List(options)),
        ]);
        config.at(&["fileSystems"]).set_named(path, Expr::Set(system));
    }
    if let Some(own) = &host.nixos
        && let Expr::Set(own) = node(own, true)
    {
        let module = output.module("nixos.nix", "nixos");
        module.own = own;
    }
}
