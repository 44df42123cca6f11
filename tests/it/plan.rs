//! What `homegen plan` predicts, against NixOS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use homegen::deployment::Deployment;
use homegen::diag::Diagnostics;
use homegen::file_context::FileContext;
use homegen::source::SourceId;

use crate::common::edits::{leaves, others};
use crate::common::{fixtures, read};

/// The host of a text beside the files of a folder. `None` if the text has errors.
fn deployment(text: &str, folder: &Path) -> Option<Deployment> {
    let host = homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default()).host?;
    let hash = |path: &str| Some(homegen::record::hash(&std::fs::read(folder.join(path)).ok()?));
    Some(homegen::deploy(&host, &hash))
}

/// The edits of a fixture that compile: the path of the value, the new value, and the new text.
fn edits(text: &str) -> Vec<(String, String, String)> {
    let node = homegen::parse::parse(text, SourceId::FILE, &mut Diagnostics::default()).expect("YAML");
    let mut all = Vec::new();
    leaves(&node, "", &mut all);
    let mut edits = Vec::new();
    for (path, leaf) in all {
        let (start, end) = (leaf.span.start as usize, leaf.span.end as usize);
        for other in others(&text[start..end], &leaf) {
            let changed = format!("{}{other}{}", &text[..start], &text[end..]);
            edits.push((path.clone(), format!("{} → {other}", text[start..end].trim_end()), changed));
        }
    }
    edits
}

/// The keys that NixOS does not compare (switch-to-configuration-ng, `UNIT_SECTION_IGNORES`).
const IGNORED: &[&str] = &[
    "X-Reload-Triggers",
    "Description",
    "Documentation",
    "OnFailure",
    "OnSuccess",
    "OnFailureJobMode",
    "IgnoreOnIsolate",
    "StopWhenUnneeded",
    "RefuseManualStart",
    "RefuseManualStop",
    "AllowIsolate",
    "CollectMode",
    "SourcePath",
];

/// The texts of the units that NixOS makes of a file, as it compares them; and their triggers of a reload.
type Texts = BTreeMap<String, (String, String)>;

fn texts_of(text: &str, fixture: &Path, eval: &str) -> Result<Texts, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp").arg("-rT").arg(fixture).arg(folder.path()).status().expect("cp");
    assert!(copied.success());
    std::fs::write(folder.path().join("homeserver.yaml"), text).expect("written");
    let built = Command::new(env!("CARGO_BIN_EXE_homegen"))
        .args(["build", "homeserver.yaml"])
        .current_dir(folder.path())
        .output()
        .expect("homegen");
    if !built.status.success() {
        return Err("no build".to_owned());
    }
    let output = Command::new(eval).arg("generated/default.nix").current_dir(folder.path()).output().expect("eval");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let units = report["units"].as_object().expect("units");
    let mut all = Texts::new();
    for (name, unit) in units {
        let text = unit["text"].as_str().or(unit.as_str()).unwrap_or_default();
        let (mut kept, mut triggers, mut section) = (Vec::new(), String::new(), "");
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let key = line.split('=').next().unwrap_or_default();
            if key == "X-Reload-Triggers" {
                triggers = line.to_owned();
            }
            if section != "[Install]" && !(section == "[Unit]" && IGNORED.contains(&key)) {
                kept.push(line);
            }
        }
        let path = folder.path().to_string_lossy().into_owned();
        all.insert(name.clone(), (kept.join("\n").replace(&path, ""), triggers.replace(&path, "")));
    }
    Ok(all)
}

/// Units of which the evaluation shows less than a real NixOS.
fn is_seen(name: &str) -> bool {
    let is_left_out = name.starts_with("acme-") || name == "haproxy.service" || name == "systemd-tmpfiles-resetup.service" || name == "firewall.service";
    !is_left_out
}

#[test]
#[ignore = "evaluates NixOS for each value of some fixtures: HOMEGEN_EVAL is the program, HOMEGEN_FIXTURES the fixtures"]
fn a_changed_value_changes_the_units_that_nixos_changes() {
    let eval = std::env::var("HOMEGEN_EVAL").expect("HOMEGEN_EVAL");
    let names = std::env::var("HOMEGEN_FIXTURES").unwrap_or_else(|_| "greenhead".to_owned());
    let only = std::env::var("HOMEGEN_ONLY").unwrap_or_default();
    let (mut wrong, mut right) = (0, 0);
    for name in names.split(' ') {
        let folder: PathBuf = fixtures().join(name);
        let text = read(&format!("fixtures/{name}/homeserver.yaml"));
        let before = deployment(&text, &folder).expect("it compiles");
        let texts_before = texts_of(&text, &folder, &eval).expect("it evaluates");
        let mut done = BTreeSet::new();
        for (path, edit, text) in edits(&text) {
            if !path.contains(&only) || done.contains(&path) {
                continue;
            }
            let Some(after) = deployment(&text, &folder) else { continue };
            let texts_after = match texts_of(&text, &folder, &eval) {
                Ok(texts) => texts,
                Err(why) => {
                    println!("{name}: {path}: {edit}: {}", why.lines().last().unwrap_or_default());
                    continue;
                }
            };
            done.insert(path.clone());
            let mut real = BTreeSet::new();
            let mut predicted = BTreeSet::new();
            for unit in texts_before.keys().chain(texts_after.keys()).filter(|name| is_seen(name)) {
                match (texts_before.get(unit), texts_after.get(unit)) {
                    (Some(before), Some(after)) if before.0 != after.0 => real.insert(format!("~{unit}")),
                    (Some(before), Some(after)) if before.1 != after.1 => real.insert(format!("r{unit}")),
                    (Some(_), Some(_)) => false,
                    (Some(_), None) => real.insert(format!("-{unit}")),
                    _ => real.insert(format!("+{unit}")),
                };
            }
            for unit in before.units.keys().chain(after.units.keys()).filter(|name| is_seen(name)) {
                match (before.units.get(unit), after.units.get(unit)) {
                    (Some(before), Some(after)) if before.text != after.text => predicted.insert(format!("~{unit}")),
                    (Some(before), Some(after)) if before.reload != after.reload => predicted.insert(format!("r{unit}")),
                    (Some(_), Some(_)) => false,
                    (Some(_), None) => predicted.insert(format!("-{unit}")),
                    _ => predicted.insert(format!("+{unit}")),
                };
            }
            if real == predicted {
                right += 1;
            } else {
                wrong += 1;
                let missed: Vec<_> = real.difference(&predicted).collect();
                let extra: Vec<_> = predicted.difference(&real).collect();
                println!("{name}: {path}: {edit}\n    missed {missed:?}\n    extra {extra:?}");
            }
        }
    }
    println!("{right} right, {wrong} wrong");
    assert_eq!(wrong, 0);
}
