//! Disks that containers need.
//!
//! A container waits for the mount unit and then looks for itself. `RequiresMountsFor=` would fail it for
//! good when the disk comes later than its unit's time-out, and does nothing where no such unit exists.

use super::around::Around;
use super::precondition;
use crate::hir::Container;
use crate::nix::{Expr, Part};
use crate::nixos::Module;
use crate::tree::{Atom, Text};

pub(super) fn lower(container: &Container, _: &Around, module: &mut Module) {
    for mount in &container.mounts {
        let unit = Expr::Str(vec![unit_name(mount), Part::Text(".mount".into())]);
        let service = module.unit(&container.unit());
        service.append("after", [unit.clone()]);
        service.append("wants", [unit]);
        precondition(module, container, Expr::call("scripts.requireMount", [Expr::text(mount)]));
    }
}

/// The name of a path in systemd's unit names, which Nix works out where a constant stands in it.
fn unit_name(path: &Text) -> Part {
    match path.reference() {
        Some(reference) if matches!(reference.value, Atom::Str(_)) => {
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
