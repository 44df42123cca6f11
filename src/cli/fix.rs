//! `homegen check --fix`

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use homegen::diag::fix::apply;
use homegen::printable::printable;
use tempfile::Builder;

use super::{Input, Stop, failed, folder, shown};

/// The maximum number of passes: a fix may reveal a mistake that another one hid.
const MAX_ROUNDS: usize = 10;

/// Applies the certain fixes to the file of `input`. Its output folder is `output`.
pub(super) fn run(input: &Input, output: &Path) -> Result<(), Stop> {
    if input.is_stdin() {
        return Err(Stop::Failed("`--fix` needs a file: standard input cannot be changed".to_owned()));
    }
    let before = input.read()?;
    let Ok(text) = std::str::from_utf8(&before) else { return Ok(()) };
    let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (BYTE_ORDER_MARK, text),
        None => ("", text),
    };
    let last_build = folder::last_build(output);
    let (mut fixed, mut made) = (text.to_owned(), 0);
    for _ in 0..MAX_ROUNDS {
        let linked = input.with_context(&last_build, None, None, |context| {
            Ok(homegen::link(&input.name(), fixed.as_bytes(), context))
        })?;
        let (next, count) = apply(&fixed, &linked.diagnostics);
        if count == 0 {
            break;
        }
        (fixed, made) = (next, made + count);
    }
    if made > 0 {
        replace(&input.file, &before, format!("{mark}{fixed}").as_bytes())?;
    }
    let fixes = if made == 1 { "fix" } else { "fixes" };
    let _ = writeln!(std::io::stderr(), "{}: {made} {fixes} applied", printable(&input.name()));
    Ok(())
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Replaces the file at `path`, whose content was `before`, atomically. A symbolic link is followed and kept; owner
/// and mode do not change.
pub(super) fn replace(path: &Path, before: &[u8], after: &[u8]) -> Result<(), Stop> {
    let fail = |error: std::io::Error| failed(shown(path), &error);
    let path = path.canonicalize().map_err(fail)?;
    let parent = path.parent().unwrap_or(Path::new("/"));
    let metadata = path.metadata().map_err(fail)?;
    let mut new = Builder::new().prefix(".homegen-").tempfile_in(parent).map_err(fail)?;
    new.write_all(after).map_err(fail)?;
    let file: &File = new.as_file();
    let owner = file.metadata().map_err(fail)?;
    if (owner.uid(), owner.gid()) != (metadata.uid(), metadata.gid()) {
        std::os::unix::fs::fchown(file, Some(metadata.uid()), Some(metadata.gid())).map_err(fail)?;
    }
    file.set_permissions(metadata.permissions()).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    if std::fs::read(&path).map_err(fail)? != before {
        return Err(Stop::Failed(format!(
            "{}: not changed, because another program changed it meanwhile; run the command again",
            shown(&path)
        )));
    }
    new.persist(&path).map_err(|error| fail(error.error))?;
    Ok(())
}
