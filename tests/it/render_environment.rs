//! The script that renders the environment file of a container from secrets.

use std::os::unix::fs::PermissionsExt;

use crate::common::scripts::{Stage, are_installed};

/// Renders `parts` with secrets `plain`, `special` and `lines`. Returns the file, or the error.
fn rendered(parts: &[&str]) -> Option<Result<String, String>> {
    if !are_installed(&["jq"]) {
        return None;
    }
    let stage = Stage::new();
    for (name, content) in
        [("plain", "s3cret\n"), ("special", "a/b:c@d %é\"'$x\\"), ("lines", "a\nb"), ("empty", "\n")]
    {
        std::fs::write(stage.at(name), content).unwrap();
    }
    let path = |part: &&str| match part.strip_prefix("secret:") {
        Some(name) => stage.at(name).to_str().expect("UTF-8").to_owned(),
        None => (*part).to_owned(),
    };
    let file = stage.at("run/app/secrets.env");
    let mut arguments = vec![file.to_str().expect("UTF-8").to_owned()];
    arguments.extend(parts.iter().map(path));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = stage.run("render-environment", &arguments);
    Some(match ran.code {
        Some(0) => {
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "only root reads the file");
            Ok(std::fs::read_to_string(&file).unwrap())
        }
        _ => {
            assert!(!file.exists(), "a failed run leaves no file");
            assert!(!ran.err.contains("s3cret"), "{ran:?}");
            Err(ran.err)
        }
    })
}

#[test]
fn a_variable_is_a_line_with_its_texts_and_secrets() {
    let parts = [
        "variable",
        "KEY",
        "secret",
        "secret:plain",
        "variable",
        "DSN",
        "text",
        "host=db password=",
        "secret",
        "secret:special",
        "text",
        " end",
        "variable",
        "NONE",
        "text",
        "",
    ];
    let Some(file) = rendered(&parts) else { return };
    assert_eq!(file.unwrap(), "KEY=s3cret\nDSN=host=db password=a/b:c@d %é\"'$x\\ end\nNONE=\n");
}

#[test]
fn a_secret_in_a_url_is_percent_encoded() {
    let parts = ["variable", "URL", "text", "postgres://app:", "url", "secret:special", "text", "@db/app"];
    let Some(file) = rendered(&parts) else { return };
    // jq 1.6 leaves the apostrophe, which is valid in a URL.
    let file = file.unwrap().replace("%27", "'");
    assert_eq!(file, "URL=postgres://app:a%2Fb%3Ac%40d%20%25%C3%A9%22'%24x%5C@db/app\n");
}

#[test]
fn a_missing_secret_or_one_of_several_lines_fails() {
    for (secret, reason) in [
        ("secret:absent", "the secret for URL does not exist"),
        ("secret:empty", "the secret for URL is empty"),
        ("secret:lines", "the secret for URL has more than one line: pass it as a file, with URL_FILE"),
    ] {
        for kind in ["secret", "url"] {
            let Some(file) =
                rendered(&["variable", "KEY", "secret", "secret:plain", "variable", "URL", kind, secret])
            else {
                return;
            };
            let error = file.unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
