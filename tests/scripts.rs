//! What is promised of every script of `templates/scripts/`.

mod common;

use std::process::Command;

use common::scripts::{here, scripts};

#[test]
fn scripts_are_shellcheck_clean() {
    if !here(&["shellcheck"]) {
        return;
    }
    let scripts: Vec<_> = std::fs::read_dir(scripts()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(scripts.len() > 10, "{scripts:?}");
    let output = Command::new("shellcheck").args(["--shell", "bash"]).args(&scripts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
