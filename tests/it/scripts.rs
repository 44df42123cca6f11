//! Requirements for every script of `templates/scripts/`.

use std::process::Command;

use crate::common::scripts::{are_installed, shell_scripts};

#[test]
fn scripts_pass_shellcheck() {
    if !are_installed(&["shellcheck"]) {
        return;
    }
    let scripts = shell_scripts();
    assert!(scripts.len() > 10, "{scripts:?}");
    let output = Command::new("shellcheck").args(["--shell", "bash"]).args(&scripts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn scripts_begin_with_the_mark_of_generated_files() {
    // Without the mark, the next build would treat the script as a file of the user and refuse to overwrite it.
    for path in shell_scripts() {
        let text = std::fs::read(&path).unwrap();
        assert!(homegen::output::is_marked(&path.to_string_lossy(), &text), "{}", path.display());
    }
}
