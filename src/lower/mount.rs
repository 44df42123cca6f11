//! Disks that containers need.
//!
//! ```yaml
//! host: { mounts: { /mnt/data: {} } }
//! services: { files: { containers: { files: { volumes: ["/mnt/data/files:/data"] } } } }
//! ```
//! ```nix
//! systemd.services.podman-files = {
//!   after = [ "mnt-data.mount" ];
//!   wants = [ "mnt-data.mount" ];
//!   partOf = [ "mnt-data-containers.service" ];
//!   serviceConfig.ExecStartPre = lib.mkBefore [ (scripts.requireMount "/mnt/data") ];
//! };
//! systemd.services.mnt-data-containers = scripts.containersOn "/mnt/data";
//! ```
//!
//! A container waits for the mount unit and then looks for itself. `RequiresMountsFor=` would fail it for good when the
//! disk comes later than its unit's time-out, and does nothing where no such unit exists.
//!
//! A container keeps the file system that was mounted at its start, also when the host unmounts that. So each mount has a
//! unit that is active while it is mounted. When that unit stops, its containers stop; when it starts, they start.

use std::collections::HashSet;

use super::around::Around;
use super::precondition;
use crate::ast::Mount;
use crate::ast::container::Restart;
use crate::hir::{Container, Host};
use crate::nix::{Attr, Expr, Part};
use crate::nixos::{Module, Output};
use crate::tree::{Atom, Text};

/// The units that follow the mounts of containers.
pub(super) fn lower_host(host: &Host, output: &mut Output) {
    let used: HashSet<String> = host.containers().flat_map(|c| &c.mounts).map(Text::value).collect();
    for (path, mount) in &host.machine.mounts.entries {
        if !used.contains(&path.value()) || !is_followed(path, mount.as_ref()) {
            continue;
        }
        let services = output.module("mounts.nix", "host.mounts").config.at(&["systemd", "services"]);
        let name = Expr::str(escape(&path.value()));
        let value = Expr::call("scripts.containersOn", [name, Expr::text(path)]);
        services.0.insert(follower(path).into(), Attr::new(value));
    }
}

/// Whether containers stop and start with a mount. The root of the host is always there.
pub(super) fn is_followed(path: &Text, mount: Option<&Mount>) -> bool {
    let automounted = mount.and_then(|m| m.automount.as_ref()).is_some_and(|a| a.value);
    path.value() != "/" && !automounted
}

/// The unit that is active while a mount is there, without `.service`.
fn follower(path: &Text) -> String {
    format!("{}-containers", escape(&path.value()))
}

pub(super) fn lower(container: &Container, around: &Around, module: &mut Module) {
    for mount in &container.mounts {
        let unit = Expr::Str(vec![unit_name(mount), Part::Text(".mount".into())]);
        let service = module.unit(&container.unit());
        service.append("after", [unit.clone()]);
        service.append("wants", [unit]);
        if around.followed_mounts.contains(&mount.value()) {
            let follower = follower(mount);
            service.append("partOf", [Expr::str(format!("{follower}.service"))]);
            if container.compose.auto_start.as_ref().is_none_or(|auto_start| auto_start.value) {
                // A migration does not run again with each return of the disk.
                let is_one_time = matches!(container.compose.restart, Some(Restart::No));
                let start = Expr::call(
                    if is_one_time { "scripts.startOnce" } else { "scripts.start" },
                    [Expr::List(vec![Expr::str(format!("{}.service", container.unit()))])],
                );
                module.unit(&follower).at(&["serviceConfig"]).append("ExecStart", [start]);
            }
        }
        precondition(module, container, Expr::call("scripts.requireMount", [Expr::text(mount)]));
    }
}

/// The name of a path in systemd's unit names, which Nix works out where a constant stands in it. `utils.escapeSystemdPath`
/// leaves `?` and letters beyond ASCII as they are, which no name of a unit has.
fn unit_name(path: &Text) -> Part {
    let is_known_to_nix = path.value().bytes().all(|b| b.is_ascii() && b != b'?');
    match path.reference() {
        Some(reference) if is_known_to_nix && matches!(reference.value, Atom::Str(_)) => {
            Part::expr(Expr::call("utils.escapeSystemdPath", [Expr::Ref(reference.clone())]))
        }
        _ => Part::Text(escape(&path.value()).into()),
    }
}

/// systemd-escape(1) --path.
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
