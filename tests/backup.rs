//! What the scripts of backups and of the restore do, with a real Postgres, SQLite and rsync: whatever fails,
//! the last good backup and the present database are still there.

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::folder::{names, tree};
use common::scripts::{here, scripts};

const SCRIPTS: [&str; 6] =
    ["backup", "copy-folder", "copy-sqlite", "dump-postgres", "restore-postgres", "restore-sqlite"];

/// The file of a script.
fn script(name: &str) -> PathBuf {
    scripts().join(format!("{name}.sh"))
}

/// Says, so that nobody overlooks it, that something was not tested.
fn skipped<T>(why: &str) -> Option<T> {
    println!("\n################ SKIPPED: {why}\n");
    None
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes a program in bash.
fn program(path: &Path, code: &str) {
    std::fs::write(path, format!("#!/usr/bin/env bash\n{code}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A folder with `bin`, which is first on the PATH and has every script by its name, and a place for backups.
struct Place {
    folder: tempfile::TempDir,
    target: PathBuf,
    variables: BTreeMap<&'static str, String>,
}

impl Place {
    fn new() -> Place {
        Place::called("backups")
    }

    /// With another name of the folder of backups.
    fn called(target: &str) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for name in SCRIPTS {
            let script = script(name);
            program(
                &bin.join(name),
                &format!("exec bash -o errexit -o nounset -o pipefail '{}' \"$@\"", script.display()),
            );
        }
        let target = folder.path().join(target);
        let variables =
            [("NAME", "database"), ("SUFFIX", ".dump"), ("KEEP_DAYS", "30"), ("KEEP_AT_LEAST", "3")];
        let mut variables: BTreeMap<_, _> = variables.map(|(name, value)| (name, value.to_owned())).into();
        variables.insert("TARGET", target.to_str().unwrap().to_owned());
        Place { folder, target, variables }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn set(&mut self, variable: &'static str, value: impl AsRef<OsStr>) -> &mut Place {
        self.variables.insert(variable, value.as_ref().to_str().expect("text").to_owned());
        self
    }

    /// The producer `produce`, in bash: `$1` is the path it has to write.
    fn produce(&self, code: &str) -> &Place {
        program(&self.at("bin/produce"), &format!("set -eu\n{code}"));
        self
    }

    fn command(&self, words: &[&str]) -> Command {
        let path = std::env::var("PATH").expect("there is a PATH");
        let mut command = Command::new(self.at("bin").join(words[0]));
        command
            .args(&words[1..])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it runs")
    }

    /// Makes a backup that has to be good, and gives back its path.
    fn backup(&self, producer: &str) -> PathBuf {
        let output = self.run(&["backup", producer]);
        assert!(output.status.success(), "{}", said(&output));
        let (name, suffix) = (&self.variables["NAME"], &self.variables["SUFFIX"]);
        let newest = self.backups(name, suffix).pop().expect("a backup");
        assert_eq!(self.unfinished(), [""; 0]);
        newest
    }

    /// Makes a backup that has to fail for a reason, and to leave all as it was.
    fn fails(&self, producer: &str, why: &str) {
        let before = self.target.exists().then(|| tree(&self.target));
        let output = self.run(&["backup", producer]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(why), "{why:?} is not in {}", said(&output));
        let mut after = self.target.exists().then(|| tree(&self.target));
        if let Some(after) = &mut after {
            after.retain(|path, _| !path.to_string_lossy().ends_with(".lock"));
        }
        match before {
            Some(mut before) => {
                before.retain(|path, _| !path.to_string_lossy().ends_with(".lock"));
                assert_eq!(after, Some(before));
            }
            None => assert!(after.is_none_or(|after| after.len() == 1), "something was left"),
        }
    }

    /// The backups, the oldest first.
    fn backups(&self, name: &str, suffix: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(&self.target)
            .expect("a folder")
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                let stamp = file.strip_prefix(&format!("{name}-")).and_then(|rest| rest.strip_suffix(suffix));
                stamp.is_some_and(|stamp| stamp.len() == 17 && stamp.as_bytes()[10] == b'T')
            })
            .collect();
        found.sort();
        found
    }

    /// What lies in the folder of backups under a hidden name, but for the lock.
    fn unfinished(&self) -> Vec<String> {
        let all = names(&self.target);
        all.into_iter().filter(|name| name.starts_with('.') && !name.ends_with(".lock")).collect()
    }

    /// Puts an old backup there.
    fn old(&self, file: &str) -> PathBuf {
        std::fs::create_dir_all(&self.target).unwrap();
        std::fs::set_permissions(&self.target, std::fs::Permissions::from_mode(0o700)).unwrap();
        let path = self.target.join(file);
        std::fs::write(&path, "old").unwrap();
        path
    }
}

// The frame.

#[test]
fn a_backup_belongs_to_its_owner_alone() {
    let mut place = Place::new();
    place.produce("echo good >\"$1\"");
    let backup = place.backup("produce");
    assert_eq!(backup.metadata().unwrap().mode() & 0o7777, 0o600);
    assert_eq!(place.target.metadata().unwrap().mode() & 0o7777, 0o700);
    assert_eq!(std::fs::read_to_string(&backup).unwrap(), "good\n");
    // Also where the producer has other ideas, and without a suffix.
    place.set("SUFFIX", "").produce("echo good >\"$1\"; chmod 0644 \"$1\"");
    assert_eq!(place.backup("produce").metadata().unwrap().mode() & 0o7777, 0o600);
    // A folder that somebody made is left as it is, and it is said.
    std::fs::set_permissions(&place.target, std::fs::Permissions::from_mode(0o750)).unwrap();
    let output = place.run(&["backup", "produce"]);
    assert!(output.status.success() && said(&output).contains("chmod 0700"), "{}", said(&output));
    assert_eq!(place.target.metadata().unwrap().mode() & 0o7777, 0o750);
}

#[test]
fn a_unit_names_the_producer_in_the_environment() {
    let mut place = Place::new();
    place.produce("echo good >\"$1\"");
    place.set("PRODUCER", "produce");
    let output = place.run(&["backup"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(place.backups("database", ".dump").len(), 1);
}

#[test]
fn a_backup_that_is_not_good_changes_nothing() {
    let mut place = Place::new();
    place.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    for (code, why) in [
        ("echo half >\"$1\"; exit 3", "produce failed"),
        ("mkdir \"$1\" \"$1-work\"; echo half >\"$1/a\"; kill -9 $$", "produce failed"),
        ("touch \"$1\"", "empty"),
        ("mkdir -p \"$1/a/b\"", "empty"),
        ("true", "neither a file nor a folder"),
        ("ln -s /etc/passwd \"$1\"", "neither a file nor a folder"),
        ("mkfifo \"$1\"", "neither a file nor a folder"),
    ] {
        // First where there is nothing, then with backups that a good one would take away.
        let _ = std::fs::remove_dir_all(&place.target);
        place.produce(code).fails("produce", why);
        place.old("database-2001-01-01T000000.dump");
        place.old("database-2001-01-02T000000.dump");
        place.fails("produce", why);
    }
    place.fails("no-such-producer", "no-such-producer");
    place.produce("echo good >\"$1\"").backup("produce");
    assert_eq!(place.backups("database", ".dump").len(), 1);
}

#[test]
fn a_disk_that_does_not_take_the_backup_leaves_the_one_before() {
    let mut place = Place::new();
    place.set("KEEP_AT_LEAST", "0");
    place.old("database-2001-01-01T000000.dump");
    place.produce("echo good >\"$1\"");
    for tool in ["sync", "mv", "chmod", "find"] {
        program(&place.at("bin").join(tool), &format!("echo {tool} fails >&2; exit 1"));
        place.produce(if tool == "find" { "mkdir \"$1\"; echo good >\"$1/a\"" } else { "echo good >\"$1\"" });
        place.fails("produce", "");
        std::fs::remove_file(place.at("bin").join(tool)).unwrap();
    }
    // The new one is on the disk before any other goes.
    program(&place.at("bin/sync"), "if [ \"$1\" = --file-system ]; then exit 1; fi");
    let output = place.produce("echo good >\"$1\"").run(&["backup", "produce"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(place.backups("database", ".dump").len(), 2);
}

#[test]
fn wrong_parameters_are_refused_before_anything_is_done() {
    for (variable, value) in [
        ("TARGET", "relative"),
        ("NAME", ""),
        ("NAME", "../up"),
        ("SUFFIX", "/x"),
        ("KEEP_DAYS", ""),
        ("KEEP_DAYS", "-1"),
        ("KEEP_DAYS", "30d"),
        ("KEEP_DAYS", "a[$(touch here)]"),
        ("KEEP_AT_LEAST", "many"),
    ] {
        let mut place = Place::new();
        place.set(variable, value).produce("touch here");
        let output = place.run(&["backup", "produce"]);
        assert_eq!(output.status.code(), Some(1), "{variable}={value}");
        assert_eq!(names(place.folder.path()), ["bin"], "{variable}={value}");
    }
    // What begins with a zero is no octal number.
    let mut place = Place::new();
    let [young, old] = [7, 9].map(|days| place.old(&format!("database-{}.dump", days_ago(days))));
    place.set("KEEP_DAYS", "08").set("KEEP_AT_LEAST", "01").produce("echo good >\"$1\"").backup("produce");
    assert!(young.exists() && !old.exists());
}

#[test]
fn the_second_of_two_runs_does_not_begin() {
    let place = Place::new();
    place.produce(
        "touch begun; for _ in {1..500}; do [ ! -e go ] || break; sleep 0.02; done; echo good >\"$1\"",
    );
    let first = place.command(&["backup", "produce"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| place.at("begun").exists());
    let unfinished = place.unfinished();
    let second = place.run(&["backup", "produce"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("another run is at work"), "{}", said(&second));
    assert_eq!(place.unfinished(), unfinished, "the second took away what the first one works on");
    // One with another name has nothing to do with it.
    let mut other = place.command(&["backup", "other"]);
    program(&place.at("bin/other"), "echo other >\"$1\"");
    assert!(other.env("NAME", "files").status().unwrap().success());
    std::fs::write(place.at("go"), "").unwrap();
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", said(&first));
    assert_eq!(place.backups("database", ".dump").len(), 1);
}

/// Waits until something is so.
fn wait_for(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills a command and all that it started.
fn kill_group(child: &mut Child) {
    let id = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
    let _ = child.wait();
}

#[test]
fn a_killed_backup_is_none_and_the_next_one_clears_it_away() {
    let mut place = Place::new();
    place.set("SUFFIX", "").set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "2");
    // Much to take away, so that some are killed while they do.
    for day in 1..=4 {
        let folder = place.target.join(format!("database-2001-01-0{day}T000000"));
        std::fs::create_dir_all(&folder).unwrap();
        for i in 0..60 {
            std::fs::write(folder.join(format!("{i}")), "whole").unwrap();
        }
    }
    place.produce(
        "mkdir \"$1\" \"$1-work\"; for i in {0..59}; do printf whole >\"$1/$i\"; done; rmdir \"$1-work\"",
    );
    let (mut ended, mut broken) = (0, 0);
    for round in 0..40 {
        let mut child =
            place.command(&["backup", "produce"]).process_group(0).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(round * 4));
        ended += usize::from(child.try_wait().unwrap().is_some());
        kill_group(&mut child);
        let backups = place.backups("database", "");
        assert!(backups.len() >= 2, "{backups:?}");
        for backup in backups {
            assert_eq!(names(&backup).len(), 60, "{} is not whole", backup.display());
        }
        broken += usize::from(!place.unfinished().is_empty());
        assert!(place.unfinished().len() <= 3, "{:?}", place.unfinished());
    }
    println!("{ended} ended, {broken} left something");
    assert!(broken > 0, "none was killed at work");
    place.backup("produce");
    assert_eq!(place.backups("database", "").len(), 2);
}

#[test]
fn a_producer_that_outlives_its_backup_keeps_the_next_one_out() {
    let place = Place::new();
    place.produce("echo $$ >begun; for _ in {1..500}; do [ ! -e go ] || break; sleep 0.02; done; touch \"$1-work\"; touch ended");
    let mut child = place.command(&["backup", "produce"]).spawn().unwrap();
    wait_for(|| place.at("begun").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    place.fails("produce", "another run is at work");
    std::fs::write(place.at("go"), "").unwrap();
    wait_for(|| place.at("ended").exists());
    // What it wrote last goes too.
    place.produce("echo good >\"$1\"");
    wait_for(|| place.run(&["backup", "produce"]).status.success());
    assert_eq!(place.unfinished(), [""; 0]);
}

/// A time in a name, so many days before now.
fn days_ago(days: u32) -> String {
    let output = Command::new("date").arg(format!("--date={days} days ago")).arg("+%Y-%m-%dT%H%M%S").output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn old_backups_go_by_the_time_in_their_name_and_some_always_stay() {
    let mut place = Place::new();
    place.produce("echo good >\"$1\"");
    let all = [1, 5, 29, 31, 40, 400].map(|days| place.old(&format!("database-{}.dump", days_ago(days))));
    let there = || all.iter().map(|path| path.exists()).collect::<Vec<bool>>();
    place.set("KEEP_AT_LEAST", "6").backup("produce");
    assert_eq!(there(), [true, true, true, true, true, false], "the new one counts");
    place.set("KEEP_AT_LEAST", "1").set("KEEP_DAYS", "35").backup("produce");
    assert_eq!(there(), [true, true, true, true, false, false]);
    place.set("KEEP_DAYS", "30").backup("produce");
    assert_eq!(there(), [true, true, true, false, false, false]);
    place.set("KEEP_AT_LEAST", "100").set("KEEP_DAYS", "0").backup("produce");
    assert_eq!(there(), [true, true, true, false, false, false]);
    // Those of a clock that was ahead count as the newest, and the new one stays all the same.
    place.old("database-2999-01-01T000000.dump");
    place.set("KEEP_AT_LEAST", "0").produce("echo last >\"$1\"");
    std::thread::sleep(Duration::from_millis(1100));
    assert!(place.run(&["backup", "produce"]).status.success());
    let left = place.backups("database", ".dump");
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(std::fs::read_to_string(&left[0]).unwrap(), "last\n");
}

#[test]
fn what_else_lies_in_the_folder_is_not_touched() {
    let mut place = Place::new();
    place.set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "0").produce("echo good >\"$1\"");
    for file in [
        "notes.txt",
        "database",
        "database.dump",
        "database-old.dump",
        "database-2001-01-01T000000",
        "database-2001-01-01T000000.dump.gz",
        "database-2001-01-01T0000000.dump",
        "database-2001-01-01.dump",
        "database-2-2001-01-01T000000.dump",
        "my-database-2001-01-01T000000.dump",
        "Database-2001-01-01T000000.dump",
        ".database-2-2001-01-01T000000.partial",
        ".database-2001-01-01T000000.partial.txt",
        ".database-notes.partial",
        "other-2001-01-01T000000.dump",
        "-rf",
    ] {
        place.old(file);
    }
    symlink("/nowhere", place.target.join("database-2001-01-02T000000.dump")).unwrap();
    let before = tree(&place.target);
    for file in [
        "database-2001-01-01T000000.dump",
        ".database-2001-01-01T000000.partial",
        ".database-2001-01-03T000000.partial-work",
    ] {
        place.old(file);
    }
    let backup = place.run(&["backup", "produce"]);
    assert!(backup.status.success(), "{}", said(&backup));
    let mut after = tree(&place.target);
    after.retain(|_, (_, content)| content != b"good\n");
    after.remove(Path::new(".database.lock")).expect("a lock");
    assert_eq!(after, before);
}

#[test]
fn names_are_only_names() {
    for (target, name, suffix) in [
        ("-rf", "-rf", ""),
        ("a b/c  d", "na me", ".du mp"),
        ("it's \"quoted\" $(touch here) `touch here`", "$(touch here)'\"", "\\"),
        ("new\nline", "new\nline", "\n"),
        ("*", "*", "[a-z]*"),
        ("ü ∞", "데이터", ".덤프"),
    ] {
        let mut place = Place::called(target);
        place.set("NAME", name).set("SUFFIX", suffix).set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "1");
        place.produce("echo good >\"$1\"");
        let kept = [place.old("x"), place.old("database-2001-01-01T000000.dump")];
        place.old(&format!("{name}-2001-01-01T000000{suffix}"));
        place.old(&format!(".{name}-2001-01-01T000000.partial"));
        let backup = place.backup("produce");
        assert_eq!(place.backups(name, suffix), [backup], "{target}");
        assert!(kept.iter().all(|path| path.exists()), "{target}");
        assert!(!place.at("here").exists(), "{target}");
    }
}

/// Runs a shell script in a world of mounts of its own. `None`, and it is said, where nothing may be mounted.
fn with_mounts(place: &Place, script: &str) -> Option<Output> {
    program(&place.at("bin/in-mounts"), "exec unshare --mount --map-root-user bash -euc \"$1\"");
    if !place.run(&["in-mounts", "mkdir probe; mount -t tmpfs none probe"]).status.success() {
        return skipped("nothing may be mounted here");
    }
    std::fs::remove_dir(place.at("probe")).unwrap();
    Some(place.run(&["in-mounts", script]))
}

#[test]
fn a_full_disk_leaves_the_last_good_backup() {
    if !here(&["rsync", "sqlite3"]) {
        return;
    }
    let mut place = Place::called("disk/backups");
    place.set("SUFFIX", "").set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "1");
    place.set("SOURCE", place.at("files"));
    place.set("DATABASE_FILE", place.at("a.db"));
    place.produce("head -c 400000 /dev/urandom >\"$1\"");
    let Some(output) = with_mounts(
        &place,
        "
        mkdir disk files
        sqlite3 a.db 'CREATE TABLE t AS SELECT randomblob(400000) AS b'
        head -c 400000 /dev/urandom >files/a
        mount -t tmpfs -o size=1m,mode=0755 none disk
        mkdir -m 0700 disk/backups
        for producer in produce copy-sqlite copy-folder; do
            rm -rf disk/backups/*
            echo old >disk/backups/database-2001-01-01T000000
            head -c 700000 /dev/zero >disk/fill
            if backup $producer; then echo \"$producer fitted\"; exit 1; fi
            [ \"$(ls -A disk/backups | tr '\\n' ' ')\" = '.database.lock database-2001-01-01T000000 ' ]
            [ \"$(cat disk/backups/*)\" = old ]
            rm disk/fill
            backup $producer
            [ \"$(ls disk/backups | wc -l)\" = 1 ]
            [ ! -e disk/backups/database-2001-01-01T000000 ]
        done
        ",
    ) else {
        return;
    };
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", said(&output));
}

// SQLite.

/// Runs SQL in a database of SQLite, and gives back what it says.
fn sqlite(database: &Path, sql: &str) -> String {
    let output = Command::new("sqlite3").args(["-cmd", ".timeout 60000"]).arg(database).arg(sql).output();
    let output = output.expect("sqlite3 runs");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn an_sqlite_database_that_is_written_to_is_copied_as_it_was_at_one_moment() {
    if !here(&["sqlite3"]) {
        return;
    }
    for mode in ["wal", "delete"] {
        let mut place = Place::new();
        place.set("SUFFIX", ".sqlite");
        let database = place.at("app.db");
        place.set("DATABASE_FILE", &database);
        // In each transaction both tables grow, so that a copy of no one moment has different counts.
        sqlite(&database, &format!("PRAGMA journal_mode={mode}; CREATE TABLE a(i); CREATE TABLE b(i);"));
        sqlite(&database, "CREATE TABLE big AS SELECT randomblob(1000) FROM generate_series(1, 20000)");
        program(
            &place.at("bin/write"),
            "for ((i = 0; i < 100000; i++)); do
                 [ -e \"$DATABASE_FILE\" ] || break
                 echo \"BEGIN IMMEDIATE; INSERT INTO a VALUES($i);\"
                 echo \"UPDATE big SET rowid = rowid WHERE rowid = 1 + $i % 20000; INSERT INTO b VALUES($i); COMMIT;\"
             done | sqlite3 -cmd '.timeout 60000' \"$DATABASE_FILE\"",
        );
        let mut writer = place.command(&["write"]).process_group(0).stdout(Stdio::null()).spawn().unwrap();
        wait_for(|| sqlite(&database, "SELECT count(*) FROM a").parse::<u32>().unwrap() > 10);
        let mut seen = 0;
        for _ in 0..2 {
            let copy = place.backup("copy-sqlite");
            let counts = sqlite(&copy, "SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM b)");
            let (a, b) = counts.split_once(' ').unwrap();
            assert_eq!(a, b, "{mode}");
            let a: u32 = a.parse().unwrap();
            assert!(a > seen, "{mode}: nothing was written meanwhile");
            seen = a;
            assert_eq!(sqlite(&copy, "SELECT count(*) FROM big"), "20000");
            assert_eq!(copy.metadata().unwrap().mode() & 0o7777, 0o600);
        }
        assert!(writer.try_wait().unwrap().is_none(), "the writer ended too soon");
        kill_group(&mut writer);
        let beside: Vec<String> =
            names(&place.target).into_iter().filter(|name| name.starts_with('.')).collect();
        assert_eq!(beside, [".database.lock"], "{mode}");
    }
}

#[test]
fn a_copy_of_sqlite_that_is_not_good_is_none() {
    if !here(&["sqlite3"]) {
        return;
    }
    let mut place = Place::new();
    place.set("KEEP_AT_LEAST", "0");
    place.old("database-2001-01-01T000000.dump");
    for (file, why) in
        [("missing.db", "no database to copy"), ("empty.db", "no database to copy"), ("relative", "absolute")]
    {
        let file = if file == "relative" { PathBuf::from(file) } else { place.at(file) };
        place.set("DATABASE_FILE", &file);
        if file.ends_with("empty.db") {
            std::fs::write(&file, "").unwrap();
        }
        place.fails("copy-sqlite", why);
        assert!(file.ends_with("empty.db") || !file.exists(), "it was made");
    }
    let database = place.at("app.db");
    place.set("DATABASE_FILE", &database);
    std::fs::write(&database, "no database".repeat(1000)).unwrap();
    place.fails("copy-sqlite", "could not be copied");
    // It is gone after it was looked at.
    program(
        &place.at("bin/mkdir"),
        "PATH=${PATH#*:}; mkdir \"$@\"; case $* in *-work) rm -- \"$DATABASE_FILE\" ;; esac",
    );
    place.fails("copy-sqlite", "could not be copied");
    assert!(!database.exists(), "it was made");
    std::fs::remove_file(place.at("bin/mkdir")).unwrap();
    // A page in the middle is damaged.
    sqlite(
        &database,
        "CREATE TABLE t(i, b); CREATE INDEX x ON t(b); INSERT INTO t SELECT value, hex(randomblob(50)) FROM generate_series(1, 2000)",
    );
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x2a);
    std::fs::write(&database, &bytes).unwrap();
    place.fails("copy-sqlite", "is damaged");
    // Somebody has it for himself, for longer than one waits.
    std::fs::remove_file(&database).unwrap();
    sqlite(&database, "CREATE TABLE t(i); INSERT INTO t VALUES(1);");
    program(
        &place.at("bin/hold"),
        "(echo 'BEGIN EXCLUSIVE;'; echo '.shell touch held'; cat) | sqlite3 \"$DATABASE_FILE\"",
    );
    let mut holder = place.command(&["hold"]).process_group(0).stdin(Stdio::piped()).spawn().unwrap();
    wait_for(|| place.at("held").exists());
    program(
        &place.at("bin/sqlite3"),
        "PATH=${PATH#*:}; for a; do shift; set -- \"$@\" \"${a/timeout 60000/timeout 300}\"; done; exec sqlite3 \"$@\"",
    );
    place.fails("copy-sqlite", "could not be copied");
    kill_group(&mut holder);
    place.backup("copy-sqlite");
}

#[test]
fn the_name_of_an_sqlite_database_is_only_a_name() {
    if !here(&["sqlite3"]) {
        return;
    }
    for name in
        ["-a b", "it's \"x\" $(touch here)", "a?mode=memory", "a#b%20c%", "new\nline", ".schema", ":memory:"]
    {
        let mut place = Place::called(name);
        std::fs::create_dir(place.at("data")).unwrap();
        let database = place.at("data").join(name);
        place.set("DATABASE_FILE", &database).set("NAME", name.trim_start_matches('.'));
        let plain = place.at("plain.db");
        sqlite(&plain, "CREATE TABLE t AS SELECT 'good' AS good");
        std::fs::rename(&plain, &database).unwrap();
        let copy = place.backup("copy-sqlite");
        std::fs::rename(copy, &plain).unwrap();
        assert_eq!(sqlite(&plain, "SELECT good FROM t"), "good", "{name}");
        assert_eq!(names(&place.at("data")), [name]);
        assert!(!place.at("here").exists());
    }
}

// The restore of SQLite.

/// A database in WAL mode with 701 rows, of which 201 are in its -wal alone, and a copy with 500.
fn with_sqlite() -> (Place, PathBuf) {
    let mut place = Place::new();
    place.with_systemctl();
    place.set("NAME", "notes-database").set("UNITS", "podman-ml.service podman-server.service");
    std::fs::create_dir(place.at("data")).unwrap();
    let database = place.at("data/app.db");
    place.set("DATABASE_FILE", &database);
    let rows = "SELECT value FROM generate_series(1, 500)";
    sqlite(&database, &format!("PRAGMA journal_mode=wal; CREATE TABLE t(i); INSERT INTO t {rows}"));
    let copy = place.at("copy.sqlite");
    std::fs::copy(&database, &copy).unwrap();
    let mut more = Command::new("sqlite3");
    more.args(["-cmd", ".dbconfig no_ckpt_on_close on"]).arg(&database).stdout(Stdio::null());
    more.arg("INSERT INTO t SELECT value FROM generate_series(1, 201)");
    assert!(more.status().expect("sqlite3 runs").success());
    assert!(place.at("data/app.db-wal").metadata().unwrap().len() > 0, "the rows are not in the -wal");
    // Times that differ, however fast it is done.
    program(
        &place.at("bin/date"),
        "echo >>\"$HERE/dates\"; printf '2026-07-03T05%04d\\n' $(wc -l <\"$HERE/dates\")",
    );
    (place, copy)
}

/// How many rows a database has, which is looked at as a copy together with what belongs to it.
fn rows(database: &Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for suffix in ["", "-wal", "-journal"] {
        let from = format!("{}{suffix}", database.display());
        if Path::new(&from).exists() {
            std::fs::copy(from, folder.path().join(format!("a{suffix}"))).unwrap();
        }
    }
    sqlite(&folder.path().join("a"), "SELECT count(*) FROM t")
}

impl Place {
    fn sqlite_restores(&self, file: &Path) -> String {
        let output = self.run(&["restore-sqlite", "--yes", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(said(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Restores a file, which has to fail for a reason and to leave the database as it was.
    fn sqlite_restore_fails(&self, file: &Path, why: &str, calls: &str) {
        let before = tree(&self.at("data"));
        let output = self.run(&["restore-sqlite", "--yes", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{why}: {}", said(&output));
        assert!(said(&output).contains(why), "{why:?} is not in {}", said(&output));
        assert!(!said(&output).contains(": line "), "{}", said(&output));
        assert!(tree(&self.at("data")) == before, "{why}: {:?}", names(&self.at("data")));
        assert_eq!(self.systemctl(), calls, "{why}");
    }
}

#[test]
fn a_restored_sqlite_database_is_the_copy_and_nothing_of_the_old_wal() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, copy) = with_sqlite();
    // This is what it is all for: put in the place of the database by hand, the copy is what was there before.
    let trap = place.at("trap.db");
    std::fs::copy(&copy, &trap).unwrap();
    std::fs::copy(place.at("data/app.db-wal"), place.at("trap.db-wal")).unwrap();
    assert_eq!(sqlite(&trap, "PRAGMA integrity_check; SELECT count(*) FROM t"), "ok\n701");

    let database = place.at("data/app.db");
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o640)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&database, Some(1234), Some(2345)).unwrap();
    }
    let meta = database.metadata().unwrap();
    let said = place.sqlite_restores(&copy);
    assert_eq!(place.systemctl(), STOPPED_AND_STARTED);
    let before = place.at("data/app.db.before-2026-07-03T050001");
    assert!(said.contains(&format!("What it was before is {}", before.display())), "{said}");
    assert_eq!((rows(&database), rows(&before)), ("500".to_owned(), "701".to_owned()));
    let all = names(&place.at("data"));
    let kept = [
        "app.db.before-2026-07-03T050001",
        "app.db.before-2026-07-03T050001-shm",
        "app.db.before-2026-07-03T050001-wal",
    ];
    assert_eq!(all, [&["app.db"][..], &kept].concat());
    let now = database.metadata().unwrap();
    assert_eq!((now.mode(), now.uid(), now.gid()), (meta.mode(), meta.uid(), meta.gid()));
    assert_eq!(now.nlink(), 1);
    // As it is said, so it can be taken away.
    program(&place.at("bin/drop"), said.lines().last().unwrap());
    assert!(place.run(&["drop"]).status.success());
    assert_eq!(names(&place.at("data")), ["app.db"]);
}

#[test]
fn an_sqlite_database_that_is_not_there_is_its_folders() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (mut place, copy) = with_sqlite();
    let folder = place.at("data");
    for file in names(&folder).into_iter().filter(|name| name != "app.db-wal") {
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o750)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&folder, Some(1234), Some(2345)).unwrap();
    }
    place.sqlite_restores(&copy);
    let (folder, database) = (folder.metadata().unwrap(), place.at("data/app.db"));
    let now = database.metadata().unwrap();
    assert_eq!((now.mode() & 0o7777, now.uid(), now.gid()), (0o640, folder.uid(), folder.gid()));
    // What was left of the old one is put aside too.
    assert_eq!(names(&place.at("data")), ["app.db", "app.db.before-2026-07-03T050001-wal"]);
    assert_eq!(rows(&database), "500");
    // A link is followed, as SQLite does.
    let link = place.at("link.db");
    symlink(&database, &link).unwrap();
    place.set("DATABASE_FILE", &link).sqlite_restores(&copy);
    assert!(link.is_symlink() && place.at("data/app.db.before-2026-07-03T050002").exists());
}

#[test]
fn what_is_no_whole_sqlite_database_is_not_restored() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (mut place, copy) = with_sqlite();
    let whole = std::fs::read(&copy).unwrap();
    let file = place.at("file");
    place.sqlite_restore_fails(&file, &format!("there is no {}\n", file.display()), "");
    place.sqlite_restore_fails(&place.at("bin"), "no file that can be read", "");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 4096].fill(0x2a);
    for (content, why) in [
        (&[][..], "is empty"),
        (&whole[..whole.len() - 4096], "no whole database"),
        (&whole[..100], "no whole database"),
        (&damaged, "no whole database"),
        (&b"no database".repeat(1000), "no whole database"),
    ] {
        std::fs::write(&file, content).unwrap();
        place.sqlite_restore_fails(&file, why, "");
    }
    std::fs::remove_file(&file).unwrap();
    sqlite(&file, "PRAGMA user_version = 1");
    place.sqlite_restore_fails(&file, "no tables", "");
    // What is in a -wal is not in the file.
    for suffix in ["-wal", "-journal"] {
        let beside = place.at(&format!("copy.sqlite{suffix}"));
        std::fs::write(&beside, "x").unwrap();
        place.sqlite_restore_fails(&copy, "is not all of a database", "");
        std::fs::remove_file(&beside).unwrap();
    }
    std::fs::remove_file(place.at("data/app.db-wal")).unwrap();
    place.sqlite_restore_fails(&place.at("data/app.db"), "is the present database", "");
    let lock = place.at("restore.lock");
    place.set("LOCK", "/no/such/folder/lock");
    place.sqlite_restore_fails(&copy, "run this as root", "");
    place.set("LOCK", lock).set("DATABASE_FILE", "relative");
    place.sqlite_restore_fails(&copy, "not an absolute path", "");
    let away = place.at("away/app.db");
    place.set("DATABASE_FILE", away);
    place.sqlite_restore_fails(&copy, "mount its disk", "");
}

#[test]
fn a_restore_of_sqlite_that_fails_leaves_the_present_database_alone() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, copy) = with_sqlite();
    // Each tool fails at each of its calls, and those after it.
    for (tool, calls) in
        [("mkdir", 1), ("cp", 1), ("chown", 1), ("chmod", 1), ("sync", 3), ("mv", 1), ("rm", 5)]
    {
        for failing in 1..=calls {
            program(
                &place.at("bin").join(tool),
                &format!(
                    "echo >>\"$HERE/calls\"; n=$(wc -l <\"$HERE/calls\")
                     if [ $n = {failing} ]; then echo {tool} fails >&2; exit 1; fi
                     PATH=${{PATH#*:}}; exec {tool} \"$@\""
                ),
            );
            let stopped = matches!((tool, failing), ("sync" | "rm", 2..) | ("mv", _));
            place.sqlite_restore_fails(&copy, "", if stopped { STOPPED_AND_STARTED } else { "" });
            std::fs::remove_file(place.at("calls")).unwrap();
        }
        std::fs::remove_file(place.at("bin").join(tool)).unwrap();
    }
    // Without second names they are copies, and without room for those nothing is done.
    program(&place.at("bin/ln"), "exit 1");
    program(&place.at("bin/cp"), "case $* in --archive*) exit 1 ;; esac; PATH=${PATH#*:}; exec cp \"$@\"");
    place.sqlite_restore_fails(&copy, "is there room", STOPPED_AND_STARTED);
    std::fs::remove_file(place.at("bin/cp")).unwrap();
    // The units do not stop, or one of them ran on.
    std::fs::write(place.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
    place.sqlite_restore_fails(&copy, "could be stopped", STOPPED_AND_STARTED);
    std::fs::remove_file(place.at("on-systemctl")).unwrap();
    for file in ["app.db", "app.db-wal"] {
        let open = std::fs::File::open(place.at("data").join(file)).unwrap();
        let why = format!("process {} still uses it", std::process::id());
        place.sqlite_restore_fails(&copy, &why, STOPPED_AND_STARTED);
        drop(open);
    }
    place.sqlite_restores(&copy);
    assert_eq!(rows(&place.at("data/app.db")), "500");
}

#[test]
fn a_database_that_cannot_be_put_back_is_named_and_its_units_stay_down() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, copy) = with_sqlite();
    program(&place.at("bin/mv"), "exit 1");
    let output = place.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let before = place.at("data/app.db.before-2026-07-03T050001");
    assert!(said(&output).contains(&format!("move {} and", before.display())), "{}", said(&output));
    assert_eq!(rows(&before), "701");
    assert_eq!(place.systemctl(), "stop -- podman-ml.service podman-server.service\n");
}

#[test]
fn a_restore_of_sqlite_that_is_ended_at_any_step_loses_nothing() {
    if !here(&["sqlite3"]) {
        return;
    }
    let database = |place: &Place| place.at("data/app.db");
    for signal in ["TERM", "KILL"] {
        let (mut step, mut changed) = (0, 0);
        loop {
            step += 1;
            let (place, copy) = with_sqlite();
            let before = tree(&place.at("data"));
            // At its so-manieth call of a program, before that does anything.
            std::fs::write(
                place.at("step"),
                format!(
                    "echo >>\"$HERE/calls\"; n=$(wc -l <\"$HERE/calls\"); [ $n != {step} ] || kill -{signal} $PPID"
                ),
            )
            .unwrap();
            std::fs::write(place.at("on-systemctl"), ". \"$HERE/step\"").unwrap();
            for tool in ["mkdir", "cp", "chown", "chmod", "ln", "rm", "mv"] {
                program(
                    &place.at("bin").join(tool),
                    &format!(". \"$HERE/step\"; PATH=${{PATH#*:}}; exec {tool} \"$@\""),
                );
            }
            program(&place.at("bin/sync"), ". \"$HERE/step\"");
            let output = place.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
            let steps = std::fs::read_to_string(place.at("calls")).unwrap().len();
            // What ended it goes on for a moment.
            std::thread::sleep(Duration::from_millis(30));
            let calls = place.systemctl();
            let whole = |path: &Path| path.exists().then(|| rows(path));
            let kept = place.at("data/app.db.before-2026-07-03T050001");
            let (now, old) = (whole(&database(&place)), whole(&kept));
            let state = format!("{signal} at step {step}: {now:?}, {old:?}, {:?}", names(&place.at("data")));
            // What was there is there whole, and in its place there never is anything else than it or the copy.
            assert!([&now, &old].contains(&&Some("701".to_owned())), "{state}");
            assert!(now.as_deref().is_none_or(|rows| ["701", "500"].contains(&rows)), "{state}");
            if signal == "TERM" {
                if now.as_deref() == Some("701") {
                    assert!(tree(&place.at("data")) == before, "{state}");
                }
                assert!(
                    now.is_some() && ["", STOPPED_AND_STARTED].contains(&calls.as_str()),
                    "{state}: {calls}"
                );
            }
            changed += usize::from(now.as_deref() != Some("701"));
            if steps < step {
                assert!(output.status.success(), "{state}");
                assert!(step > 15 && changed > 1, "{step} steps, {changed} of them late");
                break;
            }
            // Once more, and it is done.
            std::fs::write(place.at("step"), "").unwrap();
            let again = place.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
            assert!(again.status.success(), "{state}: {}", said(&again));
            assert_eq!(rows(&database(&place)), "500", "{state}");
            let all = names(&place.at("data"));
            let kept = all.iter().filter(|name| {
                name.contains(".before-") && !name.ends_with("-wal") && !name.ends_with("-shm")
            });
            assert!(kept.into_iter().any(|name| rows(&place.at("data").join(name)) == "701"), "{state}");
            assert!(!all.iter().any(|name| name.starts_with('.')), "{state}");
        }
    }
}

#[test]
fn a_full_disk_leaves_the_present_sqlite_database() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, _) = with_sqlite();
    let Some(output) = with_mounts(
        &place,
        "
        mount -t tmpfs -o size=1m,mode=0755 none data
        sqlite3 data/app.db 'CREATE TABLE t AS SELECT randomblob(400000) AS b'
        sqlite3 copy.db 'CREATE TABLE t AS SELECT randomblob(300000) AS b'
        head -c 500000 /dev/zero >data/fill
        before=$(sha256sum data/*)
        if restore-sqlite --yes copy.db; then echo 'it fitted'; exit 1; fi
        [ \"$(sha256sum data/*)\" = \"$before\" ]
        [ \"$(ls -A data | tr '\\n' ' ')\" = 'app.db fill ' ]
        rm data/fill
        restore-sqlite --yes copy.db
        cmp copy.db data/app.db
        ",
    ) else {
        return;
    };
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", said(&output));
    assert!(said(&output).contains("is there room"), "{}", said(&output));
}

#[test]
fn of_two_restores_of_sqlite_one_waits_for_nothing() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, copy) = with_sqlite();
    std::fs::write(
        place.at("on-systemctl"),
        "touch \"$HERE/begun\"; for _ in {1..500}; do [ ! -e \"$HERE/go\" ] || break; sleep 0.02; done",
    )
    .unwrap();
    let first =
        place.command(&["restore-sqlite", "--yes", copy.to_str().unwrap()]).stdout(Stdio::null()).spawn();
    wait_for(|| place.at("begun").exists());
    let before = tree(&place.at("data"));
    let second = place.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("another restore is at work"), "{}", said(&second));
    assert!(tree(&place.at("data")) == before);
    std::fs::write(place.at("go"), "").unwrap();
    assert!(first.unwrap().wait().unwrap().success());
    assert_eq!(place.systemctl(), STOPPED_AND_STARTED);
    assert_eq!(rows(&place.at("data/app.db")), "500");
}

#[test]
fn a_restore_of_sqlite_asks_and_starts_only_what_ran() {
    if !here(&["sqlite3", "script"]) {
        return;
    }
    let (mut place, copy) = with_sqlite();
    let copy = copy.to_str().unwrap();
    let output = place.run(&["restore-sqlite", copy]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nothing was done, say --yes"), "{}", said(&output));
    for words in [&["restore-sqlite"][..], &["restore-sqlite", "--yes"], &["restore-sqlite", "--help"]] {
        assert_eq!(place.run(words).status.code(), Some(2));
    }
    std::fs::write(place.at("podman-server.service"), "inactive").unwrap();
    program(
        &place.at("bin/at-a-terminal"),
        "script --quiet --return --command \"restore-sqlite '$1'\" /dev/null",
    );
    let before = tree(&place.at("data"));
    for (answer, code) in [("no", 1), ("", 1), ("yes", 0)] {
        assert!(tree(&place.at("data")) == before);
        let mut child = place
            .command(&["at-a-terminal", copy])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The terminal's end is no answer, and has to come after it.
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{stdout}");
        assert!(stdout.contains("stop podman-ml.service podman-server.service"), "{stdout}");
        let calls = "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service\n";
        assert_eq!(place.systemctl(), if code == 0 { calls } else { "" });
        assert_eq!(
            stdout.contains("To start it: systemctl start podman-server.service"),
            code == 0,
            "{stdout}"
        );
    }
    // Where nobody knows who uses it, this is said.
    let said = place.set("UNITS", "").sqlite_restores(Path::new(copy));
    assert!(said.contains("stop yourself what does"), "{said}");
    assert_eq!(place.systemctl(), "");
}

#[test]
fn the_name_of_an_sqlite_database_that_is_restored_is_only_a_name() {
    if !here(&["sqlite3"]) {
        return;
    }
    for name in ["-a b", "it's \"x\" $(touch here)", "a?mode=memory", "a#b%20c%", "new\nline", ".schema", "*"]
    {
        let (mut place, copy) = with_sqlite();
        let folder = place.at(&format!("data/{name}"));
        std::fs::create_dir(&folder).unwrap();
        for suffix in ["", "-wal"] {
            let from = place.at(&format!("data/app.db{suffix}"));
            std::fs::rename(from, folder.join(format!("{name}{suffix}"))).unwrap();
        }
        place.set("DATABASE_FILE", folder.join(name));
        let file = if name.starts_with("--") { copy.clone() } else { place.at(name) };
        std::fs::rename(&copy, &file).unwrap();
        // Also where it is called by its name alone.
        let said = place.sqlite_restores(Path::new(name));
        assert_eq!(rows(&folder.join(name)), "500", "{name}");
        let kept = format!("{name}.before-2026-07-03T050001");
        assert_eq!(rows(&folder.join(&kept)), "701", "{name}");
        let (_, command) = said.split_once("any more:\n").unwrap();
        program(&place.at("bin/drop"), command);
        assert!(place.run(&["drop"]).status.success());
        assert_eq!(names(&folder), [name]);
        assert!(!place.at("here").exists());
    }
}

// Folders.

/// A place with a folder `files` to copy.
fn with_files() -> Place {
    let mut place = Place::new();
    let files = place.at("files");
    std::fs::create_dir_all(files.join("upload/a b")).unwrap();
    for (file, content) in
        [("upload/one", "1"), ("upload/a b/two", "2"), (".hidden", "3"), ("new\nline", "4")]
    {
        std::fs::write(files.join(file), content).unwrap();
    }
    std::fs::set_permissions(files.join("upload/one"), std::fs::Permissions::from_mode(0o751)).unwrap();
    std::fs::hard_link(files.join("upload/one"), files.join("upload/same")).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(90 * 24 * 60 * 60);
    std::fs::File::open(&files).unwrap().set_modified(long_ago).unwrap();
    symlink("upload/one", files.join("link")).unwrap();
    place.set("NAME", "files").set("SUFFIX", "").set("SOURCE", files);
    place
}

#[test]
fn a_folder_is_copied_whole_and_what_is_unchanged_takes_no_room() {
    if !here(&["rsync"]) {
        return;
    }
    let place = with_files();
    let files = place.at("files");
    let first = place.backup("copy-folder");
    assert_eq!(tree(&first), tree(&files));
    let inode = |path: PathBuf| path.metadata().unwrap().ino();
    assert_eq!(inode(first.join("upload/one")), inode(first.join("upload/same")));
    assert_ne!(inode(first.join("upload/one")), inode(files.join("upload/one")));
    let time = |path: PathBuf| path.metadata().unwrap().modified().unwrap();
    assert_eq!(time(first.join(".hidden")), time(files.join(".hidden")));
    // The copy as a whole is as old as it is, whatever it was copied from.
    let age = SystemTime::now().duration_since(time(first.clone())).unwrap_or_default();
    assert!(age < Duration::from_secs(60), "{age:?}");
    let before = tree(&first);

    std::fs::write(files.join("upload/a b/two"), "changed").unwrap();
    std::fs::remove_file(files.join("new\nline")).unwrap();
    let second = place.backup("copy-folder");
    assert_ne!(first, second);
    assert_eq!(tree(&second), tree(&files));
    assert_eq!(tree(&first), before, "the earlier backup changed");
    assert_eq!(inode(second.join("upload/one")), inode(first.join("upload/one")));
    assert_ne!(inode(second.join("upload/a b/two")), inode(first.join("upload/a b/two")));
    // When the first one goes the second one is still whole.
    std::fs::remove_dir_all(&first).unwrap();
    assert_eq!(tree(&second), tree(&files));
}

#[test]
fn a_folder_that_is_not_there_or_empty_is_no_backup() {
    if !here(&["rsync"]) {
        return;
    }
    let mut place = with_files();
    place.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    std::fs::create_dir_all(place.target.join("files-2001-01-01T000000")).unwrap();
    std::fs::write(place.target.join("files-2001-01-01T000000/a"), "old").unwrap();
    std::fs::create_dir_all(place.at("empty")).unwrap();
    std::fs::create_dir_all(place.at("hollow/a/b")).unwrap();
    for (source, why) in [
        ("missing", "no folder to copy"),
        ("files/link", "no folder to copy"),
        ("empty", "is its disk mounted?"),
        ("hollow", "what copy-folder wrote is empty"),
        ("", "would be in it"),
        ("backups", "would be in it"),
    ] {
        place.set("SOURCE", place.at(source)).fails("copy-folder", why);
    }
    place.set("SOURCE", "files").fails("copy-folder", "absolute");
}

#[test]
fn only_files_that_vanished_are_forgiven() {
    if !here(&["rsync"]) {
        return;
    }
    let mut place = with_files();
    place.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    std::fs::create_dir_all(place.target.join("files-2001-01-01T000000")).unwrap();
    std::fs::write(place.target.join("files-2001-01-01T000000/a"), "old").unwrap();
    for status in [1, 3, 11, 12, 20, 23, 25, 30, 127, 137] {
        program(&place.at("bin/rsync"), &format!("PATH=${{PATH#*:}}; rsync \"$@\"; exit {status}"));
        place.fails("copy-folder", "was not copied whole");
    }
    program(&place.at("bin/rsync"), "PATH=${PATH#*:}; rsync \"$@\"; exit 24");
    let backup = place.backup("copy-folder");
    assert_eq!(tree(&backup), tree(&place.at("files")));
    assert_eq!(place.backups("files", ""), [backup]);
}

#[test]
fn a_disk_without_attributes_gets_the_files() {
    if !here(&["rsync"]) {
        return;
    }
    let place = with_files();
    program(
        &place.at("bin/rsync"),
        "PATH=${PATH#*:}; case \"$*\" in *--xattrs*) rsync \"$@\"; exit 23 ;; *) exec rsync \"$@\" ;; esac",
    );
    let backup = place.backup("copy-folder");
    assert_eq!(tree(&backup), tree(&place.at("files")));
}

/// Says of a copy that owners are not in it, in one line.
const WITHOUT_OWNERS: &str = "does not keep owners";

/// Two backups where nobody may set an owner: they are whole, share what did not change, and it is said.
fn is_copied_without_owners(place: &Place, command: &[&str]) {
    let files = place.at("files");
    let mut inodes = Vec::new();
    for _ in 0..2 {
        let output = place.run(command);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(said(&output).matches(WITHOUT_OWNERS).count(), 1, "{}", said(&output));
        let backup = place.backups("files", "").pop().expect("a backup");
        assert_eq!(tree(&backup), tree(&files));
        assert_eq!(place.unfinished(), [""; 0]);
        inodes.push(backup.join("upload/one").metadata().unwrap().ino());
    }
    assert_eq!(place.backups("files", "").len(), 2);
    assert_eq!(inodes[0], inodes[1], "the second copy took the room of a whole one");
}

#[test]
fn where_nobody_may_set_owners_a_folder_is_copied_without() {
    if !here(&["rsync"]) {
        return;
    }
    // As an NFS export with root_squash: what is written is whose it is, and who asks for another owner is refused.
    let place = with_files();
    program(&place.at("bin/chown"), "exit 1");
    program(
        &place.at("bin/rsync"),
        "PATH=${PATH#*:}; case \"$*\" in *--no-owner*--no-group*) exec rsync \"$@\" ;; *) rsync \"$@\"; exit 23 ;; esac",
    );
    is_copied_without_owners(&place, &["backup", "copy-folder"]);
    // Also where only rsync finds it out.
    let place = with_files();
    program(&place.at("bin/chown"), "exit 0");
    program(
        &place.at("bin/rsync"),
        "PATH=${PATH#*:}; case \"$*\" in *--no-owner*--no-group*) exec rsync \"$@\" ;; *) rsync \"$@\"; exit 23 ;; esac",
    );
    let output = place.run(&["backup", "copy-folder"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output).matches(WITHOUT_OWNERS).count(), 1, "{}", said(&output));
    assert_eq!(tree(&place.backups("files", "")[0]), tree(&place.at("files")));
}

#[test]
fn root_that_may_not_set_owners_makes_a_backup_and_no_other_failure_is_forgiven() {
    if !here(&["rsync"]) {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        skipped::<()>("only root can give files to others");
        return;
    }
    let mut place = with_files();
    let files = place.at("files");
    for (path, (owner, group)) in [
        ("upload/one", (1234, 1)),
        ("upload/a b", (1234, 1234)),
        (".hidden", (5, 5)),
        ("new\nline", (65534, 65534)),
    ] {
        std::os::unix::fs::chown(files.join(path), Some(owner), Some(group)).unwrap();
    }
    std::fs::set_permissions(files.join("upload/one"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // With all of root's powers they are kept, and nothing is said.
    let output = place.run(&["backup", "copy-folder"]);
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
    let kept = place.backups("files", "").pop().unwrap();
    assert_eq!(kept.join("upload/one").metadata().unwrap().uid(), 1234);
    assert_eq!(kept.join("upload/a b").metadata().unwrap().gid(), 1234);
    std::fs::remove_dir_all(kept).unwrap();

    let powers = "-chown,-dac_override,-dac_read_search";
    program(
        &place.at("bin/squashed"),
        &format!("exec setpriv --inh-caps={powers} --bounding-set={powers} backup copy-folder"),
    );
    let squashed = ["squashed"];
    program(&place.at("bin/rsync"), "echo >>\"$COPIES\"; PATH=${PATH#*:}; exec rsync \"$@\"");
    let copies = place.at("copies");
    place.set("COPIES", &copies);
    is_copied_without_owners(&place, &squashed);
    assert_eq!(
        std::fs::read_to_string(copies).unwrap().lines().count(),
        2,
        "a whole copy was made and thrown away"
    );
    let backups = place.backups("files", "");
    assert_eq!(backups[1].join("upload/one").metadata().unwrap().uid(), 0);
    // A file that cannot be read is none that is lost in silence.
    let unreadable = files.join("upload/unreadable");
    std::fs::write(&unreadable, "new").unwrap();
    std::os::unix::fs::chown(&unreadable, Some(1234), Some(1234)).unwrap();
    std::fs::set_permissions(&unreadable, std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = place.run(&squashed);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("was not copied whole"), "{}", said(&output));
    assert_eq!(place.backups("files", ""), backups);
}

#[test]
fn the_name_of_a_folder_is_only_a_name() {
    if !here(&["rsync"]) {
        return;
    }
    for name in ["-a b", "--delete", "it's \"x\" $(touch here)", "host:path", "new\nline", "*", "rsync://x"] {
        let mut place = Place::called(&format!("to {name}"));
        let source = place.at("files").join(name);
        std::fs::create_dir_all(&source).unwrap();
        std::fs::write(source.join(name.replace('/', "_")), "good").unwrap();
        place.set("SOURCE", &source).set("NAME", name.replace('/', "_"));
        for _ in 0..2 {
            assert_eq!(tree(&place.backup("copy-folder")), tree(&source), "{name}");
        }
        assert!(!place.at("here").exists());
    }
}

// Postgres.

/// Its superuser and its container, which have names that a person might choose.
const USER: &str = "im mich";
const CONTAINER: &str = "immich-postgres";

/// A database with a name that is none of a shell, of SQL or of a connection string.
const HOSTILE: &str = "we\"ird'; drop=$(touch here) \\";

/// The folder of Debian's newest Postgres, whose server is not on the PATH, or that of the one that is.
fn postgres_programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().join("bin"))
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").expect("there is a PATH");
    found.extend(std::env::split_paths(&path));
    found.retain(|folder| {
        ["initdb", "postgres", "pg_dump", "psql"].iter().all(|name| folder.join(name).exists())
    });
    if found.is_empty() {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "postgresql is not installed");
        println!("skipped: postgresql is not installed");
    }
    found.into_iter().next()
}

/// A Postgres of its own, which only listens on a socket in a folder.
struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    /// What starts it.
    server: Command,
    running: Child,
}

impl Postgres {
    fn new() -> Option<Postgres> {
        let programs = postgres_programs()?;
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        // It does not run as root, and it ends with the test, however that ends.
        let command = |name: &str| {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "QUIT"]);
            if rustix::process::geteuid().is_root() {
                command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
            }
            command.arg(programs.join(name)).arg("-D").arg(&data).current_dir(folder.path());
            command
        };
        if rustix::process::geteuid().is_root() {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            for path in [folder.path(), &data] {
                std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
            }
        }
        let mut initdb = command("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", USER]);
        let output = initdb.output().expect("initdb runs");
        assert!(output.status.success(), "{}", said(&output));
        let mut server = command("postgres");
        server.args([
            "-c",
            "fsync=off",
            "-c",
            "listen_addresses=",
            "-c",
            "max_prepared_transactions=4",
            "-k",
        ]);
        server.arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = server.spawn().unwrap();
        let postgres = Postgres { folder, programs, server, running };
        wait_for(|| postgres.psql("postgres", "SELECT 1").output().unwrap().status.success());
        Some(postgres)
    }

    fn stop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.running);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::QUIT);
        let _ = self.running.wait();
    }

    /// Starts it again, and does not wait for it.
    fn boot(&mut self) {
        self.running = self.server.spawn().unwrap();
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        command.env("PGHOST", self.folder.path()).env("PGUSER", USER).env("PGDATABASE", database);
        command
    }

    /// Runs SQL, and gives back what it says.
    fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql).output().expect("psql runs");
        assert!(output.status.success(), "{sql}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn create(&self, database: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {}", quoted(database)));
    }

    /// Makes a database with what has to be in a backup.
    fn fill(&self, database: &str) {
        self.create(database);
        self.sql(
            database,
            "CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm;
             CREATE TABLE album (id serial PRIMARY KEY, name text NOT NULL, tags hstore);
             INSERT INTO album (name, tags) SELECT 'album ' || i, hstore('n', i::text) FROM generate_series(1, 500) i;
             CREATE SCHEMA \"sch ema\";
             CREATE TABLE \"sch ema\".asset (id int PRIMARY KEY, album int REFERENCES album, path text, content bytea);
             INSERT INTO \"sch ema\".asset SELECT i, 1 + i % 500, E'it''s\\t\\\\ \\n ü ' || i,
                 decode(md5(i::text) || md5((-i)::text), 'hex') FROM generate_series(1, 3000) i;
             CREATE INDEX ON album USING gin (name gin_trgm_ops);
             CREATE VIEW counted AS SELECT count(*) FROM \"sch ema\".asset;
             CREATE TABLE empty (nothing int);
             SELECT lo_from_bytea(4711, decode(repeat('c0ffee', 20000), 'hex'));",
        );
    }

    /// All that `fill` wrote, in short.
    fn contents(&self, database: &str) -> String {
        self.sql(
            database,
            "SELECT count(*), md5(string_agg(a::text, ',' ORDER BY id)) FROM album a;
             SELECT count(*), md5(string_agg(a::text, ',' ORDER BY id)) FROM \"sch ema\".asset a;
             SELECT md5(lo_get(4711)), count(*) FROM pg_largeobject_metadata; SELECT * FROM counted, empty;
             SELECT nextval('album_id_seq') > 500; SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension;
             SELECT string_agg(indexdef, ',' ORDER BY indexdef) FROM pg_indexes WHERE tablename IN ('album', 'asset');
             SELECT count(*) FROM pg_constraint WHERE contype = 'f'",
        )
    }

    /// All databases but Postgres' own, by name.
    fn databases(&self) -> Vec<String> {
        let all = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY datname";
        self.sql("postgres", all).lines().map(str::to_owned).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A place with stand-ins for podman and systemctl in front of a Postgres. As in a container nothing of the
/// environment goes in but what is said, and standard input only where it is asked for. What is in the file
/// `fault` is done in place of the command, which it finds in its arguments.
fn in_front_of(postgres: &Postgres, database: &str) -> Place {
    let mut place = Place::new();
    place.set("CONTAINER", CONTAINER).set("DATABASE", database).set("DATABASE_USER", USER);
    place.set("UNITS", "podman-ml.service podman-server.service").set("READY_WITHIN", "0");
    place.with_systemctl();
    program(
        &place.at("bin/podman"),
        &format!(
            "set -euo pipefail
             if [ \"$*\" = 'container inspect --format {{{{.State.Running}}}} -- {CONTAINER}' ]; then
                 if [ -e \"$HERE/down\" ]; then echo false; else echo true; fi
                 exit
             fi
             [ \"$1\" = exec ]; shift
             environment=(PGHOST='{socket}' PATH='{programs}':/usr/bin:/bin)
             input=no
             while [ \"$1\" != -- ]; do
                 case $1 in
                     --interactive) input=yes ;;
                     --env) environment+=(\"$2\"); shift ;;
                     *) exit 125 ;;
                 esac
                 shift
             done
             [ \"$2\" = {CONTAINER} ]; shift 2
             [ $input = yes ] || exec </dev/null
             run() {{ env -i \"${{environment[@]}}\" \"$@\"; }}
             if [ -e \"$HERE/fault\" ]; then . \"$HERE/fault\"; fi
             run \"$@\"",
            socket = postgres.folder.path().display(),
            programs = postgres.programs.display(),
        ),
    );
    place
}

impl Place {
    /// A stand-in for systemctl. A unit is active unless a file of its name says what it is; what is in
    /// `on-systemctl` is done when systemctl is to change something.
    fn with_systemctl(&mut self) {
        let (lock, here) = (self.at("restore.lock"), self.folder.path().to_path_buf());
        self.set("LOCK", lock).set("HERE", here);
        program(
            &self.at("bin/systemctl"),
            "if [ \"$1\" = is-active ]; then
                 state=active
                 [ ! -e \"$HERE/$3\" ] || state=$(<\"$HERE/$3\")
                 echo \"$state\"
                 [ \"$state\" = active ] && exit 0 || exit 3
             fi
             echo \"$*\" >>\"$HERE/systemctl.log\"
             if [ -e \"$HERE/on-systemctl\" ]; then . \"$HERE/on-systemctl\"; fi",
        );
    }

    fn fault(&self, code: &str) -> &Place {
        std::fs::write(self.at("fault"), code).unwrap();
        self
    }

    /// What systemctl was asked for since the last time.
    fn systemctl(&self) -> String {
        let log = std::fs::read_to_string(self.at("systemctl.log")).unwrap_or_default();
        let _ = std::fs::remove_file(self.at("systemctl.log"));
        log
    }

    fn restores(&self, dump: &Path) -> String {
        let output = self.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(said(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Restores a dump, which has to fail for a reason.
    fn restore_fails(&self, dump: &Path, why: &str) {
        let output = self.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(why), "{why:?} is not in {}", said(&output));
        // Neither bash nor Postgres says what nobody can do anything about.
        assert!(!said(&output).contains(": line ") && !said(&output).contains("NOTICE"), "{}", said(&output));
    }
}

const STOPPED_AND_STARTED: &str =
    "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service podman-server.service\n";

#[test]
fn a_backup_restores_into_an_empty_postgres_with_every_row() {
    let (Some(first), Some(empty)) = (Postgres::new(), Postgres::new()) else { return };
    for database in ["immich", HOSTILE, "postgresql://x/y", "-d a=b 데이터", &"long".repeat(15)] {
        first.fill(database);
        let place = in_front_of(&first, database);
        let dump = place.backup("dump-postgres");
        assert_eq!(dump.metadata().unwrap().mode() & 0o7777, 0o600);
        let restore = in_front_of(&empty, database);
        restore.restores(&dump);
        assert_eq!(empty.contents(database), first.contents(database), "{database}");
        assert!(!place.at("here").exists() && !restore.at("here").exists());
        assert_eq!(restore.systemctl(), STOPPED_AND_STARTED);
        assert!(empty.databases().contains(&database.to_owned()), "{:?}", empty.databases());
    }
    assert_eq!(empty.databases().len(), 5);
    // Also over one that is there: what it was is kept.
    for (database, all) in [("immich", 6), (&"long".repeat(15), 7)] {
        in_front_of(&empty, database).restores(&in_front_of(&first, database).backup("dump-postgres"));
        assert_eq!(empty.contents(database), first.contents(database), "{database}");
        assert_eq!(empty.databases().len(), all);
    }
}

#[test]
fn a_dump_that_is_cut_short_anywhere_is_no_backup() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let mut place = in_front_of(&postgres, "immich");
    place.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    let whole = place.backup("dump-postgres").metadata().unwrap().len();
    for backup in place.backups("database", ".dump") {
        std::fs::remove_file(backup).unwrap();
    }
    place.old("database-2001-01-01T000000.dump");
    for length in [0, 1, 5, 100, 3000, whole / 2, whole - 1000, whole - 6, whole - 5, whole - 4, whole - 1] {
        for (status, why) in
            [(0, "cannot be read to its end"), (1, "pg_dump of database"), (137, "pg_dump of database")]
        {
            place.fault(&format!(
                "if [ \"$1\" = pg_dump ]; then run \"$@\" | {{ head -c {length}; cat >/dev/null; }}; exit {status}; fi"
            ));
            place.fails("dump-postgres", why);
        }
    }
    // What is whole but was not ended well is no backup either, nor what cannot be read back.
    place.fault("if [ \"$1\" = pg_dump ]; then run \"$@\"; exit 1; fi").fails("dump-postgres", "pg_dump of");
    place.fault("if [ \"$1\" = pg_restore ]; then exit 125; fi").fails("dump-postgres", "to its end");
    std::fs::remove_file(place.at("fault")).unwrap();
    place.set("DATABASE", "missing").fails("dump-postgres", "does not exist");
    place.set("DATABASE", "postgres").fails("dump-postgres", "has no tables");
    place.set("CONTAINER", "missing").fails("dump-postgres", "Postgres in container missing is not ready");
    place.set("CONTAINER", CONTAINER).set("DATABASE", "immich").backup("dump-postgres");
    assert_eq!(place.backups("database", ".dump").len(), 1);
}

#[test]
fn a_dump_that_may_not_grow_is_as_a_full_disk() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let place = in_front_of(&postgres, "immich");
    place.old("database-2001-01-01T000000.dump");
    for before in ["trap '' XFSZ; ", ""] {
        program(&place.at("bin/limited"), &format!("{before}ulimit -f 8; exec dump-postgres \"$@\""));
        place.fails("limited", "no backup of database was made");
    }
}

#[test]
fn a_dump_that_is_killed_leaves_the_last_good_backup() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let place = in_front_of(&postgres, "immich");
    let old = place.old("database-2001-01-01T000000.dump");
    for length in [0, 2000, 50_000] {
        place.fault(&format!(
            "if [ \"$1\" = pg_dump ]; then run \"$@\" | {{ head -c {length}; touch \"$HERE/begun\"; sleep 100; }}; fi"
        ));
        for group in [true, false] {
            let mut child = place.command(&["backup", "dump-postgres"]).process_group(0).spawn().unwrap();
            wait_for(|| place.at("begun").exists());
            std::fs::remove_file(place.at("begun")).unwrap();
            if !group {
                // The lock is not held by what podman leaves behind.
                child.kill().unwrap();
                assert_eq!(place.backups("database", ".dump"), std::slice::from_ref(&old));
                place.fault("if [ \"$1\" = pg_dump ]; then exit 1; fi");
                let output = place.run(&["backup", "dump-postgres"]);
                assert!(said(&output).contains("pg_dump of"), "{}", said(&output));
            }
            kill_group(&mut child);
            assert_eq!(place.backups("database", ".dump"), std::slice::from_ref(&old));
        }
    }
    std::fs::remove_file(place.at("fault")).unwrap();
    place.backup("dump-postgres");
    assert!(old.exists());
}

#[test]
fn a_postgres_that_is_booting_is_waited_for() {
    let Some(mut postgres) = Postgres::new() else { return };
    postgres.fill(HOSTILE);
    let mut place = in_front_of(&postgres, HOSTILE);
    // Each program of Postgres, and all that it was given.
    place.fault("printf '%s\\0' \"$1 ${environment[*]}\" >>\"$HERE/asked\"");
    let asked = |place: &Place| {
        let text = std::fs::read_to_string(place.at("asked")).unwrap_or_default();
        let calls: Vec<String> = text.split_terminator('\0').map(str::to_owned).collect();
        calls
    };
    postgres.stop();
    place.set("READY_WITHIN", "60");
    let waits = place.command(&["backup", "dump-postgres"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| asked(&place).len() > 1);
    assert!(asked(&place).iter().all(|call| call.starts_with("pg_isready ")), "{:?}", asked(&place));
    postgres.boot();
    let output = waits.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(place.backups("database", ".dump").len(), 1);
    // It is asked for where and as whom the dump is made, or it would wait for something else.
    let calls = asked(&place);
    let of = |program: &str| calls.iter().find_map(|call| call.strip_prefix(program)).expect("it was called");
    assert!(of("pg_dump ").contains("PGDATABASE=we\"ird"), "{calls:?}");
    assert_eq!(of("pg_isready "), of("pg_dump "));
}

#[test]
fn a_postgres_that_never_gets_ready_is_given_up() {
    let Some(mut postgres) = Postgres::new() else { return };
    postgres.fill("immich");
    let mut place = in_front_of(&postgres, "immich");
    place.old("database-2001-01-01T000000.dump");
    postgres.stop();
    let start = Instant::now();
    place.set("READY_WITHIN", "02");
    place.fails("dump-postgres", "Postgres in container immich-postgres is not ready after 2 seconds");
    place.fails("dump-postgres", "no response");
    assert!(start.elapsed() >= Duration::from_secs(4), "{:?}", start.elapsed());
    // One that is there and refuses, as it does while it recovers.
    postgres.boot();
    place.fault("if [ \"$1\" = pg_isready ]; then echo rejecting connections; exit 1; fi");
    place.set("READY_WITHIN", "1").fails("dump-postgres", "(rejecting connections)");
    for wrong in ["soon", "-1", "a[$(touch here)]"] {
        place.set("READY_WITHIN", wrong).fails("dump-postgres", "READY_WITHIN is not a number");
    }
    assert!(!place.at("here").exists());
}

/// A database, a dump of it, and then a change of it.
fn changed_since(postgres: &Postgres, database: &str) -> (Place, PathBuf) {
    postgres.fill(database);
    let place = in_front_of(postgres, database);
    let dump = place.backup("dump-postgres");
    postgres.sql(database, "DELETE FROM \"sch ema\".asset WHERE id > 10; CREATE TABLE since AS SELECT 1");
    (place, dump)
}

#[test]
fn a_restore_that_fails_leaves_the_present_database_alone() {
    let Some(postgres) = Postgres::new() else { return };
    let (mut place, dump) = changed_since(&postgres, HOSTILE);
    let present = postgres.contents(HOSTILE);
    let whole = std::fs::read(&dump).unwrap();
    let cut = place.at("cut");
    let check = |place: &Place, dump: &Path, why: &str, calls: &str| {
        place.restore_fails(dump, why);
        assert_eq!(postgres.databases(), [HOSTILE], "{why}");
        assert_eq!(postgres.contents(HOSTILE), present, "{why}");
        assert_eq!(place.systemctl(), calls, "{why}");
    };
    // Nothing has begun yet.
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&cut, &whole[..length]).unwrap();
        check(&place, &cut, "no whole dump", "");
    }
    check(&place, &place.at("missing"), &format!("there is no {}\n", place.at("missing").display()), "");
    check(&place, &place.at("bin"), "no file that can be read", "");
    let lock = place.at("restore.lock");
    place.set("LOCK", "/no/such/folder/lock");
    check(&place, &dump, "run this as root", "");
    place.set("LOCK", lock);
    std::fs::write(place.at("down"), "").unwrap();
    check(&place, &dump, "start it", "");
    std::fs::remove_file(place.at("down")).unwrap();
    place.set("CONTAINER", "other");
    check(&place, &dump, "start it", "");
    place.set("CONTAINER", CONTAINER);

    // There is no new database, or it comes into that and no further.
    place.fault("if [ \"$1\" = psql ]; then sql=$(cat); case $sql in *'CREATE DATABASE'*) exit 1 ;; esac; run \"$@\" <<<\"$sql\"; exit; fi");
    check(&place, &dump, "no new database could be made", "");
    place.fault("case \"$*\" in *exit-on-error*) head -c 60000 | run \"$@\" || exit 1 ;; esac");
    check(&place, &dump, "pg_restore failed", "");
    place.fault("case \"$*\" in *exit-on-error*) run \"$@\"; exit 137 ;; esac");
    check(&place, &dump, "pg_restore failed", "");
    place.fault("case \"$*\" in *exit-on-error*) cat >/dev/null; exit 0 ;; esac");
    check(&place, &dump, "no tables", "");
    std::fs::remove_file(place.at("fault")).unwrap();

    // The units do not stop, or the names do not change.
    std::fs::write(place.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
    check(&place, &dump, "could be stopped", STOPPED_AND_STARTED);
    std::fs::remove_file(place.at("on-systemctl")).unwrap();
    for statement in ["ALTER DATABASE :\"new\"", "COMMIT", "SELECT format('ALTER DATABASE %I RENAME", "BEGIN"]
    {
        std::fs::write(place.at("statement"), statement).unwrap();
        place.fault(
            "if [ \"$1\" = psql ]; then
                 statement=$(<\"$HERE/statement\") sql=$(cat)
                 case $sql in *RENAME*) sql=${sql/\"$statement\"/\"SELECT 1/0; $statement\"} ;; esac
                 run \"$@\" <<<\"$sql\"
                 exit
             fi",
        );
        check(&place, &dump, "the present one is as it was", STOPPED_AND_STARTED);
    }
    std::fs::remove_file(place.at("fault")).unwrap();
    place.restores(&dump);
    assert_eq!(postgres.sql(HOSTILE, "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn a_restore_whose_last_word_is_lost_is_known_to_be_done() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    place.fault(
        "if [ \"$1\" = psql ]; then
             sql=$(cat)
             run \"$@\" <<<\"$sql\"
             case $sql in *'RENAME TO :'*) exit 1 ;; *) exit ;; esac
         fi",
    );
    let output = place.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(postgres.databases().len(), 2);
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
    let before = &postgres.databases()[1];
    assert_eq!(postgres.sql(before, "SELECT count(*) FROM \"sch ema\".asset"), "10");
}

#[test]
fn somebody_who_comes_back_before_the_renaming_is_ended_again() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    place.fault(
        "if [ \"$1\" = psql ]; then
             sql=$(cat)
             case $sql in *'RENAME TO :'*)
                 if mkdir \"$HERE/back\" 2>/dev/null; then sql=${sql/BEGIN/'SELECT 1/0; BEGIN'}; fi ;;
             esac
             run \"$@\" <<<\"$sql\"
             exit
         fi",
    );
    let output = place.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert!(output.status.success() && place.at("back").exists(), "{}", said(&output));
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn a_restore_that_is_ended_puts_all_back() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    let present = postgres.contents("immich");
    for (at, calls) in [("*exit-on-error*", ""), ("*psql*", STOPPED_AND_STARTED)] {
        place.fault(&format!(
            "case \"$*\" in {at})
                 if [ '{at}' = '*exit-on-error*' ] || [ -e \"$HERE/systemctl.log\" ]; then
                     if [ ! -e \"$HERE/begun\" ]; then touch \"$HERE/begun\"; sleep 1; exit 1; fi
                 fi ;;
             esac"
        ));
        let child = place
            .command(&["restore-postgres", "--yes", dump.to_str().unwrap()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(|| place.at("begun").exists());
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
        std::fs::remove_file(place.at("begun")).unwrap();
        assert_eq!(place.systemctl(), calls);
        assert_eq!(postgres.databases(), ["immich"]);
        assert_eq!(postgres.contents("immich"), present);
    }
}

#[test]
fn a_restore_asks_before_it_does_anything() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    let present = postgres.contents("immich");
    let dump = dump.to_str().unwrap();
    // Nobody to ask.
    place.fault("touch \"$HERE/asked\"");
    let output = place.run(&["restore-postgres", dump]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nothing was done, say --yes"), "{}", said(&output));
    assert!(!place.at("asked").exists());
    for words in
        [&["restore-postgres"][..], &["restore-postgres", "--yes"], &["restore-postgres", "--yes", "a", "b"]]
    {
        assert_eq!(place.run(words).status.code(), Some(2));
    }
    if !here(&["script"]) {
        return;
    }
    for (answer, code) in [("no", 1), ("", 1), ("y", 1), ("yes", 0)] {
        assert_eq!(
            (postgres.databases(), postgres.contents("immich")),
            (vec!["immich".to_owned()], present.clone())
        );
        program(
            &place.at("bin/at-a-terminal"),
            "script --quiet --return --command \"restore-postgres '$1'\" /dev/null",
        );
        let mut child = place
            .command(&["at-a-terminal", dump])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The terminal's end is no answer, and has to come after it.
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{stdout}");
        for part in ["stop podman-ml.service podman-server.service", "rename it to immich_before_", "Go on?"]
        {
            assert!(stdout.contains(part), "{part} is not in {stdout}");
        }
        assert_eq!(place.systemctl(), if code == 0 { STOPPED_AND_STARTED } else { "" });
    }
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn a_restore_wants_every_extension_of_the_present_database() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    postgres.sql("immich", "CREATE EXTENSION cube; CREATE EXTENSION earthdistance");
    let output = place.run(&["restore-postgres", "--yes", dump.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("does not bring: cube, earthdistance."), "{said}");
    assert_eq!(postgres.databases(), ["immich"]);
    assert_eq!(place.systemctl(), "");
    // The command that it names goes on.
    let (_, command) = said.trim_end().split_once("go on with: restore-postgres.sh ").expect(&said);
    program(&place.at("bin/go-on"), &format!("restore-postgres --yes {command}"));
    let output = place.run(&["go-on"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
    // One that the present database lacks is as well.
    postgres.sql("immich", "DROP EXTENSION pg_trgm CASCADE");
    std::thread::sleep(Duration::from_millis(1100));
    place.restores(&dump);
}

#[test]
fn sessions_in_the_present_database_are_ended_and_it_is_kept() {
    let Some(postgres) = Postgres::new() else { return };
    let (mut place, dump) = changed_since(&postgres, "immich");
    place.set("UNITS", "");
    let mut session = postgres.psql("immich", "SELECT pg_sleep(100)").stderr(Stdio::null()).spawn().unwrap();
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)'";
    wait_for(|| postgres.sql("postgres", sessions) == "1");
    let said = place.restores(&dump);
    assert!(!session.wait().unwrap().success());
    let databases = postgres.databases();
    assert_eq!(databases.len(), 2);
    assert!(databases[1].starts_with("immich_before_") && said.contains(&databases[1]), "{said}");
    assert_eq!(postgres.sql(&databases[1], "SELECT count(*) FROM \"sch ema\".asset"), "10");
    assert_eq!(place.systemctl(), "");
    // As it is said, so it can be dropped.
    let command = said
        .lines()
        .last()
        .unwrap()
        .trim()
        .replace("podman exec 'immich-postgres'", "podman exec -- immich-postgres");
    program(&place.at("bin/drop"), &command);
    assert!(place.run(&["drop"]).status.success(), "{command}");
    assert_eq!(postgres.databases(), ["immich"]);
}

#[test]
fn a_database_is_restored_with_its_owner_its_locale_and_its_settings() {
    let Some(postgres) = Postgres::new() else { return };
    postgres.sql("postgres", "CREATE ROLE \"ow ner\"; CREATE ROLE reader");
    let locale = postgres.psql(
        "postgres",
        "CREATE DATABASE immich TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' OWNER \"ow ner\" CONNECTION LIMIT 50",
    );
    let icu = { locale }.output().unwrap().status.success();
    if !icu {
        postgres.sql("postgres", "CREATE DATABASE immich OWNER \"ow ner\"");
    }
    postgres.sql(
        "immich",
        "CREATE TABLE t AS SELECT 1 AS one; ALTER TABLE t OWNER TO \"ow ner\"; GRANT SELECT ON t TO reader;
         ALTER DATABASE immich SET search_path TO \"$user\", public, 'x y', ''; ALTER DATABASE immich SET vchordrq.probes TO '1';
         ALTER DATABASE immich SET \"TimeZone\" TO 'Asia/Seoul'; ALTER DATABASE immich SET default_transaction_read_only TO on;
         ALTER ROLE reader IN DATABASE immich SET work_mem TO '7MB';
         REVOKE ALL ON DATABASE immich FROM PUBLIC; GRANT CONNECT ON DATABASE immich TO reader WITH GRANT OPTION",
    );
    let about = || {
        postgres.sql(
            "immich",
            "SELECT to_jsonb(d) - 'oid' - 'datfrozenxid' - 'datminmxid' - 'datacl', (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a),
                 (SELECT array_agg(setrole || s ORDER BY s) FROM pg_db_role_setting, unnest(setconfig) s WHERE setdatabase = d.oid)
             FROM pg_database d WHERE datname = current_database();
             SELECT relowner::regrole, relacl FROM pg_class WHERE relname = 't'",
        )
    };
    let place = in_front_of(&postgres, "immich");
    let dump = place.backup("dump-postgres");
    let before = about();
    assert!(before.contains("vchordrq.probes=1") && before.contains("work_mem=7MB"), "{before}");
    place.restores(&dump);
    assert_eq!(about(), before);
    // A role that is not there is named, and nothing has happened.
    let Some(other) = Postgres::new() else { return };
    let restore = in_front_of(&other, "immich");
    restore.restore_fails(&dump, "ow ner");
    restore.restore_fails(&dump, "CREATE ROLE");
    assert_eq!(other.databases(), [""; 0]);
}

#[test]
fn of_two_restores_one_waits_for_nothing() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    place.fault(
        "touch \"$HERE/begun\"; for _ in {1..500}; do [ ! -e \"$HERE/go\" ] || break; sleep 0.02; done",
    );
    let first =
        place.command(&["restore-postgres", "--yes", dump.to_str().unwrap()]).stdout(Stdio::null()).spawn();
    wait_for(|| place.at("begun").exists());
    place.restore_fails(&dump, "another restore is at work");
    std::fs::write(place.at("go"), "").unwrap();
    assert!(first.unwrap().wait().unwrap().success());
    assert_eq!(postgres.databases().len(), 2);
}

#[test]
fn units_that_do_not_start_again_are_told() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    std::fs::write(place.at("on-systemctl"), "[ \"$1\" != start ]").unwrap();
    place.restore_fails(&dump, "could be started");
    assert_eq!(place.systemctl(), STOPPED_AND_STARTED);
    assert_eq!(postgres.sql("immich", "SELECT count(*) FROM \"sch ema\".asset"), "3000");
}

#[test]
fn only_units_that_ran_are_started_again() {
    let Some(postgres) = Postgres::new() else { return };
    let (place, dump) = changed_since(&postgres, "immich");
    // One that fails and is tried again is one that is to run.
    std::fs::write(place.at("podman-ml.service"), "activating").unwrap();
    std::fs::write(place.at("podman-server.service"), "inactive").unwrap();
    let calls = "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service\n";
    std::fs::write(place.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
    place.restore_fails(&dump, "could be stopped");
    assert_eq!(place.systemctl(), calls);
    std::fs::remove_file(place.at("on-systemctl")).unwrap();
    let said = place.restores(&dump);
    assert_eq!(place.systemctl(), calls);
    assert!(
        said.ends_with("did not run before. To start it: systemctl start podman-server.service\n"),
        "{said}"
    );
    std::fs::write(place.at("podman-ml.service"), "failed").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    place.restores(&dump);
    assert_eq!(place.systemctl(), "stop -- podman-ml.service podman-server.service\n");
}
