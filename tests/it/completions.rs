//! The completions and the manual pages, read by the programs that use them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::scripts::are_installed;

fn homegen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_homegen")).args(arguments).output().expect("homegen runs")
}

/// The output of a command that succeeds.
fn printed(arguments: &[&str]) -> String {
    let output = homegen(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The names of the commands below `command`, as its help lists them.
fn commands(command: &[&str]) -> Vec<String> {
    let help = printed(&[command, &["--help"]].concat());
    let list = help.split("Commands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// Every command of the program, as its words: none for the program itself.
fn all_commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while let Some(command) = found.get(next).cloned() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        found.extend(commands(&words).into_iter().map(|name| [command.clone(), vec![name]].concat()));
        next += 1;
    }
    assert!(found.iter().any(|words| *words == ["images", "lock"]), "{found:?}");
    found
}

/// Runs a script in a shell, and returns its output.
fn run(shell: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(shell).args(arguments).current_dir(folder).output().expect("the shell runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{shell} {arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn shells_complete_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = printed(&["completions", shell]);
        assert!(text.contains("map-path") && text.contains("deny-warnings"), "{shell}: {text}");
        std::fs::write(folder.path().join(shell), text).unwrap();
    }
    if are_installed(&["bash"]) {
        let complete = "source ./bash; COMP_WORDS=(homegen imag); COMP_CWORD=1; _homegen homegen imag homegen; \
                        echo \"${COMPREPLY[@]}\"; COMP_WORDS=(homegen check --fo); COMP_CWORD=2; \
                        _homegen homegen --fo check; echo \"${COMPREPLY[@]}\"";
        assert_eq!(run("bash", &["-c", complete], folder.path()), "images\n--format\n");
    }
    if are_installed(&["zsh"]) {
        assert_eq!(run("zsh", &["-n", "zsh"], folder.path()), "");
        // The file defines its function when it is loaded, and registers it.
        let load = "autoload -U compinit; compinit -u -D; source ./zsh; echo ${_comps[homegen]}";
        assert_eq!(run("zsh", &["-f", "-c", load], folder.path()), "_homegen\n");
    }
    if are_installed(&["fish"]) {
        let complete = "source ./fish; complete --do-complete 'homegen imag'; complete --do-complete 'homegen check --fo'";
        let found = run("fish", &["--no-config", "-c", complete], folder.path());
        let names: Vec<&str> = found.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(names, ["images", "--format"]);
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man1");
    printed(&["man", "--output", pages.to_str().unwrap()]);
    let expected: BTreeSet<String> = all_commands()
        .iter()
        .map(|words| [vec!["homegen".to_owned()], words.clone()].concat().join("-") + ".1")
        .collect();
    let found: BTreeSet<String> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected);
    for words in all_commands() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let page = printed(&[&["man"], &words[..]].concat());
        let file = [&["homegen"], &words[..]].concat().join("-") + ".1";
        assert_eq!(page, std::fs::read_to_string(pages.join(&file)).unwrap());
        for option in printed(&[&words[..], &["--help"]].concat()).split_whitespace() {
            let option = option.trim_end_matches(',');
            if let Some(name) = option.strip_prefix("--").filter(|name| !name.is_empty()) {
                assert!(page.contains(&name.replace('-', "\\-")), "{file} has no --{name}");
            }
        }
    }
    if are_installed(&["mandoc"]) {
        for file in &expected {
            run("mandoc", &["-T", "lint", "-W", "error", file], &pages);
            let text = run("mandoc", &["-T", "ascii", file], &pages);
            assert!(text.trim_end().lines().last().unwrap().contains("homegen 0."), "{file}:\n{text}");
        }
    }
}

#[test]
fn a_page_of_an_unknown_command_is_refused() {
    for (words, reason) in [
        (&["nope"][..], "`nope` is not a command; expected build, "),
        (&["images", "nope"], "`nope` is not a command; expected lock"),
        (&["build", "nope"], "`nope` is not a command; `build` has no commands"),
    ] {
        let output = homegen(&[&["man"], words].concat());
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(reason), "{error}");
    }
}
