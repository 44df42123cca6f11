//! The data at risk in a plan: for each kind a change that is reported, and one like it that is not.

use std::path::Path;

use crate::plan::plan;

const OLD: &str = "\
homegen: 1
host: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin, mounts: { /mnt/b: {}, /mnt/c: {} } }
agenix: { directory: secrets }
secrets: { root: {}, restic: {}, kuma: {} }
postgres: { version: 17, databases: { kuma: { password: kuma } } }
zfs: { snapshots: { tank/photos: { hourly: 24, daily: 7 } } }
services:
  wiki:
    containers:
      db:
        image: docker.io/library/mariadb:10.11
        environment: { MARIADB_DATABASE: wiki }
        secrets: { MARIADB_ROOT_PASSWORD_FILE: root }
        volumes: [\"/srv/wiki/db:/var/lib/mysql\"]
      app: { image: docker.io/example/wiki:1, volumes: [\"/srv/wiki/files:/files\"] }
    backup:
      database:
        mysql: { container: db, database: wiki, user: root, password: root }
        to: /mnt/b
        at: daily
        keep: 30d
        keep_at_least: 5
      files:
        folder: /srv/wiki/files
        to: /mnt/b
        at: daily
        offsite:
          repository: sftp:me@nas:/a
          password: restic
          keep: [--keep-daily 14, --keep-within 2m]
  notes:
    containers: { app: { image: docker.io/example/notes:1, volumes: [\"data:/data\", \"/srv/notes/all:/n\"] } }
    backup: { files: { folder: /srv/notes/all, to: /mnt/b, at: daily } }
  memo:
    containers:
      app: { image: docker.io/example/memo:1, volumes: [\"/srv/memo:/m\", \"/srv/media/out:/o\"] }
      films: { image: docker.io/example/films:1, volumes: [\"/srv/media:/media:ro\"] }
    backup:
      files: { folder: /srv/memos, to: /mnt/c, at: daily, offsite: { repository: sftp:me@nas:/n, password: restic } }
  kuma:
    containers:
      app: { image: docker.io/example/kuma:1, uses: { postgres: kuma } }
    backup: { database: { postgres: { database: kuma }, to: /mnt/b, at: daily } }
";

/// A change, and the data that it puts at risk.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

/// The data at risk after each first text is replaced by the second: codes, or messages without one.
fn risks(edits: &[(&str, &str)]) -> Vec<String> {
    let mut new = OLD.to_owned();
    for (from, to) in edits {
        assert!(new.contains(from), "{from}");
        new = new.replacen(from, to, 1);
    }
    let plan = plan(OLD, &new, Path::new("/nonexistent"));
    plan.data.into_iter().map(|risk| risk.code.map_or(risk.message, str::to_owned)).collect()
}

#[test]
fn each_kind_of_data_at_risk_is_reported_and_a_similar_change_is_not() {
    let notes = &OLD[OLD.find("  notes:").unwrap()..OLD.find("  memo:\n").unwrap()];
    let offsite = &OLD[OLD.find("        offsite:").unwrap()..OLD.find("  notes:").unwrap()];
    let changes: &[Case] = &[
        // A release of MariaDB, and a patch of it.
        (
            &[("mariadb:10.11", "mariadb:11.4")],
            &["`wiki-db` changes from release 10.11 to 11.4 on the same data"],
        ),
        (
            &[("mariadb:10.11", "mariadb:10.6")],
            &["`wiki-db` changes from release 10.11 to 10.6 on the same data"],
        ),
        (&[("mariadb:10.11", "mariadb:10.11.9")], &[]),
        (
            &[("mariadb:10.11", "mariadb:12-noble")],
            &["`wiki-db` changes from release 10.11 to 12 on the same data"],
        ),
        (&[("mariadb:10.11", "mariadb:10")], &[]),
        (&[("notes:1", "notes:2")], &[]),
        // A folder that moves, with and without its backup.
        (
            &[("/srv/wiki/files:/files", "/srv/new:/files")],
            &["HG1601", "no backup saves `/srv/new` any longer, the data of `wiki-app`"],
        ),
        (
            &[("/srv/wiki/files:/files", "/srv/new:/files"), ("folder: /srv/wiki/files", "folder: /srv/new")],
            &["HG1601"],
        ),
        // A backup that is gone or off, or saves another folder, and one that saves the folder around it.
        (
            &[("    backup: { files: { folder: /srv/notes/all, to: /mnt/b, at: daily } }\n", "")],
            &["no backup saves `/srv/notes/all` any longer, the data of `notes-app`"],
        ),
        (
            &[("{ folder: /srv/notes/all,", "{ enable: false, folder: /srv/notes/all,")],
            &["no backup saves `/srv/notes/all` any longer, the data of `notes-app`"],
        ),
        (&[("{ folder: /srv/notes/all,", "{ folder: /srv/notes,")], &[]),
        (
            &[("    backup: { database: { postgres: { database: kuma }, to: /mnt/b, at: daily } }\n", "")],
            &["no backup saves the database `kuma` of the host any longer"],
        ),
        (
            &[(
                "{ database: { postgres: { database: kuma },",
                "{ database: { enable: false, postgres: { database: kuma },",
            )],
            &["no backup saves the database `kuma` of the host any longer"],
        ),
        (
            &[
                ("    backup: { files: { folder: /srv/notes/all, to: /mnt/b, at: daily } }\n", ""),
                (
                    "\"/srv/notes/all:/n\"",
                    "{ source: /srv/notes/all, target: /n, disposable: Only a cache. }",
                ),
            ],
            &[],
        ),
        // The folder of the backups, and the restic repository.
        (&[("folder: /srv/notes/all, to: /mnt/b", "folder: /srv/notes/all, to: /mnt/c")], &["HG1603"]),
        (
            &[("nas:/a", "nas:/b")],
            &["the snapshots of `wiki.backup.files` would stay in the repository `sftp:me@nas:/a`"],
        ),
        (&[(offsite, "")], &["`wiki.backup.files` has no copy in a restic repository any longer"]),
        (&[("password: restic", "password: kuma")], &[]),
        // Retention, up and down.
        (
            &[("keep: 30d", "keep: 5d")],
            &["the next run of `wiki-backup.service` deletes what it kept so far: `keep` 30 → 5"],
        ),
        (&[("keep: 30d", "keep: 60d")], &[]),
        (
            &[("keep_at_least: 5", "keep_at_least: 2")],
            &["the next run of `wiki-backup.service` deletes what it kept so far: `keep_at_least` 5 → 2"],
        ),
        (
            &[("--keep-daily 14", "--keep-weekly 14")],
            &[
                "the next run of `wiki-backup-files.service` deletes what it kept so far: `--keep-daily` 14 → 0",
            ],
        ),
        (
            &[("--keep-within 2m", "--keep-within 40d")],
            &[
                "the next run of `wiki-backup-files.service` deletes what it kept so far: `--keep-within` 1460 → 960",
            ],
        ),
        (&[("--keep-within 2m", "--keep-within 3m"), ("--keep-daily 14", "--keep-daily 20")], &[]),
        (
            &[("daily: 7 }", "daily: 3 }")],
            &["the next run of `sanoid.service` deletes what it kept so far: `daily` 7 → 3"],
        ),
        (&[("daily: 7 }", "daily: 9, weekly: 4 }")], &[]),
        // Without rules, restic keeps all snapshots.
        (
            &[(
                ", offsite: { repository: sftp:me@nas:/n, password: restic } }",
                ", offsite: { repository: sftp:me@nas:/n, password: restic, keep: [--keep-last 1] } }",
            )],
            &[
                "the next run of `memo-backup-files.service` deletes what it kept so far: all → `--keep-last` 1",
            ],
        ),
        // A volume that goes, and one whose folder another container only reads, or whose parent it uses.
        (&[("\"/srv/memo:/m\", ", "")], &["data of `memo` stays, and no container uses it"]),
        (&[("\"/srv/media/out:/o\"", "")], &[]),
        (
            &[("\"/srv/media/out:/o\"", ""), ("/srv/media:/media:ro", "/srv/other:/media:ro")],
            &["data of `memo` stays, and no container uses it"],
        ),
        // A service that goes, is renamed, or is disabled.
        (&[(notes, "")], &["data of `notes` stays, and no container uses it"]),
        (&[("  notes:", "  memos:")], &["HG1602", "HG1603"]),
        (&[("  notes:\n", "  notes:\n    enable: false\n")], &[]),
    ];
    for (edits, expected) in changes {
        assert_eq!(&risks(edits), expected, "{edits:?}");
    }
}
