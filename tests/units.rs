//! The emitted units of backups as systemd would run them, with the emitted parameters: what the disk below a
//! mount point gets, and what restic copies elsewhere.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::folder::{Tree, names, tree};
use common::nix::{System, nix_is_here, words};
use common::scripts::{Ran, Stage, here};
use common::{compile, fixtures};
use serde_json::Value;

/// The host of a fixture, changed in its file; and moved, in the output, as its owner may not put a backup where
/// a test does.
fn host(changed: &[(&str, &str)], moved: &[(&str, &str)]) -> System {
    let mut text = std::fs::read_to_string(fixtures().join("every-key-jobs/homeserver.yaml")).unwrap();
    for (from, to) in changed {
        assert!(text.contains(from), "{from} is not in the file");
        text = text.replace(from, to);
    }
    let mut outcome = compile(text);
    for file in outcome.files.iter_mut().flatten().filter(|file| file.path.ends_with(".nix")) {
        for (from, to) in moved {
            file.text = file.text.replace(from, to);
        }
    }
    System::of(&outcome)
}

/// Writes a unit as one program: its commands one after the other, up to the first that fails.
fn unit(stage: &Stage, system: &System, job: &str) {
    let exec =
        system.eval(&format!("(module ./jobs/{job}.nix).config.systemd.services.\"{job}\".serviceConfig"));
    let mut commands: Vec<&Value> = exec["ExecStartPre"].as_array().into_iter().flatten().collect();
    commands.push(&exec["ExecStart"]);
    let quoted = |word: String| format!("'{}'", word.replace('\'', "'\\''"));
    let line = |command: &Value| words(command).into_iter().map(quoted).collect::<Vec<_>>().join(" ");
    let script: Vec<String> = commands.into_iter().map(line).collect();
    stage.stand_in(job, &format!("set -e\n{}", script.join("\n")));
}

// A mount that is gone.

/// A host whose disk is at `disk` while it is mounted, and at `taken-out` while it is not.
struct Disk {
    stage: Stage,
    _system: System,
    /// Whether something may be mounted here; else a stand-in says what is.
    real: bool,
}

impl Disk {
    fn new() -> Option<Disk> {
        if !nix_is_here() || !here(&["sqlite3", "flock", "mountpoint"]) {
            return None;
        }
        let stage = Stage::new();
        for folder in ["disk", "taken-out", "notes"] {
            std::fs::create_dir(stage.at(folder)).unwrap();
        }
        let made = Command::new("sqlite3")
            .arg(stage.at("notes/notes.db"))
            .arg("CREATE TABLE t AS SELECT 1")
            .status();
        assert!(made.unwrap().success());
        let system = host(&[], &[("/mnt/disk", &stage.path("disk")), ("/srv/notes", &stage.path("notes"))]);
        unit(&stage, &system, "app-backup-notes");
        let probe = "mount --bind taken-out disk";
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--map-root-user", "sh", "-c", probe]).current_dir(stage.at(""));
        let real = unshare.output().is_ok_and(|output| output.status.success());
        if !real {
            println!("\n################ SKIPPED: nothing may be mounted here; a stand-in says what is\n");
            stage.stand_in("mountpoint", "[ -e \"$STAGE/mounted\" ]");
        }
        Some(Disk { stage, _system: system, real })
    }

    fn with_disk(&self) -> Ran {
        if self.real {
            return self.run("mount --bind taken-out disk && exec app-backup-notes");
        }
        let exchange = |from: &str, to: &str| {
            for (from, to) in [("disk", "between"), (from, to), ("between", from)] {
                std::fs::rename(self.stage.at(from), self.stage.at(to)).unwrap();
            }
        };
        self.stage.file("mounted", "");
        exchange("taken-out", "disk");
        let ran = self.run("exec app-backup-notes");
        exchange("taken-out", "disk");
        std::fs::remove_file(self.stage.at("mounted")).unwrap();
        ran
    }

    fn run(&self, script: &str) -> Ran {
        let wrapper = if self.real { "exec unshare --mount --map-root-user bash -c" } else { "exec bash -c" };
        self.stage.stand_in("as-systemd", &format!("{wrapper} '{script}'"));
        self.stage.program("as-systemd", &[]).output().expect("it runs").into()
    }

    fn without_disk(&self) -> Ran {
        self.run("exec app-backup-notes")
    }

    /// The backups on the disk.
    fn backups(&self) -> Tree {
        let mut tree = tree(&self.stage.at("taken-out/backups/notes"));
        tree.retain(|path, _| path.extension().is_some_and(|extension| extension == "sqlite"));
        tree
    }
}

#[test]
fn a_backup_whose_mount_is_gone_writes_nothing_below_it() {
    let Some(disk) = Disk::new() else { return };
    let refused = |disk: &Disk| {
        let before = tree(&disk.stage.at("taken-out"));
        let ran = disk.without_disk();
        assert!(ran.code != Some(0), "{ran:?}");
        let says = format!("no disk is mounted on {}: waiting for it\n", disk.stage.path("disk"));
        assert_eq!(ran.err, says);
        assert_eq!(names(&disk.stage.at("disk")), [""; 0], "it was written below the mount");
        assert_eq!(tree(&disk.stage.at("taken-out")), before);
    };
    refused(&disk);
    let ran = disk.with_disk();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let first = disk.backups();
    assert_eq!(first.len(), 1, "{ran:?}");
    assert!(first.values().all(|(_, content)| content.starts_with(b"SQLite format")));
    refused(&disk);
    // It comes back, with what was there.
    let ran = disk.with_disk();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let second = disk.backups();
    assert_eq!(second.len(), 2);
    assert!(first.iter().all(|(path, content)| second.get(path) == Some(content)));
    assert_eq!(names(&disk.stage.at("disk")), [""; 0]);
    // A folder that is not there at all is no disk either.
    std::fs::remove_dir(disk.stage.at("disk")).unwrap();
    assert!(disk.without_disk().err.contains("no disk is mounted on"));
    assert!(!disk.stage.at("disk").exists());
}

// The copy elsewhere.

/// Plays a Postgres whose dump is a file.
const PODMAN: &str = r#"
case "$*" in
  *" pg_isready"*) ;;
  *" pg_dump "*) cat "$STAGE/dump" ;;
  *" pg_restore --list") cat >/dev/null; echo "1; 0 0 TABLE DATA public t owner" ;;
  *" pg_restore "*) cmp - "$STAGE/dump" ;;
  *) exit 125 ;;
esac"#;

/// A host whose backups go to a repository in a folder.
struct Offsite {
    stage: Stage,
    _system: System,
    restic: Value,
}

impl Offsite {
    fn new() -> Option<Offsite> {
        if !nix_is_here() || !here(&["restic", "flock"]) {
            return None;
        }
        let mut stage = Stage::new();
        // On the file's own disk, which is always there.
        std::fs::create_dir(stage.at("di sk")).unwrap();
        let system = host(
            &[
                ("mounts: { /mnt/disk: {} }", "memory: 4g"),
                ("--keep-daily 14, --keep-weekly=8", "--keep-daily 2, --keep-monthly=3"),
            ],
            &[("/mnt/disk", &stage.path("di sk")), ("sftp:me@nas:/backups", &stage.path("repository"))],
        );
        unit(&stage, &system, "app-backup");
        let restic = system.eval("(module ./jobs/app-backup.nix).config.services.restic.backups.app-backup");
        stage.stand_in("podman", PODMAN);
        stage.file("password", "right\n");
        stage.set("RESTIC_CACHE_DIR", stage.path("cache"));
        stage.set("RESTIC_REPOSITORY", restic["repository"].as_str().expect("a repository"));
        stage.set("RESTIC_PASSWORD_FILE", stage.path("password"));
        Some(Offsite { stage, _system: system, restic })
    }

    fn folder(&self) -> PathBuf {
        self.stage.at("di sk/backups/app")
    }

    /// Makes a backup of a dump with this content, and gives back its path.
    fn backup(&self, dump: &[u8]) -> PathBuf {
        self.stage.file("dump", dump);
        let ran = Ran::from(self.stage.program("app-backup", &[]).output().unwrap());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let last = names(&self.folder()).into_iter().rfind(|name| name.ends_with(".dump"));
        self.folder().join(last.expect("a backup"))
    }

    fn lines(&self, option: &str) -> Vec<&str> {
        self.restic[option]
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| line.as_str().expect("text"))
            .collect()
    }

    /// What is given to restic, as far as this one knows it: locks are waited for since 0.16.
    fn options(&self, option: &str) -> String {
        let all = self.lines(option);
        assert!(all.contains(&"--retry-lock=1h"), "{all:?}");
        let known = self.restic(&["help", "backup"]).contains("--retry-lock");
        all.into_iter().filter(|one| known || !one.starts_with("--retry-lock")).collect::<Vec<_>>().join(" ")
    }

    /// What the unit of NixOS does: the preparation, the copy, and what is forgotten, each where all before it
    /// went well. It is `time`, as restic writes it.
    fn copy(&self, time: &str) -> Ran {
        assert_eq!(self.restic["initialize"], true);
        assert!(self.restic.get("dynamicFilesFrom").is_none());
        self.stage.file("exclude-patterns", self.lines("exclude").join("\n"));
        let paths: String = self.lines("paths").iter().map(|path| format!("{path}\n")).collect();
        self.stage.file("includes", paths);
        // systemd splits what it runs, where no quote is, at blanks, as a shell does.
        let backup = self.options("extraBackupArgs");
        let forget = self.options("pruneOpts");
        assert!(!forget.contains(['\'', '\\', '%', '$']), "{forget}");
        self.stage.stand_in(
            "restic-backups",
            &format!(
                "set -e
                 restic cat config >/dev/null || restic init
                 restic backup --host box {backup} --exclude-file=\"$STAGE/exclude-patterns\" --files-from=\"$STAGE/includes\" --time '{time}'
                 restic forget --prune {forget}"
            ),
        );
        self.stage.program("restic-backups", &[]).output().unwrap().into()
    }

    fn copied(&self, time: &str) {
        let ran = self.copy(time);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    fn restic(&self, arguments: &[&str]) -> String {
        let ran = Ran::from(self.stage.program("restic", arguments).output().unwrap());
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.out
    }

    /// The days of the snapshots, in order.
    fn days(&self) -> Vec<String> {
        let all: Vec<Value> = serde_json::from_str(&self.restic(&["snapshots", "--json"])).expect("JSON");
        let mut days: Vec<String> =
            all.iter().map(|one| one["time"].as_str().unwrap()[..10].to_owned()).collect();
        days.sort();
        days
    }

    /// The names in the last snapshot's folder of backups.
    fn contents(&self) -> Vec<String> {
        let folder = self.folder();
        let text = self.restic(&["ls", "latest"]);
        let below = text.lines().filter_map(|line| Path::new(line).strip_prefix(&folder).ok());
        let names = below.map(|path| path.to_str().unwrap().to_owned()).filter(|name| !name.is_empty());
        names.collect()
    }
}

#[test]
fn what_is_copied_elsewhere_is_every_backup_and_nothing_that_is_unfinished() {
    let Some(host) = Offsite::new() else { return };
    let dumps: Vec<Vec<u8>> = (1..3u32)
        .map(|seed| {
            (0..300_000u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) ^ seed).to_le_bytes()).collect()
        })
        .collect();
    let backups: Vec<PathBuf> = dumps.iter().map(|dump| host.backup(dump)).collect();
    for unfinished in [".app-2001-01-01T000000.partial", ".app-2001-01-01T000000.partial-work/copy"] {
        let path = host.folder().join(unfinished);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "half").unwrap();
    }
    // What is hidden in a folder that was saved belongs to it.
    std::fs::create_dir(host.folder().join("files-2001-01-01T000000")).unwrap();
    std::fs::write(host.folder().join("files-2001-01-01T000000/.hidden"), "whole").unwrap();
    assert!(names(&host.folder()).iter().any(|name| name.ends_with(".lock")));
    let before = tree(&host.folder());
    host.copied("2026-03-01 05:00:00");
    let mut expected: Vec<String> =
        backups.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    expected.extend(["files-2001-01-01T000000", "files-2001-01-01T000000/.hidden"].map(str::to_owned));
    assert_eq!(host.contents(), expected);
    assert_eq!(tree(&host.folder()), before, "the backups were touched");
    // And it comes back as it was.
    host.restic(&["restore", "latest", "--target", &host.stage.path("restored")]);
    for (backup, dump) in backups.iter().zip(&dumps) {
        let restored = host.stage.at("restored").join(backup.strip_prefix("/").unwrap());
        assert_eq!(&std::fs::read(backup).unwrap(), dump);
        assert!(
            &std::fs::read(&restored).unwrap() == dump,
            "{} came back as something else",
            restored.display()
        );
        assert_eq!(tree(&restored), tree(backup), "its mode");
    }
}

#[test]
fn what_is_old_elsewhere_is_forgotten_by_the_rules_of_the_file() {
    let Some(host) = Offsite::new() else { return };
    let first = host.backup(b"the first dump");
    for day in ["2001-01-01", "2001-01-02", "2001-02-01", "2001-03-01", "2001-03-02"] {
        host.copied(&format!("{day} 05:00:00"));
    }
    // The last two days, and the last of each of three months.
    assert_eq!(host.days(), ["2001-01-02", "2001-02-01", "2001-03-01", "2001-03-02"]);
    // What is not here any more is still there, until the rules say otherwise.
    std::fs::remove_file(&first).unwrap();
    host.backup(b"the second dump");
    host.copied("2001-04-01 05:00:00");
    assert_eq!(host.days(), ["2001-02-01", "2001-03-02", "2001-04-01"]);
    let old: Vec<Value> = serde_json::from_str(&host.restic(&["snapshots", "--json"])).unwrap();
    let oldest = old.iter().min_by_key(|one| one["time"].as_str().unwrap().to_owned()).unwrap();
    let dump = host.restic(&["dump", oldest["id"].as_str().unwrap(), first.to_str().unwrap()]);
    assert_eq!(dump, "the first dump");
    host.restic(&["check"]);
}

#[test]
fn what_others_keep_in_the_same_repository_stays() {
    let Some(host) = Offsite::new() else { return };
    host.backup(b"a dump");
    host.copied("2001-01-01 05:00:00");
    let photos = host.stage.path("photos");
    std::fs::create_dir(&photos).unwrap();
    host.stage.file("photos/one", "a photo");
    // Another backup of this host, and the same folder of another host.
    for (name, path) in [("box", &photos), ("other", &host.folder().to_str().unwrap().to_owned())] {
        for day in 1..=4 {
            let time = format!("2001-01-0{day} 06:00:00");
            host.restic(&["backup", "--host", name, "--time", &time, path]);
        }
    }
    for day in 2..=5 {
        host.copied(&format!("2001-01-0{day} 05:00:00"));
    }
    // Of its own the last two days are left.
    assert_eq!(host.days().len(), 4 + 4 + 2);
}

#[test]
fn a_wrong_password_changes_nothing_elsewhere() {
    let Some(host) = Offsite::new() else { return };
    host.backup(b"a dump");
    host.copied("2001-01-01 05:00:00");
    let repository = host.stage.at("repository");
    let before = (tree(&repository), tree(&host.folder()));
    host.stage.file("password", "wrong\n");
    let ran = host.copy("2001-06-01 05:00:00");
    assert!(ran.code != Some(0) && ran.err.contains("wrong password"), "{ran:?}");
    assert_eq!((tree(&repository), tree(&host.folder())), before);
    host.stage.file("password", "right\n");
    host.copied("2001-06-01 05:00:00");
    assert_eq!(host.days().len(), 2);
}
