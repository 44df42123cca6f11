//! The real systemd accepts the calendar expressions that homegen accepts, and no others. It also accepts the targets,
//! slices and dependencies of services.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::nix::{System, nix_is_installed};
use crate::common::{compile, fixtures};

fn systemd_is_installed() -> bool {
    if Command::new("systemd-analyze").arg("--version").output().is_ok() {
        return true;
    }
    assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "systemd-analyze is not installed");
    println!("skipped: systemd-analyze is not installed");
    false
}

/// Returns true if systemd accepts a calendar expression.
fn systemd_takes(expression: &str) -> bool {
    let run = Command::new("systemd-analyze").args(["calendar", expression]).output();
    run.expect("systemd-analyze runs").status.success()
}

#[test]
fn systemd_accepts_and_refuses_the_listed_calendars() {
    if !systemd_is_installed() {
        return;
    }
    for right in include_str!("calendar/right.txt").lines() {
        assert!(systemd_takes(right), "{right}");
    }
    for wrong in include_str!("calendar/wrong.txt").lines() {
        assert!(!systemd_takes(wrong), "{wrong}");
    }
}

/// The services, targets and slices of a fixture, by unit.
fn units(fixture: &str) -> BTreeMap<String, Value> {
    let text = std::fs::read_to_string(fixtures().join(fixture).join("homeserver.yaml")).unwrap();
    let found = System::of(&compile(text)).eval(
        "let inherit ((module ./containers.nix).config) systemd; in
         { service = builtins.foldl' (all: some: all // some) { } systemd.services;
           target = systemd.targets; inherit (config.systemd) slices; }",
    );
    let mut all = BTreeMap::new();
    for (kind, units) in found.as_object().expect("kinds") {
        for (name, unit) in units.as_object().expect("units") {
            all.insert(format!("{name}.{}", kind.trim_end_matches('s')), unit.clone());
        }
    }
    all
}

/// The file of a unit, as NixOS writes its dependencies and resource limits. Every program is `true`.
fn file(name: &str, unit: &Value) -> String {
    let line = |key: &str, value: &Value| match value {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Array(items) => {
            format!("{key}={}\n", items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }
        Value::String(text) => format!("{key}={text}\n"),
        value => format!("{key}={value}\n"),
    };
    let keys = [
        ("After", "after"),
        ("Before", "before"),
        ("Wants", "wants"),
        ("Requires", "requires"),
        ("Requisite", "requisite"),
        ("PartOf", "partOf"),
    ];
    let mut text: String = keys.iter().map(|(key, attribute)| line(key, &unit[attribute])).collect();
    text.insert_str(0, "[Unit]\n");
    if name.ends_with(".service") {
        text.push_str("[Service]\nType=oneshot\nExecStart=/bin/true\n");
        text.push_str(&line("Slice", &unit["serviceConfig"]["Slice"]));
    }
    if let Some(limits) = unit["sliceConfig"].as_object() {
        text.push_str("[Slice]\n");
        limits.iter().for_each(|(key, value)| text.push_str(&line(key, value)));
    }
    text
}

#[test]
fn systemd_accepts_the_targets_and_slices_of_services() {
    if !systemd_is_installed() || !nix_is_installed() {
        return;
    }
    for fixture in ["service-limits", "greenhead", "native-services"] {
        let units = units(fixture);
        let folder = tempfile::tempdir().unwrap();
        for (name, unit) in &units {
            let text = file(name, unit);
            std::fs::write(folder.path().join(name), text).unwrap();
            for target in unit["wantedBy"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                let wants = folder.path().join(format!("{target}.wants"));
                std::fs::create_dir_all(&wants).unwrap();
                std::os::unix::fs::symlink(format!("../{name}"), wants.join(name)).unwrap();
            }
        }
        let run = Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .args(units.keys().map(|name| folder.path().join(name)))
            .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()))
            .output()
            .expect("systemd-analyze runs");
        let stderr = String::from_utf8_lossy(&run.stderr);
        let about_ours: Vec<&str> =
            stderr.lines().filter(|line| units.keys().any(|name| line.contains(name.as_str()))).collect();
        assert!(about_ours.is_empty(), "{fixture}: {stderr}");
    }
}

#[test]
fn slices_of_services_are_siblings_with_the_containers_of_their_service() {
    if !systemd_is_installed() || !nix_is_installed() {
        return;
    }
    let units = units("service-limits");
    for (service, container, memory) in
        [("photos", "photos-db", "4G"), ("photos-archive", "photos-archive", "1536M")]
    {
        let escaped =
            Command::new("systemd-escape").arg(service).output().expect("systemd-escape runs").stdout;
        let slice = format!("homeserver-{}.slice", String::from_utf8(escaped).unwrap().trim_end());
        assert!(units.contains_key(&slice), "{slice}");
        let container = &units[&format!("podman-{container}.service")];
        assert_eq!(container["serviceConfig"]["Slice"], json!([slice]));
        // A switch reloads the container if the limits changed.
        let trigger: Value = serde_json::from_str(container["reloadTriggers"][0].as_str().unwrap()).unwrap();
        assert_eq!(trigger["MemoryMax"], memory);
    }
    // A service without limits has no slice.
    assert!(!units.keys().any(|name| name.contains("plain.slice")));
    assert_eq!(units["podman-plain.service"]["serviceConfig"]["Slice"], json!([]));
}
