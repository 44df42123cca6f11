//! A number that becomes a value in Nix must keep its notation.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::FileContent;
use crate::tree::{Atom, Kind, Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let services = host.services.iter();
    let own = services.clone().filter_map(|s| s.nixos.as_ref());
    let parameters = services.flat_map(|s| s.parameters.iter().map(|(_, value)| value));
    for tree in host.constants.iter().chain(&host.nixos).chain(own).chain(parameters) {
        below(tree, diagnostics);
    }
    let files = host.containers().flat_map(|container| &container.settings.files.entries);
    for content in files.flat_map(|(_, file)| file.contents()) {
        if let FileContent::Data(_, data) = content {
            below(data, diagnostics);
        }
    }
}

fn below(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Scalar(text) if text.is_literal() => scalar(text, diagnostics),
        Kind::List(items) => items.iter().for_each(|item| below(item, diagnostics)),
        Kind::Map(entries) => entries.iter().for_each(|entry| below(&entry.value, diagnostics)),
        _ => {}
    }
}

fn scalar(text: &Text, diagnostics: &mut Diagnostics) {
    let written = text.value();
    let number = match text.atom() {
        Atom::Int(number) if number.to_string() != written => number.to_string(),
        Atom::Float(_) if !is_plain(&written) => {
            written.parse::<f64>().map_or_else(|_| written.clone(), |n| n.to_string())
        }
        _ => return,
    };
    diagnostics.push(
        Diagnostic::new(
            Code::AmbiguousScalar,
            format!("`{written}` is the number {number}"),
            text.span,
            "Nix does not keep this notation",
        )
        .help(format!("write `\"{written}\"` for the text, or the number in its plain form")),
    );
}

/// True if Nix prints a number with a point as it is written.
fn is_plain(written: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = written.trim_start_matches('-');
    let Some((whole, part)) = unsigned.split_once('.') else { return false };
    let significant = unsigned.trim_start_matches(['0', '.']).len();
    digits(whole)
        && digits(part)
        && !part.ends_with('0')
        && (whole == "0" || !whole.starts_with('0'))
        && significant <= 15
        && written.parse::<f64>().is_ok_and(|n| n.abs() >= 1e-4)
}
