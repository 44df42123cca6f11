//! `homegen list`: its tables and its JSON.

use std::fmt::Write;
use std::path::Path;

use homegen::file_context::FileContext;
use homegen::inventory::{Inventory, Kind, json, table};
use homegen::lock::{self, Lock};
use homegen::printable::printable_lines;
use serde_json::Value;

use crate::common::{cases, fixtures, read};

/// The parts of the host of a text, with the lock file of a folder. `None` if the text has errors.
pub fn inventory(text: &str, folder: &Path) -> Option<Inventory> {
    let lock = std::fs::read_to_string(folder.join(lock::PATH)).ok();
    let lock = lock.map(|lock| Lock::read(&lock).expect("a lock file"));
    let context = FileContext { lock: lock.as_ref(), ..FileContext::default() };
    let linked = homegen::link("homeserver.yaml", text.as_bytes(), &context);
    Some(homegen::inventory(&linked.host?, "homeserver.yaml"))
}

fn of_fixture(name: &str) -> Inventory {
    let text = read(&format!("fixtures/{name}/homeserver.yaml"));
    inventory(&text, &fixtures().join(name)).expect("it compiles")
}

/// The objects of a kind.
fn items(inventory: &Inventory, kind: Kind) -> Vec<Value> {
    let object: Value =
        serde_json::from_str(&json::render(inventory, kind, "homeserver.yaml")).expect("JSON");
    assert_eq!(object["version"], 1);
    assert_eq!(object["file"], "homeserver.yaml");
    assert_eq!(object["kind"], kind.name());
    object["items"].as_array().expect("a list").clone()
}

#[test]
fn tables_of_fixtures_equal_their_snapshots() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("lists");
    for name in ["greenhead", "every-key", "every-key-jobs", "haproxy-before-caddy", "restic-only", "locked"]
    {
        let inventory = of_fixture(name);
        let mut all = String::new();
        for kind in Kind::ALL {
            let _ = writeln!(all, "{}\n{}", kind.name(), table::render(&inventory, *kind));
        }
        settings.bind(|| insta::assert_snapshot!(name, all));
    }
}

#[test]
fn the_table_and_the_json_of_every_fixture_have_the_same_parts() {
    for (name, text) in cases() {
        let Some(inventory) = inventory(&text, &fixtures().join(&name)) else { continue };
        for kind in Kind::ALL {
            let items = items(&inventory, *kind);
            let table = table::render(&inventory, *kind);
            let lines = if items.is_empty() { 1 } else { items.len() + 1 };
            assert_eq!(table.lines().count(), lines, "{name} {}", kind.name());
        }
    }
}

#[test]
fn parts_of_a_service_that_is_off_are_left_out() {
    let text = read("fixtures/greenhead/homeserver.yaml");
    let count = |text: &str, kind: Kind| {
        let inventory = inventory(text, &fixtures().join("greenhead")).expect("it compiles");
        let text = json::render(&inventory, kind, "homeserver.yaml");
        text.matches("uptime-kuma").count()
    };
    let off = text.replace("    description: Monitoring", "    enable: false\n    description: Monitoring");
    assert_ne!(off, text);
    for kind in [Kind::Ports, Kind::Images, Kind::Sites, Kind::Volumes] {
        assert!(count(&text, kind) > 0, "{}", kind.name());
        assert_eq!(count(&off, kind), 0, "{}", kind.name());
    }
}

/// A host with volumes in and around the sources of backups.
const BACKED_UP: &str = r#"
homegen: 1
host: { name: box, nixos: "26.05", timezone: Europe/Berlin, mounts: { /mnt/backup: {} } }
services:
  app:
    containers:
      db: { image: "docker.io/library/postgres:17", env_file: /srv/app.env, volumes: ["/srv/app/db:/var/lib/postgresql/data"] }
      web:
        image: docker.io/example/web:1.0.0
        volumes: ["/srv/app/data:/data", "/srv/app/cache:/cache", "/srv/app/notes:/notes", { source: /srv/apple, target: /apple, disposable: Fruit. }, "kept:/kept"]
        podman_args: ["--volume=/srv/fixed:/fixed:ro"]
    backup:
      database: { postgres: { container: db, database: app, user: app }, to: /mnt/backup/app, at: daily }
      files: { folder: /srv/app, exclude: [./db, cache/], to: /mnt/backup/files, at: daily }
      notes: { sqlite: /srv/app/notes/notes.db, to: /mnt/backup/notes, at: daily }
"#;

#[test]
fn a_volume_has_the_coverage_of_its_data() {
    let inventory = inventory(BACKED_UP, Path::new("/")).expect("it compiles");
    let volumes = items(&inventory, Kind::Volumes);
    let found: Vec<(&str, &str)> = volumes
        .iter()
        .map(|volume| {
            let status = &volume["coverage"]["status"];
            (volume["target"].as_str().expect("text"), status.as_str().unwrap_or("none"))
        })
        .collect();
    let expected = [
        ("/var/lib/postgresql/data", "backed_up"),
        ("/data", "backed_up"),
        ("/cache", "not_backed_up"),
        ("/notes", "backed_up"),
        ("/apple", "disposable"),
        ("/kept", "not_backed_up"),
        ("/fixed", "none"),
    ];
    assert_eq!(found, expected);
    assert_eq!(volumes[1]["coverage"]["by"][0], "app-backup-files");
}

#[test]
fn hostile_texts_stay_in_their_line_of_a_table_and_in_their_string_of_json() {
    let text = BACKED_UP.replace("/srv/app/data:/data", r"/srv/app/a \u001b[2J\u202eb':/data");
    let inventory = inventory(&text, Path::new("/")).expect("it compiles");
    let table = table::render(&inventory, Kind::Volumes);
    assert_eq!(printable_lines(&table), table);
    assert!(table.contains(r"/srv/app/a \u{1b}[2J\u{202e}b'"), "{table}");
    let volumes = items(&inventory, Kind::Volumes);
    assert!(volumes.iter().any(|volume| volume["path"] == "/srv/app/a \u{1b}[2J\u{202e}b'"), "{volumes:?}");
    // A path in a command is one word of a shell.
    let text = BACKED_UP.replace("to: /mnt/backup/app", "to: \"/mnt/backup/it's $(x)\"");
    let inventory = self::inventory(&text, Path::new("/")).expect("it compiles");
    let jobs = items(&inventory, Kind::Jobs);
    assert_eq!(jobs[0]["restore"][0], r"app-restore '/mnt/backup/it'\''s $(x)/app-database-DATE.dump'");
    assert_eq!(jobs[0]["commands"][0], r"ls -l '/mnt/backup/it'\''s $(x)'");
}
