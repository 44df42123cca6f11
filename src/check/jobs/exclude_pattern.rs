//! Patterns of `exclude` are relative to the copied folder, and leave something to copy.

use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::form::ExcludePattern;
use crate::hir::Host;
use crate::hir::backup::Offsite;
use crate::path::is_below;
use crate::tree::{Node, Text};
use crate::value::Value;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let Some(folder) = backup.source.folder() else { continue };
        for pattern in &backup.exclude {
            if pattern.value.is_absolute() {
                diagnostics.push(absolute(pattern, folder));
            } else if pattern.value.is_for_all() {
                diagnostics.push(for_all(pattern, folder));
            } else if let Some(offsite) = backup.direct().filter(|_| pattern.value.for_restic().is_none()) {
                diagnostics.push(without_equivalent(pattern, offsite));
            }
        }
    }
}

/// Reports a path of the host, or a pattern with which rsync means a name directly in the folder.
fn absolute(pattern: &Value<ExcludePattern>, folder: &Text) -> Diagnostic {
    let (text, path) = (pattern.value.as_str(), folder.value());
    let inside = is_below(text, &path).then(|| text[path.trim_end_matches('/').len()..].trim_matches('/'));
    if inside == Some("") {
        return for_all(pattern, folder);
    }
    let relative = match inside {
        Some(inside) if text.ends_with('/') => format!("./{inside}/"),
        Some(inside) => format!("./{inside}"),
        None => format!(".{text}"),
    };
    let diagnostic = Diagnostic::new(
        Code::ExcludePattern,
        format!("`{text}` is an absolute path, and `exclude` takes names in the folder"),
        pattern.text.span,
        format!("expected a name in {path}"),
    )
    .and(folder.span, "the copied folder");
    // Other characters may need quotes in YAML.
    let is_plain = relative.bytes().all(|b| b.is_ascii_alphanumeric() || b"./_-*?".contains(&b));
    let span = pattern.text.span;
    let fix = match inside {
        Some(_) => Fix::certain(span, relative.clone()),
        None => Fix::likely(span, relative.clone()),
    };
    match (inside, is_plain) {
        (Some(_), true) => diagnostic.help(format!("write `{relative}`")).fix(fix),
        (Some(_), false) => diagnostic.help(format!("write `{relative}`")),
        (None, true) => {
            diagnostic.help(format!("did you mean `{relative}`, directly in the folder?")).fix(fix)
        }
        (None, false) => diagnostic.help(format!("did you mean `{relative}`, directly in the folder?")),
    }
}

/// Reports a pattern that restic cannot express.
fn without_equivalent(pattern: &Value<ExcludePattern>, offsite: &Offsite) -> Diagnostic {
    Diagnostic::new(
        Code::ExcludePattern,
        format!("restic has no pattern for `{}`", pattern.value.as_str()),
        pattern.text.span,
        "restic reads `?`, `[!…]` and several `**` in another way than rsync",
    )
    .and(offsite.span, "without `to`, restic reads the folder")
    .help("write `*`, or the possible characters in brackets such as `[0-9]`")
}

/// Reports a pattern that matches all files of the folder.
fn for_all(pattern: &Value<ExcludePattern>, folder: &Text) -> Diagnostic {
    Diagnostic::new(
        Code::ExcludePattern,
        format!("`{}` excludes everything from the backup", pattern.value.as_str()),
        pattern.text.span,
        "matches every file",
    )
    .and(folder.span, "the copied folder")
    .help("remove the pattern, or write the names to leave out")
}
