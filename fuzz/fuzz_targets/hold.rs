//! What holds for every file, however wrong it is.

use homegen::diag::human::{self, Style};
use homegen::diag::{Diagnostic, Severity, github, json, sarif};
use homegen::output::{File, OutputLocation, is_marked};
use homegen::file_context::FileContext;
use homegen::{Outcome, compile};

fn run(bytes: &[u8]) -> Outcome {
    let location = OutputLocation { source: "homeserver.yaml".to_owned(), to_source: "..".to_owned() };
    compile("homeserver.yaml", bytes, &location, &FileContext::default())
        .unwrap_or_else(|bug| panic!("a mistake of homegen's own: {}", bug.0))
}

/// Compiles `bytes`, and panics where something is not as it has to be.
pub fn hold(bytes: &[u8]) {
    let outcome = run(bytes);
    let has_errors = outcome.diagnostics.iter().any(|d| d.severity() == Severity::Error);
    assert_eq!(outcome.files.is_none(), has_errors, "there is output, or an error, and never both");
    for diagnostic in &outcome.diagnostics {
        points_at_text(diagnostic, &outcome);
    }
    // What is said fits on a screen.
    let said = human::render(&outcome.diagnostics, &outcome.sources, Style { width: 100, color: false });
    assert!(said.len() < 4_000 + 12_000 * outcome.diagnostics.len(), "{} bytes are said", said.len());
    for render in [json::render, sarif::render] {
        let text = render(&outcome.diagnostics, &outcome.sources);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "this is not JSON: {text}");
    }
    let annotations = github::render(&outcome.diagnostics, &outcome.sources);
    assert_eq!(annotations.lines().count(), outcome.diagnostics.len(), "{annotations}");
    for file in outcome.files.iter().flatten() {
        is_sound(file);
    }
    let again = run(bytes);
    assert_eq!(outcome.diagnostics, again.diagnostics, "two runs say different things");
    assert_eq!(texts(&outcome), texts(&again), "two runs write different things");
}

/// Every label lies in its text, and begins and ends between characters.
fn points_at_text(diagnostic: &Diagnostic, outcome: &Outcome) {
    assert!(!diagnostic.message.is_empty() && !diagnostic.labels.is_empty(), "{diagnostic:?}");
    assert!(diagnostic.help.as_ref().is_some_and(|help| !help.is_empty()), "no help: {diagnostic:?}");
    for label in &diagnostic.labels {
        let text = &outcome.sources.get(label.span.source).text;
        let range = label.span.start as usize..label.span.end as usize;
        assert!(text.get(range).is_some(), "a label beside the text: {diagnostic:?}");
    }
}

/// A file is homegen's own, ends as files do, and is Nix if it is called so.
fn is_sound(file: &File) {
    assert!(is_marked(&file.path, file.text.as_bytes()), "{}: without the mark", file.path);
    assert!(file.text.ends_with('\n') && !file.text.contains('\0'), "{}", file.path);
    assert!(!file.path.split('/').any(|part| matches!(part, "" | "." | "..")), "{}", file.path);
    if file.path.ends_with(".nix") {
        let errors = rnix::Root::parse(&file.text).errors().to_vec();
        assert!(errors.is_empty(), "{}: {errors:?}\n{}", file.path, file.text);
    }
}

fn texts(outcome: &Outcome) -> Vec<(&str, &str)> {
    outcome.files.iter().flatten().map(|file| (file.path.as_str(), file.text.as_str())).collect()
}
