//! The effect of certain fixes on a file.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use homegen::diag::fix::apply;
use homegen::diag::{Code, Severity};
use homegen::file_context::FileContext;

/// The diagnostics of a file.
fn diagnostics(text: &str) -> Vec<homegen::diag::Diagnostic> {
    homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default()).diagnostics
}

/// The file with all certain fixes, and their number.
fn fixed(text: &str) -> (String, usize) {
    let (mut text, mut made) = (text.to_owned(), 0);
    loop {
        let (next, count) = apply(&text, &diagnostics(&text));
        if count == 0 {
            return (text, made);
        }
        (text, made) = (next, made + count);
        assert!(made < 1_000, "fixes without an end:\n{text}");
    }
}

/// The file under a heading of a page.
fn file(code: Code, heading: &str) -> Option<String> {
    let (_, section) = code.page().split_once(&format!("\n## {heading}\n\n```yaml\n"))?;
    Some(format!("{}\n", section.split_once("\n```\n")?.0))
}

#[test]
fn certain_fixes_turn_the_failing_file_of_a_page_into_the_passing_one() {
    let mut fixable = Vec::new();
    for code in Code::ALL {
        let (Some(fails), Some(passes)) = (file(*code, "Fails"), file(*code, "Passes")) else { continue };
        let (text, made) = fixed(&fails);
        if made > 0 {
            assert_eq!(text, passes, "{}", code.code());
            fixable.push(code.code());
        }
    }
    assert_eq!(fixable, ["HG0104", "HG0204", "HG0207", "HG0810", "HG1330"]);
}

#[test]
fn certain_fixes_add_no_errors_to_any_fixture() {
    let errors = |text: &str| diagnostics(text).iter().filter(|d| d.severity() == Severity::Error).count();
    let mut made = 0;
    for (name, text) in crate::common::cases() {
        let (after, count) = fixed(&text);
        assert!(errors(&after) <= errors(&text), "{name}:\n{after}");
        assert_eq!(text.lines().count(), after.lines().count(), "{name} keeps its lines");
        made += count;
    }
    assert!(made > 20, "only {made} fixes");
}

/// A file with two mistakes whose fixes are certain.
const WRONG: &str = "# A comment\nhomegen: 1\nhost: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  web:\n    containers:\n      web: { image: \"docker.io/example/web:1\", read_only: yes, labels: { a: \"1\", b: 'x' } } # kept\n      db:\n        image: docker.io/example/db:1\n        restart:always\n";

fn check(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_homegen"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn fix_keeps_comments_the_byte_order_mark_the_mode_and_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real.yaml");
    fs::write(&real, format!("\u{feff}{WRONG}")).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.yaml", folder.path().join("homeserver.yaml")).unwrap();
    let done = check(folder.path(), &["--fix"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let right =
        WRONG.replace("read_only: yes", "read_only: true").replace("restart:always", "restart: always");
    assert_eq!(fs::read_to_string(&real).unwrap(), format!("\u{feff}{right}"));
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o7777, 0o640);
    assert!(fs::symlink_metadata(folder.path().join("homeserver.yaml")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    let inode = fs::metadata(&real).unwrap().ino();
    assert!(check(folder.path(), &["--fix"]).status.success());
    assert_eq!(fs::metadata(&real).unwrap().ino(), inode, "a file without a fix is not written");
}

#[test]
fn fix_needs_a_file_and_does_not_change_one_that_is_not_utf_8() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(check(folder.path(), &["--fix", "-"]).status.code(), Some(2));
    assert_eq!(check(folder.path(), &["--fix"]).status.code(), Some(2));
    fs::write(folder.path().join("homeserver.yaml"), b"homegen: \xff").unwrap();
    assert_eq!(check(folder.path(), &["--fix"]).status.code(), Some(1));
    assert_eq!(fs::read(folder.path().join("homeserver.yaml")).unwrap(), b"homegen: \xff");
}
