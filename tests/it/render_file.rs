//! The script that renders a file of a container from a file in the store and secrets.

use std::os::unix::fs::PermissionsExt;

use crate::common::scripts::{Ran, Stage, are_installed};

/// A secret with characters that are special in every format.
const SPECIAL: &str = "a/b \"c\" \\d & <e>\u{e9}'";

/// Renders `source` with the secrets `special`, `plain` and `lines`.
fn rendered(source: &str, encoding: &str, names: &[&str]) -> Option<(Ran, String)> {
    if !are_installed(&["jq"]) {
        return None;
    }
    let stage = Stage::new();
    let source = stage.file("source", source);
    for (name, content) in [("special", SPECIAL), ("plain", "s3cret\n"), ("lines", "a\nb\n")] {
        stage.file(name, content);
    }
    let file = stage.path("run/files/etc/app.json");
    let owner = format!("{}:{}", rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let mut arguments = vec![source, file, owner, "0440".to_owned(), encoding.to_owned()];
    arguments.extend(names.iter().flat_map(|name| [(*name).to_owned(), stage.path(name)]));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = stage.run("render-file", &arguments);
    if ran.code == Some(0) {
        let mode = std::fs::metadata(stage.at("run/files/etc/app.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o440);
    }
    let text = stage.read("run/files/etc/app.json");
    Some((ran, text))
}

#[test]
fn a_secret_in_json_stays_one_string() {
    let source = r#"{"key": "<secret:special>", "url": "postgres://app:<secret-url:special>@db/app"}"#;
    let Some((ran, text)) = rendered(source, "json", &["special"]) else { return };
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["key"], SPECIAL);
    let url = value["url"].as_str().expect("a text").replace("%27", "'");
    assert_eq!(url, "postgres://app:a%2Fb%20%22c%22%20%5Cd%20%26%20%3Ce%3E%C3%A9'@db/app");
}

#[test]
fn a_secret_of_several_lines_is_valid_in_json_and_in_a_text() {
    let Some((_, text)) = rendered(r#"{"key": "<secret:lines>"}"#, "json", &["lines"]) else { return };
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["key"], "a\nb");
    let Some((_, text)) = rendered("key:\n<secret:lines>\n\n", "text", &["lines"]) else { return };
    assert_eq!(text, "key:\na\nb\n\n", "the end of the file stays");
}

#[test]
fn a_secret_of_several_lines_fails_in_a_line() {
    let Some((ran, text)) = rendered("KEY=<secret:lines>\n", "line", &["lines"]) else { return };
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("the secret lines has more than one line"), "{ran:?}");
    assert_eq!(text, "");
}

#[test]
fn placeholders_of_other_names_stay() {
    let source = "<secret:plain> <secret:other> <secret:plain>";
    let Some((_, text)) = rendered(source, "line", &["plain"]) else { return };
    assert_eq!(text, "s3cret <secret:other> s3cret");
}

#[test]
fn a_missing_secret_fails_without_a_file() {
    let Some((ran, text)) = rendered("<secret:absent>", "text", &["absent"]) else { return };
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("the secret absent"), "{ran:?}");
    assert_eq!(text, "");
}

#[test]
fn a_secret_with_the_placeholder_of_another_one_stays_as_it_is() {
    if !are_installed(&["jq"]) {
        return;
    }
    let stage = Stage::new();
    let source = stage.file("source", "<secret:first> <secret:second>\n");
    stage.file("first", "<secret:second>");
    stage.file("second", "s3cret");
    let file = stage.path("run/app.conf");
    let owner = format!("{}:{}", rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let (first, second) = (stage.path("first"), stage.path("second"));
    let ran = stage
        .run("render-file", &[&source, &file, &owner, "0400", "text", "first", &first, "second", &second]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(stage.read("run/app.conf"), "<secret:second> s3cret\n");
}
