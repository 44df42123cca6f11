//! A copy of a folder. A folder has no restore command: a copy is restored by copying it back.
//!
//! ```yaml
//! backup: { files: { folder: /srv/notes, exclude: [cache/], to: /srv/backups/files, at: daily } }
//! ```
//! ```nix
//! program = scripts.backup "notes-backup-files" (scripts.copyFolder { SOURCE = "/srv/notes"; EXCLUDE = [ "cache/" ]; … }) { … };
//! ```

use super::{Confinement, Saved, shared};
use crate::hir::backup::Backup;
use crate::lower::context::HostContext;
use crate::nix::{Expr, Set};
use crate::script::Script;
use crate::tree::Text;

pub(super) fn lower(backup: &Backup, folder: &Text, context: &HostContext) -> Saved {
    let mut parameters = Set::of([("SOURCE", Expr::text(folder))]);
    parameters.append("EXCLUDE", backup.exclude.iter().map(|pattern| Expr::text(&pattern.text)));
    shared("SOURCE_SHARED", folder, context, &mut parameters);
    Saved {
        producer: Expr::run(Script::CopyFolder, [Expr::Set(parameters)]),
        suffix: "",
        content: "files",
        confinement: Confinement::Copying,
        after: Vec::new(),
        secrets: Vec::new(),
        restore: None,
    }
}
