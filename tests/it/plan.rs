//! The predictions of `homegen plan`, compared with NixOS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use homegen::deployment::Deployment;
use homegen::diag::{Diagnostic, Diagnostics};
use homegen::effect::EffectKind;
use homegen::file_context::FileContext;
use homegen::plan::{Cause, Plan, human, json, markdown};
use homegen::source::{SourceId, Sources};

use crate::common::edits::{leaves, others};
use crate::common::{cases, fixtures, read};

/// A host with its diagnostics and texts.
type Compiled = (Deployment, Vec<Diagnostic>, Sources);

/// The host of a text beside the files of a folder. `None` if the text has errors.
fn compiled(text: &str, folder: &Path, context: &FileContext) -> Option<Compiled> {
    let linked = homegen::link("homeserver.yaml", text.as_bytes(), context);
    let hash = |path: &str| Some(homegen::record::hash(&std::fs::read(folder.join(path)).ok()?));
    Some((homegen::deploy(&linked.host?, linked.file?, &hash), linked.diagnostics, linked.sources))
}

/// The host of a text beside the files of a folder. `None` if the text has errors.
pub fn deployment(text: &str, folder: &Path) -> Option<Deployment> {
    compiled(text, folder, &FileContext::default()).map(|(deployment, _, _)| deployment)
}

/// The plan of a switch from the text `old` to the text `new`, of files in one folder.
pub fn plan(old: &str, new: &str, folder: &Path) -> Plan {
    let old = deployment(old, folder).expect("it compiles");
    let context = FileContext { last_build: Some(&old.record), ..FileContext::default() };
    let compiled = compiled(new, folder, &context);
    let (new, diagnostics, sources) = compiled.unwrap_or_else(|| panic!("it does not compile:\n{new}"));
    homegen::plan(&old, &new, &diagnostics, &sources)
}

/// The plan of an edit of the fixture `greenhead`: each first text replaced by the second.
fn edited(edits: &[(&str, &str)]) -> Plan {
    let text = read("fixtures/greenhead/homeserver.yaml");
    let mut new = text.clone();
    for (from, to) in edits {
        assert!(new.contains(from), "{from}");
        new = new.replacen(from, to, 1);
    }
    plan(&text, &new, &fixtures().join("greenhead"))
}

/// Compares a text with its snapshot in `plans`.
pub fn pinned(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("plans");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The units of a plan with their effects.
fn units(plan: &Plan) -> Vec<(&str, EffectKind)> {
    plan.units.iter().map(|change| (change.unit.as_str(), change.effect)).collect()
}

#[test]
fn a_host_has_no_changes_against_itself_and_plans_of_all_pairs_are_made() {
    let none = FileContext::default();
    let cases: Vec<(String, Compiled)> = cases()
        .into_iter()
        .filter_map(|(name, text)| Some((name.clone(), compiled(&text, &fixtures().join(name), &none)?)))
        .collect();
    assert!(cases.len() > 40, "{}", cases.len());
    for (name, (old, ..)) in &cases {
        for (other, (new, _, sources)) in &cases {
            let plan = homegen::plan(old, new, &[], sources);
            assert!(name != other || plan.is_empty(), "{name}: {plan:?}");
            for render in [human::render, json::render, markdown::render] {
                assert!(render(&plan, "homeserver.yaml").ends_with('\n'));
            }
        }
    }
}

#[test]
fn a_changed_database_stops_and_starts_the_containers_that_depend_on_it() {
    let plan = edited(&[
        ("postgres: { memory: 2g }", "postgres: { memory: 3g }"),
        ("at: \"05:30\"", "at: \"05:45\""),
    ]);
    pinned("dependents", &human::render(&plan, "homeserver.yaml"));
}

#[test]
fn changed_ports_images_secrets_sites_jobs_and_volumes_are_listed() {
    let plan = edited(&[
        ("minipcTailscaleIP: 100.79.80.95", "minipcTailscaleIP: 100.79.80.96"),
        ("uptime-kuma:2", "uptime-kuma:3"),
        ("at: \"05:30\"", "at: \"05:45\""),
        ("mode: \"0700\"", "mode: \"0750\""),
        ("subdomain: uptime-kuma", "subdomain: status"),
        (
            "secrets: { POSTGRES_PASSWORD_FILE: immich-db-password }",
            "secrets: { POSTGRES_PASSWORD_FILE: immich-api-key }",
        ),
    ]);
    let parts = human::render(&plan, "homeserver.yaml");
    let parts = parts.split("\n\n").find(|part| part.starts_with("Ports, images")).expect("a section");
    pinned("parts", parts);
}

#[test]
fn a_cause_has_the_line_of_the_constant_or_the_argument_that_changed() {
    let old = "\
homegen: 1
host: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }
agenix: { directory: secrets }
secrets: { immich-db-password: {} }
constants: { media: /srv/photos }
caddy: { domain: example.org, bind: all, tls: internal }
services:
  immich:
    preset: immich
    with:
      data: /srv/immich
      media: ${media}
      version: v2.3.1
    port: 2283
    site: { subdomain: photos, to: \"server:2283\" }
";
    let new = old.replace("/srv/photos", "/srv/media").replace("v2.3.1", "v2.4.0");
    // A line before it is no change.
    let new = new.replace("homegen: 1\n", "# A comment.\nhomegen: 1\n");
    let plan = plan(old, &new, Path::new("/nonexistent"));
    let server =
        plan.units.iter().find(|change| change.unit == "podman-immich-server.service").expect("a unit");
    let Cause::Changed(values) = &server.cause else { panic!("{server:?}") };
    let lines: Vec<(&str, &[usize])> =
        values.iter().map(|value| (value.path.as_str(), value.lines.as_slice())).collect();
    assert_eq!(lines, [("image", &[14][..]), ("volumes", &[6])]);
    assert_eq!(server.lines, [6, 14]);
}

#[test]
fn a_moved_folder_comes_first() {
    let plan = edited(&[("dockerData: /var/lib/docker-data", "dockerData: /srv/data")]);
    let text = markdown::render(&plan, "homeserver.yaml");
    assert!(
        text.starts_with("- **the data of 5 folders would stay in `/var/lib/docker-data`** (HG1601, "),
        "{text}"
    );
    assert_eq!(plan.data.len(), 1);
}

#[test]
fn the_name_of_a_constant_changes_nothing() {
    let text = read("fixtures/greenhead/homeserver.yaml");
    let plan = plan(&text, &text.replace("dockerData", "containerData"), &fixtures().join("greenhead"));
    assert!(plan.is_empty(), "{plan:?}");
}

#[test]
fn each_kind_of_change_has_its_effect() {
    for (edits, expected) in [
        // A description, a site and a folder's mode.
        (
            &[
                ("description: Monitoring", "description: Checks"),
                ("subdomain: uptime-kuma", "subdomain: status"),
            ][..],
            &[("caddy.service", EffectKind::Reloaded)][..],
        ),
        (
            &[("mode: \"0700\"", "mode: \"0750\"")],
            &[("systemd-tmpfiles-resetup.service", EffectKind::StoppedAndStarted)],
        ),
        // A running backup goes on, and the next one is new.
        (&[("keep: 30d", "keep: 60d")], &[("immich-backup.service", EffectKind::LeftAlone)]),
        // Caddy requires the unit of the address, and keeps running.
        (
            &[("minipcTailscaleIP: 100.79.80.95", "minipcTailscaleIP: 100.79.80.96")],
            &[("caddy.service", EffectKind::Reloaded), ("tailscale-address.service", EffectKind::LeftAlone)],
        ),
        (
            &[("enable: false", "enable: true")],
            &[
                ("homeserver-plex-start.service", EffectKind::Started),
                ("homeserver-plex.target", EffectKind::Started),
                ("podman-plex.service", EffectKind::Started),
            ],
        ),
        // A container of the service that is renamed is one that is gone and one that is new.
        (
            &[
                ("      uptime-kuma:\n        image", "      kuma:\n        image"),
                ("to: \"uptime-kuma:3001\"", "to: \"kuma:3001\""),
            ],
            &[
                ("podman-uptime-kuma.service", EffectKind::Stopped),
                ("podman-uptime-kuma-kuma.service", EffectKind::Started),
            ],
        ),
    ] {
        let plan = edited(edits);
        let found = units(&plan);
        for unit in expected {
            assert!(found.contains(unit), "{unit:?}: {found:?}");
        }
    }
}

#[test]
fn a_changed_secret_restarts_its_readers() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    let file = folder.path().join("secrets/immich-db-password.age");
    let text = read("fixtures/greenhead/homeserver.yaml");
    std::fs::write(&file, "one").unwrap();
    let old = deployment(&text, folder.path()).unwrap();
    std::fs::write(&file, "other").unwrap();
    let (new, _, sources) = compiled(&text, folder.path(), &FileContext::default()).unwrap();
    let plan = homegen::plan(&old, &new, &[], &sources);
    let expected = [
        ("podman-immich-postgres.service", EffectKind::StoppedAndStarted),
        ("podman-immich-server.service", EffectKind::StoppedAndStarted),
    ];
    assert_eq!(units(&plan), expected);
}

#[test]
fn a_changed_file_of_sops_may_restart_the_readers_of_its_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = read("fixtures/secret-stores/homeserver.yaml");
    std::fs::create_dir(folder.path().join("sops")).unwrap();
    let file = folder.path().join("sops/mail.env");
    std::fs::write(&file, "one").unwrap();
    let old = deployment(&text, folder.path()).unwrap();
    std::fs::write(&file, "other").unwrap();
    let (new, _, sources) = compiled(&text, folder.path(), &FileContext::default()).unwrap();
    let plan = homegen::plan(&old, &new, &[], &sources);
    assert_eq!(units(&plan), [("podman-app-server.service", EffectKind::MayRestart)]);
}

#[test]
fn a_plan_has_no_value_of_an_environment_and_its_texts_are_escaped() {
    let plan = edited(&[("DB_USERNAME: immich", "DB_USERNAME: hunter2")]);
    for render in [human::render, json::render, markdown::render] {
        let text = render(&plan, "homeserver.yaml");
        assert!(text.contains("DB_USERNAME") && !text.contains("hunter2"), "{text}");
    }
    let image = "image: docker.io/louislam/uptime-kuma:2";
    let plan = edited(&[(image, &format!("{image}\n        labels: {{ a: \"`]<b>\\e[31m\" }}"))]);
    let text = markdown::render(&plan, "x`y.yaml");
    assert!(text.contains("``labels.a: `]<b>\\u{1b}[31m``"), "{text}");
}

#[test]
fn a_plan_has_the_backups_of_all_data_and_is_empty_without_changes() {
    let text = read("fixtures/not-backed-up/homeserver.yaml");
    let text = text.replace("They are downloaded again.", "\"`|</details>\\n**a** \\e[31m\"");
    let plan = plan(&text, &text, &fixtures().join("not-backed-up"));
    assert!(plan.is_empty());
    pinned("data-as-text", &human::render(&plan, "homeserver.yaml"));
    pinned("data-as-markdown", &markdown::render(&plan, "homeserver.yaml"));
    pinned("data-as-json", &json::render(&plan, "homeserver.yaml"));
}

#[test]
fn the_command_compares_with_a_folder_and_with_a_revision() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let text = read("fixtures/minimal/homeserver.yaml");
    std::fs::create_dir(here.join("old")).unwrap();
    std::fs::write(here.join("old/homeserver.yaml"), &text).unwrap();
    std::fs::write(here.join("homeserver.yaml"), &text).unwrap();
    let run = |arguments: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .arg("plan")
            .args(arguments)
            .current_dir(here)
            .output()
            .unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let (code, out, _) = run(&["--against", "old", "--detailed-exitcode"]);
    assert_eq!((code, out.lines().next()), (Some(0), Some("No changes.")));
    std::fs::write(here.join("homeserver.yaml"), text.replace("Europe/Berlin", "Asia/Seoul")).unwrap();
    let (code, out, _) =
        run(&["--against", "old/homeserver.yaml", "--detailed-exitcode", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &plan["version"]), (Some(3), &serde_json::json!(1)), "{out}");
    // Errors in the file, a missing file, standard input and a folder without Git.
    std::fs::write(here.join("homeserver.yaml"), "homegen: 1\n").unwrap();
    assert_eq!(run(&["--against", "old"]).0, Some(1));
    assert_eq!(run(&["--against", "none"]).0, Some(2));
    assert_eq!(run(&["-", "--against", "old"]).0, Some(2));
    assert_eq!(run(&["--against-rev", "--output=x"]).0, Some(2));
    let git = |arguments: &[&str]| {
        let identity =
            ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
        Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(here)
            .output()
            .is_ok_and(|ran| ran.status.success())
    };
    if !git(&["init", "--quiet"]) {
        return;
    }
    std::fs::write(here.join("homeserver.yaml"), &text).unwrap();
    let (code, _, why) = run(&[]);
    assert_eq!(code, Some(2));
    assert!(why.contains("git has no revision HEAD of this folder"), "{why}");
    assert!(git(&["add", "."]) && git(&["commit", "--quiet", "-m", "first"]));
    assert_eq!(run(&["--detailed-exitcode"]).0, Some(0));
    std::fs::write(here.join("homeserver.yaml"), text.replace("Europe/Berlin", "Asia/Seoul")).unwrap();
    assert_eq!(run(&["--detailed-exitcode"]).0, Some(3));
    assert_eq!(run(&["--detailed-exitcode", "--against-rev", "main"]).0, Some(3));
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
    let output =
        Command::new(eval).arg("generated/default.nix").current_dir(folder.path()).output().expect("eval");
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
    let is_left_out = name.starts_with("acme-")
        || name == "haproxy.service"
        || name == "systemd-tmpfiles-resetup.service"
        || name == "firewall.service";
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
                    (Some(before), Some(after)) if before.text != after.text => {
                        predicted.insert(format!("~{unit}"))
                    }
                    (Some(before), Some(after)) if before.reload != after.reload => {
                        predicted.insert(format!("r{unit}"))
                    }
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
