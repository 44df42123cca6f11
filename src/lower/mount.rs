//! Disks that containers need.
//!
//! ```yaml
//! host: { mounts: { /mnt/data: {} } }
//! services: { files: { containers: { files: { volumes: ["/mnt/data/files:/data"] } } } }
//! ```
//! ```nix
//! virtualisation.oci-containers.containers.files.homeserver.mounts = [ "mnt-data.mount" ];
//! homeserver.mounts."mnt-data.mount".path = "/mnt/data";
//! ```
//!
//! A container waits for the mount unit and then checks the mount itself. With `RequiresMountsFor=` it would fail
//! permanently if the disk appears after the mount unit's timeout, and nothing would be checked without a mount
//! unit.
//!
//! A container keeps the file system that was mounted at its start, even after the host unmounts it. So each mount
//! has a unit that is active while it is mounted. Its containers stop and start with that unit.

use std::collections::HashSet;

use super::context::HostContext;
use super::own_set;
use crate::hir::{Container, Host};
use crate::nix::Expr;
use crate::nixos::{Module, Output};
use crate::tree::Text;

/// Lowers the mounts that containers and units of NixOS use.
pub(super) fn lower_host(host: &Host, output: &mut Output) {
    let of_units = host.services.iter().flat_map(|service| &service.native.mounts);
    let of_containers = host.containers().flat_map(|c| &c.mounts);
    let used: HashSet<String> = of_containers.chain(of_units).map(Text::value).collect();
    for (path, mount) in host.machine.mounts.entries.iter().filter(|(path, _)| used.contains(&path.value())) {
        let mounts = output.module("mounts.nix", "host.mounts").config.at(&["homeserver", "mounts"]);
        let declared = mounts.at(&[&unit(&path.value())]);
        declared.set("path", Expr::text(path));
        if !mount.is_followed(&path.value()) {
            declared.set("followed", Expr::Bool(false));
        }
    }
}

pub(super) fn lower(container: &Container, _: &HostContext, module: &mut Module) {
    let mounts = container.mounts.iter().map(|mount| Expr::str(unit(&mount.value())));
    own_set(module, container).append("mounts", mounts);
}

/// The mount unit of a path.
pub(super) fn unit(path: &str) -> String {
    format!("{}.mount", escape(path))
}

/// Escapes a path like `systemd-escape --path` (systemd-escape(1)).
fn escape(path: &str) -> String {
    let trimmed: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    if trimmed.is_empty() {
        return "-".to_owned();
    }
    let joined = trimmed.join("/");
    let mut out = String::new();
    for (i, byte) in joined.bytes().enumerate() {
        match byte {
            b'/' => out.push('-'),
            b'.' if i == 0 => out.push_str("\\x2e"),
            b if b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'.') => out.push(b as char),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn paths_are_escaped_as_systemd_escapes_them() {
        for (path, name) in [
            ("/mnt/data", "mnt-data"),
            ("/", "-"),
            ("/srv/my-disk/", "srv-my\\x2ddisk"),
            ("/.hidden", "\\x2ehidden"),
            ("/é", "\\xc3\\xa9"),
        ] {
            assert_eq!(escape(path), name);
        }
    }
}
