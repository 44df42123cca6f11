//! Plain scalars that YAML 1.1, which Compose files and many editors follow, reads as something else.

use crate::diag::{Code, Diagnostic, Diagnostics, Fix};
use crate::hir::Host;
use crate::source::SourceId;
use crate::tree::{Kind, Node, Text};

pub(super) fn check(_: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    below(file, false, diagnostics);
}

fn below(node: &Node, in_nixos: bool, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Scalar(text) if node.defined.is_none() => scalar(text, in_nixos, diagnostics),
        Kind::List(items) => items.iter().for_each(|item| below(item, in_nixos, diagnostics)),
        Kind::Map(entries) => {
            // `restart: no` is valid with and without quotes.
            let entries = entries.iter().filter(|entry| entry.key.value() != "restart");
            for entry in entries {
                below(&entry.value, in_nixos || entry.key.value() == "nixos", diagnostics);
            }
        }
        _ => {}
    }
}

fn scalar(text: &Text, in_nixos: bool, diagnostics: &mut Diagnostics) {
    if !text.plain || !text.is_literal() || text.span.source != SourceId::FILE {
        return;
    }
    let written = text.value();
    let Some(other) = in_yaml_1_1(&written) else { return };
    // A boolean option refuses the text.
    let quoted = format!("\"{written}\"");
    let (help, fix) = match in_nixos && matches!(other.as_str(), "true" | "false") {
        true => (format!("write `{other}`, or {quoted} in quotes if the option takes a text"), None),
        false => (format!("write `{quoted}`"), Some(Fix::certain(text.span, quoted))),
    };
    diagnostics.push(
        Diagnostic::new(
            Code::SurprisingYaml,
            format!("other YAML parsers read `{written}` as {other}"),
            text.span,
            "homegen reads it as text",
        )
        .yields()
        .help(help)
        .fix(fix),
    );
}

/// The value that YAML 1.1 gives a plain scalar, if it differs from 1.2 (<https://yaml.org/type/>).
fn in_yaml_1_1(written: &str) -> Option<String> {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    match written.to_ascii_lowercase().as_str() {
        "yes" | "on" => return Some("true".to_owned()),
        "no" | "off" => return Some("false".to_owned()),
        _ => {}
    }
    if written.len() > 1 && written.starts_with('0') && written.bytes().all(|b| (b'0'..=b'7').contains(&b)) {
        return u64::from_str_radix(written, 8).ok().map(|n| format!("the number {n}"));
    }
    if written.contains('_')
        && digits(&written.replace('_', ""))
        && written.starts_with(|c: char| c.is_ascii_digit())
    {
        return Some(format!("the number {}", written.replace('_', "")));
    }
    let parts: Vec<&str> = written.split(':').collect();
    let sexagesimal = parts.len() > 1
        && !written.starts_with('0')
        && parts.iter().all(|p| digits(p))
        && parts[1..].iter().all(|p| p.len() <= 2 && p.parse::<u8>().is_ok_and(|n| n < 60));
    sexagesimal
        .then(|| parts.iter().try_fold(0u64, |sum, p| sum.checked_mul(60)?.checked_add(p.parse().ok()?)))
        .flatten()
        .map(|n| format!("the number {n}"))
}

#[cfg(test)]
mod tests {
    use super::in_yaml_1_1;

    #[test]
    fn scalars_with_another_value_in_yaml_1_1_are_found() {
        for (written, other) in [
            ("no", "false"),
            ("On", "true"),
            ("0755", "the number 493"),
            ("22:22", "the number 1342"),
            ("1_000", "the number 1000"),
        ] {
            assert_eq!(in_yaml_1_1(written).as_deref(), Some(other), "{written}");
        }
        for same in ["8080:80", "05:30", "0", "none", "10.0.0.1:22:22", "089", "a_b", "_1"] {
            assert_eq!(in_yaml_1_1(same), None, "{same}");
        }
    }
}
