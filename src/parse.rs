//! Pass: text → [`syntax`](crate::syntax). The only module that knows the YAML parser.
//!
//! Yields a tree whenever possible. A line that is not valid YAML is blanked, reported, and becomes an unreadable entry of
//! the mapping or list that contains it. [`document`] parses Compose files.

mod compose;
pub(crate) mod document;
mod mask;
mod recover;
mod report;

use compose::{Composed, Halt, compose};

use crate::diag::Diagnostics;
use crate::limits::MAX_MASKED;
use crate::source::SourceId;
use crate::syntax::Node;

/// Parses one document, and pushes a diagnostic for each mistake. Returns `None` if it is empty or entirely invalid.
pub fn parse(text: &str, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut found = Diagnostics::default();
    let Composed { root, halt, has_unquoted } = compose(text, text, source, &[], &mut found);
    if halt != Some(Halt::Broken) && !has_unquoted {
        diagnostics.append(found);
        return root;
    }
    // YAML stops at a reference without quotes. With other characters for its braces, the rest of the file is parsed too.
    let (mut masked, mut references) = match text.len() {
        ..=MAX_MASKED => mask::references(text),
        _ => (text.to_owned(), Vec::new()),
    };
    let breaks = recover::recover(&mut masked);
    references.retain(|reference| masked.as_bytes().get(reference.start) == Some(&b'$'));
    let mut found = Diagnostics::default();
    for broken in &breaks {
        report::report(text, broken, source, &mut found);
    }
    let Composed { mut root, .. } = compose(&masked, text, source, &references, &mut found);
    if let Some(root) = &mut root {
        for broken in &breaks {
            recover::attach(root, text, broken, source);
        }
    }
    diagnostics.append(found);
    root
}
