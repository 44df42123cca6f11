//! A database needs locks and syncs that a network file system does not keep
//! (<https://www.postgresql.org/docs/current/creating-cluster.html>, <https://sqlite.org/lockingv3.html>).

use crate::databases::{data_volume, known_databases};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::Folders;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mounts = host.machine.mounts.entries.iter().map(|(at, mount)| (at.value(), mount));
    let mounts = Folders::of(mounts);
    for (container, known) in known_databases(host) {
        let Some((volume, path)) = data_volume(container, known) else { continue };
        let mount = mounts.innermost(&path.value()).copied();
        let Some(nfs) = mount.and_then(|mount| mount.nfs.as_ref()) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::DatabaseOnNfs,
                format!("{} would keep its data on NFS", known.name),
                volume.span,
                "a failure of the network can damage the data",
            )
            .and(nfs.text.span, "the NFS export")
            .help("move the data to a disk of the host, and keep its backups on NFS"),
        );
    }
}
