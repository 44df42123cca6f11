//! Compose reads `$$` as a literal `$`. homegen does not: only `$${` is an escape here.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::setting::HealthTest;
use crate::tree::{Node, Piece, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for text in host.containers().flat_map(texts) {
        let found = text.pieces.iter().find_map(|piece| match piece {
            Piece::Literal(literal) => {
                Some((doubled(literal)?.to_owned(), "only `$${` is an escape here", ""))
            }
            Piece::Reference(reference) => {
                let value = reference.value.text();
                Some((doubled(&value)?.to_owned(), "this reference has the value", " in the constant"))
            }
        });
        let Some((found, label, suffix)) = found else { continue };
        let single = &found[1..];
        let title = format!("`{found}` is `{single}` in Compose, but stays `{found}` here");
        let diagnostic = Diagnostic::new(Code::SurprisingYaml, title, text.span, label);
        let diagnostic = diagnostic.help(format!("write `{single}`{suffix}"));
        diagnostics.push(if suffix.is_empty() { diagnostic } else { diagnostic.once() });
    }
}

/// Texts in which Compose files escape a `$`: shell commands, and values such as password hashes.
fn texts(container: &Container) -> Vec<&Text> {
    let settings = &container.settings;
    let commands =
        [&settings.command, &settings.entrypoint].into_iter().flatten().flat_map(|command| &command.0);
    let test = settings.healthcheck.iter().flat_map(|check| match &check.test {
        Some(HealthTest::Shell(line)) => std::slice::from_ref(line),
        Some(HealthTest::Exec(words)) => words.as_slice(),
        Some(HealthTest::None) | None => &[],
    });
    let pairs = settings.environment.0.iter().chain(&settings.labels.0).map(|(_, value)| value);
    commands.chain(test).chain(pairs).collect()
}

/// The first `$$` with the name that follows it. `$$` by itself is the process of the shell.
fn doubled(text: &str) -> Option<&str> {
    text.match_indices("$$").find_map(|(at, _)| {
        let rest = &text[at + 2..];
        let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = match rest.chars().next()? {
            '(' | '{' | '@' | '*' | '#' | '?' | '!' => 1,
            _ if name > 0 => name,
            _ => return None,
        };
        Some(&text[at..at + 2 + length])
    })
}

#[cfg(test)]
mod tests {
    use super::doubled;

    #[test]
    fn doubled_dollars_of_compose_are_found() {
        for (text, found) in [
            ("pg_isready -U $$POSTGRES_USER -d x", Some("$$POSTGRES_USER")),
            ("echo $$(date)", Some("$$(")),
            ("admin:$$2y$$05$$abc", Some("$$2y")),
            ("exec $$@", Some("$$@")),
            ("echo $$ > /run/pid", None),
            ("echo $$", None),
            ("kill -9 $$; true", None),
            ("$HOME", None),
        ] {
            assert_eq!(doubled(text), found, "{text}");
        }
    }
}
