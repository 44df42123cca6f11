//! The emitted units of backups with their emitted parameters, run as systemd runs them: writes below a mount point, and
//! the offsite copies of restic.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::folder::{Tree, names, tree};
use crate::common::nix::{System, nix_is_installed, words};
use crate::common::sandbox::wait_for;
use crate::common::scripts::{Ran, Stage, are_installed};
use crate::common::{compile, fixtures};
use serde_json::Value;

/// The host of the fixture `every-key-jobs`.
fn host(changed: &[(&str, &str)], moved: &[(&str, &str)]) -> System {
    host_of("every-key-jobs", changed, moved)
}

/// The host of a fixture. `changed` replaces text in its file, and `moved` replaces paths in its output, because the file
/// may not have a backup in a temporary folder.
fn host_of(fixture: &str, changed: &[(&str, &str)], moved: &[(&str, &str)]) -> System {
    let mut text = std::fs::read_to_string(fixtures().join(fixture).join("homeserver.yaml")).unwrap();
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

// A missing mount.

/// A host whose disk is at `disk` while it is mounted, and at `taken-out` while it is not.
struct Disk {
    stage: Stage,
    _system: System,
    /// True if mounts are permitted here; otherwise a stand-in simulates them.
    real: bool,
}

impl Disk {
    fn new() -> Option<Disk> {
        if !nix_is_installed() || !are_installed(&["sqlite3", "flock", "mountpoint"]) {
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
fn a_backup_to_a_missing_mount_writes_nothing_below_the_mount_point() {
    let Some(disk) = Disk::new() else { return };
    let refused = |disk: &Disk| {
        let before = tree(&disk.stage.at("taken-out"));
        let ran = disk.without_disk();
        assert!(ran.code != Some(0), "{ran:?}");
        let expected = format!("no disk is mounted at {}: waiting for it\n", disk.stage.path("disk"));
        assert_eq!(ran.err, expected);
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
    // The disk is mounted again, with its previous content.
    let ran = disk.with_disk();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let second = disk.backups();
    assert_eq!(second.len(), 2);
    assert!(first.iter().all(|(path, content)| second.get(path) == Some(content)));
    assert_eq!(names(&disk.stage.at("disk")), [""; 0]);
    // A missing mount point is treated as a missing disk.
    std::fs::remove_dir(disk.stage.at("disk")).unwrap();
    assert!(disk.without_disk().err.contains("no disk is mounted at"));
    assert!(!disk.stage.at("disk").exists());
}

// The offsite copy.

/// A stand-in for a Postgres whose dump is a file. The user is not a superuser, so there is no trial restore.
const PODMAN: &str = r#"
case "$*" in
  *" pg_isready"*) ;;
  *" pg_dump "*) cat "$STAGE/dump" ;;
  *" pg_restore --list") cat >/dev/null; echo "1; 0 0 TABLE DATA public t owner" ;;
  *" pg_restore "*) cmp - "$STAGE/dump" ;;
  *" psql "*) echo f ;;
  *) exit 125 ;;
esac"#;

/// A host with a backup and an offsite repository in a folder.
struct Offsite {
    stage: Stage,
    _system: System,
    /// The name of its unit.
    job: &'static str,
    restic: Value,
    /// The mount settings of the copy's unit.
    mounts: Vec<String>,
}

impl Offsite {
    /// The backup of the database.
    fn new() -> Option<Offsite> {
        Offsite::of("app-backup")
    }

    fn of(job: &'static str) -> Option<Offsite> {
        if !nix_is_installed() || !are_installed(&["restic", "flock", "rsync"]) {
            return None;
        }
        let mut stage = Stage::new();
        let probe = "unshare --mount --map-root-user sh -c 'mount -t tmpfs none /tmp'";
        if !Command::new("sh").args(["-c", probe]).output().unwrap().status.success() {
            return crate::common::sandbox::skipped("nothing may be mounted here");
        }
        // Without the mount: the folder is on the root disk, which is always there.
        std::fs::create_dir(stage.at("di sk")).unwrap();
        let system = host(
            &[
                ("mounts: { /mnt/disk: {} }", "memory: 4g"),
                ("--keep-daily 14, --keep-weekly=8", "--keep-daily 2, --keep-monthly=3"),
            ],
            &[
                ("/mnt/disk", &stage.path("di sk")),
                (&format!("/var/lib/homegen/{job}/"), &stage.path("state/")),
            ],
        );
        unit(&stage, &system, job);
        let module = format!("(module ./jobs/{job}.nix).config");
        let restic = system.eval(&format!("{module}.services.restic.backups.{job}"));
        let exec = format!("{module}.systemd.services.restic-backups-{job}.serviceConfig");
        let mounts = system.eval(&format!("with {exec}; [ TemporaryFileSystem BindReadOnlyPaths ]"));
        let mounts: Vec<String> = serde_json::from_value(mounts).unwrap();
        stage.stand_in("podman", PODMAN);
        stage.file("password", "right\n");
        stage.set("RESTIC_CACHE_DIR", stage.path("cache"));
        stage.set("RESTIC_REPOSITORY", stage.path("repository"));
        stage.set("RESTIC_PASSWORD_FILE", stage.path("password"));
        Some(Offsite { stage, _system: system, job, restic, mounts })
    }

    fn folder(&self) -> PathBuf {
        self.stage.at("di sk/backups/app")
    }

    /// Makes a backup of a dump with this content, and returns its path.
    fn backup(&self, dump: &[u8]) -> PathBuf {
        self.stage.file("dump", dump);
        self.run();
        let last = names(&self.folder()).into_iter().rfind(|name| name.ends_with(".dump"));
        self.folder().join(last.expect("a backup"))
    }

    /// Runs the backup, and returns its standard error.
    fn run(&self) -> String {
        let ran = Ran::from(self.stage.program(self.job, &[]).output().unwrap());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.err
    }

    /// A shell script that mounts what systemd mounts for the unit of the copy.
    fn mounted(&self) -> String {
        let plain = |text: &str| text.replace('"', "");
        let target = plain(&self.mounts[0]);
        let target = target.strip_suffix(":ro").expect("a folder that cannot be written to");
        let bound = plain(&self.mounts[1]);
        let (link, newest) = bound.split_once(':').expect("a source and a target");
        format!(
            "set -e
             newest=$(realpath -- '{link}')
             rm -rf -- \"$STAGE/bound\"
             if [ -d \"$newest\" ]; then mkdir -- \"$STAGE/bound\"; else touch -- \"$STAGE/bound\"; fi
             mount --bind -- \"$newest\" \"$STAGE/bound\"
             mount -t tmpfs none -- '{target}'
             if [ -d \"$STAGE/bound\" ]; then mkdir -- '{newest}'; else touch -- '{newest}'; fi
             mount --bind -- \"$STAGE/bound\" '{newest}'
             mount -o remount,ro,bind -- '{newest}'
             mount -o remount,ro -- '{target}'
            "
        )
    }

    fn lines(&self, option: &str) -> Vec<&str> {
        self.restic[option]
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| line.as_str().expect("text"))
            .collect()
    }

    /// The value of restic's option, if this restic supports it: `--retry-lock` exists since 0.16.
    fn options(&self, option: &str) -> String {
        let all = self.lines(option);
        if all.is_empty() {
            return String::new();
        }
        assert!(all.contains(&"--retry-lock=6h"), "{all:?}");
        let known = self.restic(&["help", "backup"]).contains("--retry-lock");
        all.into_iter().filter(|one| known || !one.starts_with("--retry-lock")).collect::<Vec<_>>().join(" ")
    }

    /// Runs the commands of the NixOS unit: preparation, copy and forget, each only after the previous one
    /// succeeded. `time` is the time of the snapshot, in restic's format.
    fn copy(&self, time: &str) -> Ran {
        assert_eq!(self.restic["initialize"], true);
        assert!(self.restic.get("dynamicFilesFrom").is_none());
        assert!(self.restic.get("exclude").is_none());
        let paths: String = self.lines("paths").iter().map(|path| format!("{path}\n")).collect();
        self.stage.file("includes", paths);
        // systemd splits a command line without quotes at spaces, as a shell does.
        let backup = self.options("extraBackupArgs");
        let forget = self.options("pruneOpts");
        assert!(!forget.contains(['\'', '\\', '%', '$']), "{forget}");
        self.stage.stand_in(
            "restic-backups",
            &format!(
                "{mounted}
                 restic unlock || true
                 restic cat config >/dev/null || restic init
                 restic backup --host box {backup} --files-from=\"$STAGE/includes\" --time '{time}'
                 {forget}",
                mounted = self.mounted(),
                forget =
                    if forget.is_empty() { String::new() } else { format!("restic forget --prune {forget}") },
            ),
        );
        let program = self.stage.path("bin/restic-backups");
        self.stage.stand_in("as-systemd", &format!("exec unshare --mount --map-root-user '{program}'"));
        self.stage.program("as-systemd", &[]).output().unwrap().into()
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
fn the_offsite_copy_has_only_the_newest_backup() {
    let Some(host) = Offsite::new() else { return };
    let dumps: Vec<Vec<u8>> = (1..3u32)
        .map(|seed| {
            (0..300_000u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) ^ seed).to_le_bytes()).collect()
        })
        .collect();
    let mut restored = Vec::new();
    for (day, dump) in dumps.iter().enumerate() {
        let backup = host.backup(dump);
        for unfinished in [".app-2001-01-01T000000.partial", "files-2001-01-01T000000/of-another-backup"] {
            let path = host.folder().join(unfinished);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "half").unwrap();
        }
        let before = tree(&host.folder());
        host.copied(&format!("2026-03-0{} 05:00:00", day + 1));
        assert_eq!(host.contents(), ["app-database.dump"]);
        assert_eq!(tree(&host.folder()), before, "the backups were touched");
        // The restored file equals the dump.
        let target = host.stage.path(&format!("restored-{day}"));
        host.restic(&["restore", "latest", "--path", host.folder().to_str().unwrap(), "--target", &target]);
        let path = format!("{target}{}/app-database.dump", host.folder().display());
        assert!(&std::fs::read(&path).unwrap() == dump, "{path} came back as something else");
        let tree_of = |path: &Path| tree(path).into_values().collect::<Vec<_>>();
        assert_eq!(tree_of(Path::new(&path)), tree_of(&backup), "its mode");
        restored.push(path);
    }
    assert_eq!(restored.len(), 2);
}

#[test]
fn unchanged_files_are_not_read_again_for_the_offsite_copy() {
    let Some(mut host) = Offsite::of("app-backup-files") else { return };
    let state = host.stage.path("state");
    host.stage.set("RUNTIME_DIRECTORY", state);
    // No unit runs that the backup would stop.
    host.stage.stand_in("systemctl", "#!/bin/sh\n[ \"$1\" != is-active ] || echo inactive\n");
    let source = host.stage.at("di sk/files");
    std::fs::create_dir_all(source.join("deeper")).unwrap();
    for i in 0..20 {
        std::fs::write(source.join(format!("deeper/{i}")), format!("photo {i}").repeat(1000)).unwrap();
    }
    // Hidden files of the folder are part of it.
    std::fs::write(source.join(".hidden"), "whole").unwrap();
    let read = |day: usize| {
        host.run();
        let ran = host.copy(&format!("2026-03-0{day} 05:00:00"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let line = ran.out.lines().find_map(|line| line.strip_prefix("Files:")).expect("a summary").trim();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(read(1), "21 new, 0 changed, 0 unmodified");
    // Each backup adds hard links to the unchanged files of the previous backups, which changes their ctime.
    for day in 2..=5 {
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(read(day), "0 new, 0 changed, 21 unmodified");
    }
    assert_eq!(
        names(&host.stage.at("di sk/backups/files")).iter().filter(|n| n.starts_with("app-files-")).count(),
        5
    );
    // Only a changed and a new file are read.
    std::fs::write(source.join("deeper/0"), "another photo").unwrap();
    std::fs::write(source.join("deeper/new"), "a new photo").unwrap();
    assert_eq!(read(6), "1 new, 1 changed, 20 unmodified");
    let target = host.stage.path("restored");
    host.restic(&["restore", "latest", "--target", &target]);
    let restored = format!("{target}{}/app-files", host.stage.path("di sk/backups/files"));
    assert_eq!(tree(Path::new(&restored)), tree(&source));
}

#[test]
fn a_stale_restic_lock_is_removed_and_a_lock_in_use_is_kept() {
    let Some(host) = Offsite::new() else { return };
    host.backup(b"a dump");
    host.copied("2001-01-01 05:00:00");
    // A restic process that waits for input until it is killed.
    let in_use = || {
        let mut command = host.stage.program("restic", &["backup", "--stdin"]);
        let child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        // A complete lock file has its hash as its name.
        wait_for(|| names(&host.stage.at("repository/locks")).iter().any(|name| name.len() == 64));
        child
    };
    let mut child = in_use();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(&host.stage.at("repository/locks")).len(), 1);
    // The stale lock blocks a prune, and the next copy removes it.
    let prune = host.stage.program("restic", &["prune"]).output().unwrap();
    assert!(!prune.status.success(), "the lock stops nothing");
    host.copied("2001-01-02 05:00:00");
    assert_eq!(names(&host.stage.at("repository/locks")), [""; 0]);
    let mut child = in_use();
    host.restic(&["unlock"]);
    assert_eq!(names(&host.stage.at("repository/locks")).len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn old_offsite_snapshots_are_forgotten_by_the_keep_rules() {
    let Some(host) = Offsite::new() else { return };
    let first = host.backup(b"the first dump");
    for day in ["2001-01-01", "2001-01-02", "2001-02-01", "2001-03-01", "2001-03-02"] {
        host.copied(&format!("{day} 05:00:00"));
    }
    // The last two days, and the last of each of three months.
    assert_eq!(host.days(), ["2001-01-02", "2001-02-01", "2001-03-01", "2001-03-02"]);
    // Deleted files stay in the repository until the rules remove them.
    std::fs::remove_file(&first).unwrap();
    host.backup(b"the second dump");
    host.copied("2001-04-01 05:00:00");
    assert_eq!(host.days(), ["2001-02-01", "2001-03-02", "2001-04-01"]);
    let old: Vec<Value> = serde_json::from_str(&host.restic(&["snapshots", "--json"])).unwrap();
    let oldest = old.iter().min_by_key(|one| one["time"].as_str().unwrap().to_owned()).unwrap();
    let dump = host.folder().join("app-database.dump");
    let dump = host.restic(&["dump", oldest["id"].as_str().unwrap(), dump.to_str().unwrap()]);
    assert_eq!(dump, "the first dump");
    host.restic(&["check"]);
}

#[test]
fn snapshots_of_other_backups_in_the_same_repository_are_kept() {
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
    // Of the copy's own snapshots, the last two days are kept.
    assert_eq!(host.days().len(), 4 + 4 + 2);
}

#[test]
fn a_wrong_password_leaves_the_offsite_repository_unchanged() {
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

// Backups that are stored in a repository alone.

#[test]
fn emitted_backups_without_a_folder_are_snapshots_and_are_restored() {
    if !nix_is_installed() || !are_installed(&["restic", "flock", "unshare", "sqlite3"]) {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        crate::common::sandbox::skipped::<()>("only root can save a folder");
        return;
    }
    let mut stage = Stage::new();
    stage.file("password", "right\n");
    for folder in ["cache", "notes", "notes/db", "notes/data", "notes/data/cache", "run"] {
        std::fs::create_dir(stage.at(folder)).unwrap();
    }
    for file in ["data/note", "data/x.tmp", "data/cache/x", "data/db", "db/PG_VERSION"] {
        stage.file(&format!("notes/{file}"), "text");
    }
    stage.set("RUNTIME_DIRECTORY", stage.path("run"));
    let sql = |sql: &str| {
        let output = Command::new("sqlite3").arg(stage.at("vault.db")).arg(sql).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    sql("CREATE TABLE t AS SELECT 'old' AS text");
    let repository = stage.path("repository");
    let system = host_of(
        "restic-only",
        &[],
        &[
            ("sftp:box@nas:/restic", &repository),
            ("/mnt/usb/restic", &repository),
            ("secrets.restic.path", &format!("\"{}\"", stage.path("password"))),
            ("/var/cache/homegen", &stage.path("cache")),
            ("\"/srv/notes\"", &format!("\"{}\"", stage.path("notes"))),
            ("/srv/vault/vault.db", &stage.path("vault.db")),
            ("/run/homegen-stop-notes.lock", &stage.path("stop.lock")),
        ],
    );
    stage.stand_in("systemctl", "[ \"$1\" != is-active ] || echo inactive");
    // `--retry-lock` exists since restic 0.16.
    stage.stand_in(
        "restic",
        "PATH=${PATH#*:}
         [ \"$1\" = --retry-lock=6h ]
         restic help backup | grep --quiet -e --retry-lock || shift
         exec restic \"$@\"",
    );
    for job in ["vault-backup", "notes-backup-files"] {
        let exec = system.eval(&format!(
            "(module ./jobs/{job}.nix).config.systemd.services.{job}.serviceConfig.ExecStart"
        ));
        std::fs::create_dir(stage.at(format!("cache/{job}"))).unwrap();
        let mut command = stage.program(exec.as_str().expect("a command"), &[]);
        command.env("CACHE_DIRECTORY", stage.at(format!("cache/{job}")));
        let ran = stage.run_to_end(&mut command);
        assert_eq!(ran.code, Some(0), "{job}: {ran:?}");
    }
    let stamps: Vec<String> = names(&stage.at("state"));
    assert!(stamps[0].starts_with("notes-files-") && stamps[1].starts_with("vault-database-"), "{stamps:?}");
    // The commands of the owner.
    let installed = |job: &str| {
        let commands = format!("(module ./jobs/{job}.nix).config.environment.systemPackages");
        let paths: Vec<String> = serde_json::from_value(system.eval(&commands)).unwrap();
        let all = paths.into_iter().map(|path| (path.split_once('-').unwrap().1.to_owned(), path));
        all.collect::<std::collections::BTreeMap<String, String>>()
    };
    let commands = installed("vault-backup");
    assert_eq!(commands.keys().collect::<Vec<_>>(), ["restic-vault-backup", "vault-restore"]);
    let run = |commands: &std::collections::BTreeMap<String, String>, name: &str, arguments: &[&str]| {
        let ran = stage.run_to_end(&mut stage.program(&format!("{}/bin/{name}", commands[name]), arguments));
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        ran.out
    };
    sql("UPDATE t SET text = 'new'");
    run(&commands, "vault-restore", &["--yes", "latest"]);
    assert_eq!(sql("SELECT text FROM t"), "old\n");
    let target = stage.path("restored");
    let arguments = ["restore", "latest", "--tag", "notes-files", "--target", &target];
    run(&installed("notes-backup-files"), "restic-notes-backup-files", &arguments);
    let restored = tree(&stage.at("restored/notes-files"));
    let paths: Vec<&str> = restored.keys().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(paths, ["", "data", "data/cache", "data/db", "data/note"]);
}
