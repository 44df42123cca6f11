//! Real Caddy reads the lines that homegen accepts as a part of their own site, and no others.

use std::process::Command;

use homegen::caddyfile::{CaddyfilePosition, fault};

/// The version of Caddy, if it is installed.
fn version() -> Option<(u32, u32)> {
    let Ok(run) = Command::new("caddy").arg("version").output() else {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "caddy is not installed");
        println!("skipped: caddy is not installed");
        return None;
    };
    let text = String::from_utf8(run.stdout).expect("a version");
    let mut numbers = text.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    Some((numbers.next()?, numbers.next()?))
}

/// Returns true if Caddy accepts a site with these lines, and reads the next site correctly.
fn caddy_keeps_the_next_site(lines: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("Caddyfile");
    let text = format!("a.test {{\n{lines}\n}}\nb.test {{\nrespond `the next site`\n}}\n");
    std::fs::write(&path, text).expect("a file");
    let run = Command::new("caddy").args(["adapt", "--adapter", "caddyfile", "--config"]).arg(&path).output();
    let run = run.expect("caddy runs");
    let config = String::from_utf8(run.stdout).expect("JSON");
    run.status.success()
        && config.contains(r#""host":["b.test"]"#)
        && config.contains(r#"{"body":"the next site","handler":"static_response"}"#)
}

/// Lines that stay in their site. The second value is the first version of Caddy that reads them so.
const KEPT: &[(&str, (u32, u32))] = &[
    ("encode gzip", (2, 0)),
    ("handle /x {\n  respond \"{\\\"}\"\n}", (2, 0)),
    ("header X-A `a } b`", (2, 0)),
    ("header X-A `{}`", (2, 5)),
    ("header X-A a{", (2, 0)),
    ("# a comment with a }\nrespond hi # and a {", (2, 0)),
    ("handle /x \\\n{\n  respond hi\n}", (2, 0)),
    ("respond \"several\n}\nlines\" 200", (2, 0)),
    ("respond <<END\n  }\n  END 200\nencode gzip", (2, 7)),
    ("@jpg path_regexp \\.(jpg|png)$\nheader @jpg X-A {$NAME:a}", (2, 0)),
    ("redir * `/login` permanent", (2, 0)),
    (
        "reverse_proxy https://127.0.0.1:8443 {\n  transport http {\n    tls_insecure_skip_verify\n  }\n}",
        (2, 0),
    ),
];

/// Lines that leave their site, or that Caddy refuses.
const REFUSED: &[&str] = &[
    "encode gzip\n}}",
    "encode gzip\n}",
    "handle {",
    "handle {\nhandle {\n}",
    "header X-A `{`",
    "header X-A \"}\"",
    "{\nrespond hi\n}",
    "handle { respond hi }",
    "respond \"hi",
    "respond `hi",
    "encode gzip \\",
    "respond hi {$NAME",
    "respond hi {$NAME:\"}",
];

#[test]
fn caddy_keeps_accepted_lines_in_their_site() {
    let Some(version) = version() else { return };
    for (lines, since) in KEPT {
        assert_eq!(fault(lines, CaddyfilePosition::Block), None, "{lines}");
        assert!(version < *since || caddy_keeps_the_next_site(lines), "{lines}");
    }
}

#[test]
fn caddy_refuses_or_misreads_lines_that_homegen_refuses() {
    if version().is_none() {
        return;
    }
    for lines in REFUSED {
        assert!(fault(lines, CaddyfilePosition::Block).is_some(), "{lines}");
        assert!(!caddy_keeps_the_next_site(lines), "{lines}");
    }
    // Caddy would read a third site here.
    assert!(fault("}\nc.test {", CaddyfilePosition::Block).is_some());
}
