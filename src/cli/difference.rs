//! The difference between two texts of a file, as a patch in the format of Git.

use std::fmt::Write;

use homegen::output::{Change, Existing, Refusal, Update};
use homegen::printable::printable;
use similar::{ChangeTag, TextDiff};

/// The number of unchanged lines around a change.
const CONTEXT: usize = 3;

/// The difference that a change makes to the existing entry at `path`.
pub(super) fn of_change(path: &str, change: &Change, existing: Option<&Existing>) -> String {
    let new = match change {
        Change::Create(new)
        | Change::Update(Update { new, .. })
        | Change::Refuse(Refusal::Edited(Update { new, .. }) | Refusal::Unknown(Update { new, .. })) => {
            Some(new.as_str())
        }
        Change::Prune => None,
        Change::Unchanged | Change::Keep | Change::Refuse(Refusal::Foreign) => return String::new(),
    };
    let old = match existing {
        Some(Existing::File(bytes)) => Some(std::str::from_utf8(bytes)),
        _ => None,
    };
    match old.transpose() {
        Ok(old) => difference(path, old, new),
        // A patch of the text would not apply to these bytes.
        Err(_) => format!("Binary files {} and {} differ\n", name("a/", path), name("b/", path)),
    }
}

/// The difference at `path` between two texts. `None` stands for a file that does not exist. `git apply` and `patch -p1`
/// accept it.
fn difference(path: &str, old: Option<&str>, new: Option<&str>) -> String {
    let (from, to) = (name("a/", path), name("b/", path));
    let mut text = format!("diff --git {from} {to}\n");
    match (old, new) {
        (None, _) => text.push_str("new file mode 100644\n"),
        (_, None) => text.push_str("deleted file mode 100644\n"),
        _ => {}
    }
    // A tab ends a name that has spaces.
    let ended = |name: String| if name.contains(' ') { format!("{name}\t") } else { name };
    let from = if old.is_some() { ended(from) } else { "/dev/null".to_owned() };
    let to = if new.is_some() { ended(to) } else { "/dev/null".to_owned() };
    let _ = writeln!(text, "--- {from}\n+++ {to}");
    let (old, new) = (lines(old.unwrap_or_default()), lines(new.unwrap_or_default()));
    let diff = TextDiff::configure().diff_slices(&old, &new);
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old = range(first.old_range().start, last.old_range().end);
        let new = range(first.new_range().start, last.new_range().end);
        let _ = writeln!(text, "@@ -{old} +{new} @@");
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let line = change.value();
            text.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
            });
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// A patch for a terminal: with escapes for control characters and, with `color`, in Git's colors.
pub(super) fn for_terminal(patch: &str, color: bool) -> String {
    let mut text = String::new();
    let mut is_hunk = false;
    for line in patch.lines() {
        is_hunk = line.starts_with("@@ ") || is_hunk && !line.starts_with("diff ");
        let code = match line.chars().next() {
            Some('@') => "36",
            Some('+') if is_hunk => "32",
            Some('-') if is_hunk => "31",
            Some(' ' | '\\') | None => "",
            Some(_) => "1",
        };
        let line = printable(line);
        match color && !code.is_empty() {
            true => _ = writeln!(text, "\u{1b}[{code}m{line}\u{1b}[0m"),
            false => _ = writeln!(text, "{line}"),
        }
    }
    text
}

/// The lines of a text with their ends. A carriage return ends no line of a patch.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A range of lines in the head of a hunk. An empty one names the line before it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}

/// The name of a file in a patch. Git quotes a name with special characters.
fn name(prefix: &str, path: &str) -> String {
    if !path.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0x7f..) || byte < b' ') {
        return format!("{prefix}{path}");
    }
    let mut quoted = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}
