//! Root writes backups. A container that writes to the same folder can rename them and put links in their place. So
//! can the owner of a home folder, in which the backup creates no folder.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::map::WritableFolders;
use crate::path::{ancestors, is_below};
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let written = WritableFolders::of(host);
    let points = host.mount_points();
    let is_on_disk =
        |path: &str| ancestors(path).any(|folder| folder.starts_with("/home/") && points.contains(folder));
    for (_, backup) in host.backups() {
        for target in backup.to().into_iter().chain(backup.repository()) {
            let path = target.value();
            // Another rule reports a backup into the folder that it saves.
            if backup.source.folder().is_some_and(|source| is_below(&path, &source.value())) {
                continue;
            }
            let Some(writer) = written.holding(&path) else {
                let is_made = backup.to().is_some_and(|to| to.span == target.span) && !is_on_disk(&path);
                if let Some(home) = enclosing_home(&path).filter(|_| is_made) {
                    diagnostics.push(in_home(target, home));
                }
                continue;
            };
            let folder = writer.folder.value();
            let user = writer.user.as_ref().map(|user| format!(" as user {user}")).unwrap_or_default();
            let relation = if is_below(&folder, &path) { "the folder" } else { "inside the folder" };
            diagnostics.push(
                Diagnostic::new(
                    Code::BackupInVolume,
                    format!("the container `{}` can change the backups in {path}", writer.container),
                    target.span,
                    format!("{relation} {folder}"),
                )
                .and(writer.span, format!("`{}` writes to {folder}{user}", writer.container))
                .help(format!("choose a folder outside {folder}, or mount {folder} with `:ro`")),
            );
        }
    }
}

/// The home folder that a path lies in: `/home/me` for `/home/me/backups`. `/home/backups` belongs to no user.
fn enclosing_home(path: &str) -> Option<&str> {
    let (user, rest) = path.strip_prefix("/home/")?.split_once('/')?;
    let is_home = !rest.trim_matches('/').is_empty() && !user.starts_with("backup");
    is_home.then(|| &path[.."/home/".len() + user.len()])
}

fn in_home(target: &Text, home: &str) -> Diagnostic {
    let path = target.value();
    Diagnostic::new(
        Code::BackupInVolume,
        format!("the owner of {home} can change the backups in {path}"),
        target.span,
        "the backup fails if this folder does not exist",
    )
    .help("choose a folder outside /home, such as one below /srv")
}
