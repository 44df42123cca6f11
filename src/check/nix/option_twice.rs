//! Under `nixos` an option can be written as `a.b: …` and as `a: { b: … }`: one of the two would be lost.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::{Node, SetOption, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for own in host.raw_options() {
        let options = options(own);
        let mut seen: HashMap<&[String], Span> = HashMap::new();
        let whole: HashMap<&[String], Span> =
            options.iter().map(|option| (option.path.as_slice(), option.span)).collect();
        for SetOption { path, span, .. } in &options {
            let above = (1..path.len()).find_map(|n| whole.get(&path[..n]));
            if let Some(first) = seen.insert(path, *span).or(above.copied()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        format!("the option `{}` is set twice", path.join(".")),
                        *span,
                        "set again here",
                    )
                    .and(first, "first set here")
                    .help("remove one of the two"),
                );
            }
        }
    }
}
