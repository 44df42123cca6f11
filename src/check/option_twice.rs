//! Under `nixos` an option can be reached as `a.b: …` and as `a: { b: … }`: one of the two would win.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::{Kind, Node, option_path};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for own in host.nixos.iter().chain(host.services.iter().filter_map(|s| s.nixos.as_ref())) {
        let mut options = Vec::new();
        flatten(own, &mut Vec::new(), own.span, &mut options);
        let mut seen: HashMap<&[String], Span> = HashMap::new();
        let whole: HashMap<&[String], Span> =
            options.iter().map(|(path, span)| (path.as_slice(), *span)).collect();
        for (path, span) in &options {
            let above = (1..path.len()).find_map(|n| whole.get(&path[..n]));
            if let Some(first) = seen.insert(path, *span).or(above.copied()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("the option `{}` is set twice", path.join(".")),
                        *span,
                        "again here",
                    )
                    .and(first, "and here")
                    .help("keep one of the two"),
                );
            }
        }
    }
}

/// The options that a tree sets, with the places of their keys.
fn flatten(node: &Node, path: &mut Vec<String>, at: Span, options: &mut Vec<(Vec<String>, Span)>) {
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                let length = path.len();
                path.extend(option_path(&entry.key).iter().map(crate::tree::Text::value));
                flatten(&entry.value, path, entry.key.span, options);
                path.truncate(length);
            }
        }
        _ => options.push((path.clone(), at)),
    }
}
