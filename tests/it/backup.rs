//! The backup scripts with a real SQLite and rsync: the last good backup survives every failure.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::common::folder::{names, tree};
use crate::common::sandbox::{Sandbox, kill_group, skipped, sqlite, stderr, wait_for, with_mounts};
use crate::common::scripts::{are_installed, program};

// The script `backup`, which runs a producer.

#[test]
fn only_the_owner_can_read_a_backup() {
    let mut sandbox = Sandbox::new();
    sandbox.set_producer("echo good >\"$1\"");
    let backup = sandbox.backup("produce");
    assert_eq!(backup.metadata().unwrap().mode() & 0o7777, 0o600);
    assert_eq!(sandbox.target.metadata().unwrap().mode() & 0o7777, 0o700);
    assert_eq!(std::fs::read_to_string(&backup).unwrap(), "good\n");
    // Also if the producer sets another mode, and without a suffix.
    sandbox.set("SUFFIX", "").set_producer("echo good >\"$1\"; chmod 0644 \"$1\"");
    assert_eq!(sandbox.backup("produce").metadata().unwrap().mode() & 0o7777, 0o600);
    // An existing folder keeps its mode, and a warning is printed.
    std::fs::set_permissions(&sandbox.target, std::fs::Permissions::from_mode(0o750)).unwrap();
    let output = sandbox.run(&["backup", "produce"]);
    assert!(output.status.success() && stderr(&output).contains("chmod 0700"), "{}", stderr(&output));
    assert_eq!(sandbox.target.metadata().unwrap().mode() & 0o7777, 0o750);
}

#[test]
fn the_producer_can_be_set_in_the_environment() {
    let mut sandbox = Sandbox::new();
    sandbox.set_producer("echo good >\"$1\"");
    sandbox.set("PRODUCER", "produce");
    let output = sandbox.run(&["backup"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(sandbox.backups("database", ".dump").len(), 1);
}

#[test]
fn a_failed_backup_changes_nothing() {
    let mut sandbox = Sandbox::new();
    sandbox.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    for (code, why) in [
        ("echo half >\"$1\"; exit 1", "produce failed"),
        ("mkdir \"$1\" \"$1-work\"; echo half >\"$1/a\"; kill -9 $$", "produce failed"),
        ("touch \"$1\"", "empty"),
        ("mkdir -p \"$1/a/b\"", "empty"),
        ("true", "neither a file nor a folder"),
        ("ln -s /etc/passwd \"$1\"", "neither a file nor a folder"),
        ("mkfifo \"$1\"", "neither a file nor a folder"),
    ] {
        // First without a folder, then with old backups that a good backup would prune.
        let _ = std::fs::remove_dir_all(&sandbox.target);
        sandbox.set_producer(code).backup_fails("produce", why);
        sandbox.add_old_backup("database-2001-01-01T000000.dump");
        sandbox.add_old_backup("database-2001-01-02T000000.dump");
        sandbox.backup_fails("produce", why);
    }
    sandbox.backup_fails("no-such-producer", "no-such-producer");
    sandbox.set_producer("echo good >\"$1\"").backup("produce");
    assert_eq!(sandbox.backups("database", ".dump").len(), 1);
}

#[test]
fn a_write_error_keeps_the_previous_backup() {
    let mut sandbox = Sandbox::new();
    sandbox.set("KEEP_AT_LEAST", "0");
    sandbox.add_old_backup("database-2001-01-01T000000.dump");
    sandbox.set_producer("echo good >\"$1\"");
    for tool in ["sync", "mv", "chmod", "find"] {
        program(&sandbox.at("bin").join(tool), &format!("echo {tool} fails >&2; exit 1"));
        sandbox.set_producer(if tool == "find" {
            "mkdir \"$1\"; echo good >\"$1/a\""
        } else {
            "echo good >\"$1\""
        });
        sandbox.backup_fails("produce", "");
        std::fs::remove_file(sandbox.at("bin").join(tool)).unwrap();
    }
    // The new backup is synced to the disk before an old one is pruned.
    program(&sandbox.at("bin/sync"), "if [ \"$1\" = --file-system ]; then exit 1; fi");
    let output = sandbox.set_producer("echo good >\"$1\"").run(&["backup", "produce"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(sandbox.backups("database", ".dump").len(), 2);
}

#[test]
fn invalid_parameters_are_refused_before_any_change() {
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
        let mut sandbox = Sandbox::new();
        sandbox.set(variable, value).set_producer("touch here");
        let output = sandbox.run(&["backup", "produce"]);
        assert_eq!(output.status.code(), Some(1), "{variable}={value}");
        assert_eq!(names(sandbox.folder.path()), ["bin"], "{variable}={value}");
    }
    // A number with a leading zero is not octal.
    let mut sandbox = Sandbox::new();
    let [young, old] =
        [7, 9].map(|days| sandbox.add_old_backup(&format!("database-{}.dump", days_ago(days))));
    sandbox
        .set("KEEP_DAYS", "08")
        .set("KEEP_AT_LEAST", "01")
        .set_producer("echo good >\"$1\"")
        .backup("produce");
    assert!(young.exists() && !old.exists());
}

#[test]
fn a_second_backup_at_the_same_time_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.set_producer(
        "touch \"$here/begun\"; for _ in {1..30000}; do [ ! -e \"$here/go\" ] || break; sleep 0.02; done; echo good >\"$1\"",
    );
    let first = sandbox.command(&["backup", "produce"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    let unfinished = sandbox.unfinished();
    let second = sandbox.run(&["backup", "produce"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("another run is active"), "{}", stderr(&second));
    assert_eq!(sandbox.unfinished(), unfinished, "the second took away what the first one works on");
    // A backup with another name is not blocked.
    let mut other = sandbox.command(&["backup", "other"]);
    program(&sandbox.at("bin/other"), "echo other >\"$1\"");
    assert!(other.env("NAME", "files").status().unwrap().success());
    std::fs::write(sandbox.at("go"), "").unwrap();
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", stderr(&first));
    assert_eq!(sandbox.backups("database", ".dump").len(), 1);
}

#[test]
fn a_killed_backup_does_not_count_and_is_removed_by_the_next_run() {
    let mut sandbox = Sandbox::new();
    sandbox.set("SUFFIX", "").set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "2");
    // There is much to prune, so that some runs are killed during the pruning.
    for day in 1..=4 {
        let folder = sandbox.target.join(format!("database-2001-01-0{day}T000000"));
        std::fs::create_dir_all(&folder).unwrap();
        for i in 0..60 {
            std::fs::write(folder.join(format!("{i}")), "whole").unwrap();
        }
    }
    // One run is killed while its producer runs, and then further runs at many different times.
    sandbox.set_producer("mkdir \"$1\"; touch \"$here/begun\"; sleep 100");
    let mut child = sandbox.command(&["backup", "produce"]).process_group(0).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    kill_group(&mut child);
    assert_eq!(sandbox.unfinished().len(), 1);
    sandbox.set_producer(
        "mkdir \"$1\" \"$1-work\"; for i in {0..59}; do printf whole >\"$1/$i\"; done; rmdir \"$1-work\"",
    );
    let (mut ended, mut broken) = (0, 0);
    for round in 0..40 {
        let mut child =
            sandbox.command(&["backup", "produce"]).process_group(0).stdout(Stdio::null()).spawn().unwrap();
        // The delay starts when the run has created its unfinished backup.
        wait_for(|| !sandbox.unfinished().is_empty() || child.try_wait().unwrap().is_some());
        std::thread::sleep(Duration::from_millis(round * 4));
        ended += usize::from(child.try_wait().unwrap().is_some());
        kill_group(&mut child);
        let backups = sandbox.backups("database", "");
        assert!(backups.len() >= 2, "{backups:?}");
        for backup in backups {
            assert_eq!(names(&backup).len(), 60, "{} is not whole", backup.display());
        }
        broken += usize::from(!sandbox.unfinished().is_empty());
        assert!(sandbox.unfinished().len() <= 3, "{:?}", sandbox.unfinished());
    }
    println!("{ended} ended, {broken} left something");
    sandbox.backup("produce");
    assert_eq!(sandbox.backups("database", "").len(), 2);
}

#[test]
fn a_producer_that_outlives_its_backup_blocks_the_next_run() {
    let sandbox = Sandbox::new();
    sandbox.set_producer("echo $$ >\"$here/begun\"; for _ in {1..30000}; do [ ! -e \"$here/go\" ] || break; sleep 0.02; done; touch \"$1-work\"; touch \"$here/ended\"");
    let mut child = sandbox.command(&["backup", "produce"]).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.backup_fails("produce", "another run is active");
    std::fs::write(sandbox.at("go"), "").unwrap();
    wait_for(|| sandbox.at("ended").exists());
    // The output of a failed run is removed too.
    sandbox.set_producer("echo good >\"$1\"");
    wait_for(|| sandbox.run(&["backup", "produce"]).status.success());
    assert_eq!(sandbox.unfinished(), [""; 0]);
}

/// The time `days` days ago, in the format of a backup's name.
fn days_ago(days: u32) -> String {
    let output = Command::new("date").arg(format!("--date={days} days ago")).arg("+%Y-%m-%dT%H%M%S").output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn old_backups_are_pruned_by_the_time_in_their_name_down_to_a_minimum() {
    let mut sandbox = Sandbox::new();
    sandbox.set_producer("echo good >\"$1\"");
    let all = [1, 5, 29, 31, 40, 400]
        .map(|days| sandbox.add_old_backup(&format!("database-{}.dump", days_ago(days))));
    let there = || all.iter().map(|path| path.exists()).collect::<Vec<bool>>();
    sandbox.set("KEEP_AT_LEAST", "6").backup("produce");
    assert_eq!(there(), [true, true, true, true, true, false], "the new one counts");
    sandbox.set("KEEP_AT_LEAST", "1").set("KEEP_DAYS", "35").backup("produce");
    assert_eq!(there(), [true, true, true, true, false, false]);
    sandbox.set("KEEP_DAYS", "30").backup("produce");
    assert_eq!(there(), [true, true, true, false, false, false]);
    sandbox.set("KEEP_AT_LEAST", "100").set("KEEP_DAYS", "0").backup("produce");
    assert_eq!(there(), [true, true, true, false, false, false]);
    // A backup from a clock that was ahead counts as the newest. The new backup is kept nevertheless.
    sandbox.add_old_backup("database-2999-01-01T000000.dump");
    sandbox.set("KEEP_AT_LEAST", "0").set_producer("echo last >\"$1\"");
    std::thread::sleep(Duration::from_millis(1100));
    assert!(sandbox.run(&["backup", "produce"]).status.success());
    let left = sandbox.backups("database", ".dump");
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(std::fs::read_to_string(&left[0]).unwrap(), "last\n");
}

#[test]
fn other_files_in_the_backup_folder_are_kept() {
    let mut sandbox = Sandbox::new();
    sandbox.set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "0").set_producer("echo good >\"$1\"");
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
        sandbox.add_old_backup(file);
    }
    symlink("/nowhere", sandbox.target.join("database-2001-01-02T000000.dump")).unwrap();
    let before = tree(&sandbox.target);
    for file in [
        "database-2001-01-01T000000.dump",
        ".database-2001-01-01T000000.partial",
        ".database-2001-01-03T000000.partial-work",
    ] {
        sandbox.add_old_backup(file);
    }
    let backup = sandbox.run(&["backup", "produce"]);
    assert!(backup.status.success(), "{}", stderr(&backup));
    let mut after = tree(&sandbox.target);
    after.retain(|_, (_, content)| content != b"good\n");
    after.remove(Path::new(".database.lock")).expect("a lock");
    assert_eq!(after, before);
}

#[test]
fn names_with_special_characters_are_taken_literally() {
    for (target, name, suffix) in [
        ("-rf", "-rf", ""),
        ("a b/c  d", "na me", ".du mp"),
        ("it's \"quoted\" $(touch here) `touch here`", "$(touch here)'\"", "\\"),
        ("new\nline", "new\nline", "\n"),
        ("*", "*", "[a-z]*"),
        ("ü ∞", "데이터", ".덤프"),
    ] {
        let mut sandbox = Sandbox::with_target(target);
        sandbox.set("NAME", name).set("SUFFIX", suffix).set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "1");
        sandbox.set_producer("echo good >\"$1\"");
        let kept = [sandbox.add_old_backup("x"), sandbox.add_old_backup("database-2001-01-01T000000.dump")];
        sandbox.add_old_backup(&format!("{name}-2001-01-01T000000{suffix}"));
        sandbox.add_old_backup(&format!(".{name}-2001-01-01T000000.partial"));
        let backup = sandbox.backup("produce");
        assert_eq!(sandbox.backups(name, suffix), [backup], "{target}");
        assert!(kept.iter().all(|path| path.exists()), "{target}");
        assert!(!sandbox.at("here").exists(), "{target}");
    }
}

#[test]
fn a_full_disk_keeps_the_last_good_backup() {
    if !are_installed(&["rsync", "sqlite3"]) {
        return;
    }
    let mut sandbox = Sandbox::with_target("disk/backups");
    sandbox.set("SUFFIX", "").set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "1");
    sandbox.set("SOURCE", sandbox.at("files"));
    sandbox.set("DATABASE_FILE", sandbox.at("a.db"));
    sandbox.set_producer("head -c 400000 /dev/urandom >\"$1\"");
    let Some(output) = with_mounts(
        &sandbox,
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
    assert!(output.status.success(), "{stdout}{}", stderr(&output));
}

// SQLite.

#[test]
fn an_sqlite_database_is_copied_consistently_during_writes() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    for mode in ["wal", "delete"] {
        let mut sandbox = Sandbox::new();
        sandbox.set("SUFFIX", ".sqlite");
        let database = sandbox.at("app.db");
        sandbox.set("DATABASE_FILE", &database);
        // Each transaction adds a row to both tables, so an inconsistent copy has different counts.
        sqlite(&database, &format!("PRAGMA journal_mode={mode}; CREATE TABLE a(i); CREATE TABLE b(i);"));
        sqlite(&database, "CREATE TABLE big AS SELECT randomblob(1000) FROM generate_series(1, 20000)");
        program(
            &sandbox.at("bin/write"),
            "for ((i = 0; ; i++)); do
                 [ -e \"$DATABASE_FILE\" ] || break
                 echo \"BEGIN IMMEDIATE; INSERT INTO a VALUES($i);\"
                 echo \"UPDATE big SET rowid = rowid WHERE rowid = 1 + $i % 20000; INSERT INTO b VALUES($i); COMMIT;\"
             done | sqlite3 -cmd '.timeout 60000' \"$DATABASE_FILE\"",
        );
        let mut writer = sandbox.command(&["write"]).process_group(0).stdout(Stdio::null()).spawn().unwrap();
        wait_for(|| sqlite(&database, "SELECT count(*) FROM a").parse::<u32>().unwrap() > 10);
        let mut seen = 0;
        for _ in 0..2 {
            let copy = sandbox.backup("copy-sqlite");
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
            names(&sandbox.target).into_iter().filter(|name| name.starts_with('.')).collect();
        assert_eq!(beside, [".database.lock"], "{mode}");
    }
}

#[test]
fn a_missing_damaged_or_locked_sqlite_database_is_not_backed_up() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let mut sandbox = Sandbox::new();
    sandbox.set("KEEP_AT_LEAST", "0");
    sandbox.add_old_backup("database-2001-01-01T000000.dump");
    for (file, why) in [
        ("missing.db", "the database does not exist"),
        ("empty.db", "the database does not exist"),
        ("relative", "absolute"),
    ] {
        let file = if file == "relative" { PathBuf::from(file) } else { sandbox.at(file) };
        sandbox.set("DATABASE_FILE", &file);
        if file.ends_with("empty.db") {
            std::fs::write(&file, "").unwrap();
        }
        sandbox.backup_fails("copy-sqlite", why);
        assert!(file.ends_with("empty.db") || !file.exists(), "it was made");
    }
    let database = sandbox.at("app.db");
    sandbox.set("DATABASE_FILE", &database);
    std::fs::write(&database, "no database".repeat(1000)).unwrap();
    sandbox.backup_fails("copy-sqlite", "could not be copied");
    // The database is deleted after the check for its existence.
    program(
        &sandbox.at("bin/mkdir"),
        "PATH=${PATH#*:}; mkdir \"$@\"; case $* in *-work) rm -- \"$DATABASE_FILE\" ;; esac",
    );
    sandbox.backup_fails("copy-sqlite", "could not be copied");
    assert!(!database.exists(), "it was made");
    std::fs::remove_file(sandbox.at("bin/mkdir")).unwrap();
    // A page in the middle is damaged.
    sqlite(
        &database,
        "CREATE TABLE t(i, b); CREATE INDEX x ON t(b); INSERT INTO t SELECT value, hex(randomblob(50)) FROM generate_series(1, 2000)",
    );
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x2a);
    std::fs::write(&database, &bytes).unwrap();
    sandbox.backup_fails("copy-sqlite", "is damaged");
    // Another process holds an exclusive lock for longer than the timeout.
    std::fs::remove_file(&database).unwrap();
    sqlite(&database, "CREATE TABLE t(i); INSERT INTO t VALUES(1);");
    program(
        &sandbox.at("bin/hold"),
        "(echo 'BEGIN EXCLUSIVE;'; echo '.shell touch held'; cat) | sqlite3 \"$DATABASE_FILE\"",
    );
    let mut holder = sandbox.command(&["hold"]).process_group(0).stdin(Stdio::piped()).spawn().unwrap();
    wait_for(|| sandbox.at("held").exists());
    program(
        &sandbox.at("bin/sqlite3"),
        "PATH=${PATH#*:}; for a; do shift; set -- \"$@\" \"${a/timeout 60000/timeout 300}\"; done; exec sqlite3 \"$@\"",
    );
    sandbox.backup_fails("copy-sqlite", "could not be copied");
    kill_group(&mut holder);
    sandbox.backup("copy-sqlite");
}

#[test]
fn an_sqlite_database_with_special_characters_in_its_path_is_copied() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    for name in
        ["-a b", "it's \"x\" $(touch here)", "a?mode=memory", "a#b%20c%", "new\nline", ".schema", ":memory:"]
    {
        let mut sandbox = Sandbox::with_target(name);
        std::fs::create_dir(sandbox.at("data")).unwrap();
        let database = sandbox.at("data").join(name);
        sandbox.set("DATABASE_FILE", &database).set("NAME", name.trim_start_matches('.'));
        let plain = sandbox.at("plain.db");
        sqlite(&plain, "CREATE TABLE t AS SELECT 'good' AS good");
        std::fs::rename(&plain, &database).unwrap();
        let copy = sandbox.backup("copy-sqlite");
        std::fs::rename(copy, &plain).unwrap();
        assert_eq!(sqlite(&plain, "SELECT good FROM t"), "good", "{name}");
        assert_eq!(names(&sandbox.at("data")), [name]);
        assert!(!sandbox.at("here").exists());
    }
}

// Folders.

/// A sandbox with a folder `files` to copy.
pub fn with_files() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let files = sandbox.at("files");
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
    sandbox.set("NAME", "files").set("SUFFIX", "").set("SOURCE", files);
    sandbox
}

#[test]
fn a_folder_is_copied_completely_and_unchanged_files_are_hard_links() {
    if !are_installed(&["rsync"]) {
        return;
    }
    let sandbox = with_files();
    let files = sandbox.at("files");
    let first = sandbox.backup("copy-folder");
    assert_eq!(tree(&first), tree(&files));
    let inode = |path: PathBuf| path.metadata().unwrap().ino();
    assert_eq!(inode(first.join("upload/one")), inode(first.join("upload/same")));
    assert_ne!(inode(first.join("upload/one")), inode(files.join("upload/one")));
    let time = |path: PathBuf| path.metadata().unwrap().modified().unwrap();
    assert_eq!(time(first.join(".hidden")), time(files.join(".hidden")));
    // The folder of the copy has the time of the backup, not of its source.
    let age = SystemTime::now().duration_since(time(first.clone())).unwrap_or_default();
    assert!(age < Duration::from_secs(24 * 60 * 60), "{age:?}");
    let before = tree(&first);

    std::fs::write(files.join("upload/a b/two"), "changed").unwrap();
    std::fs::remove_file(files.join("new\nline")).unwrap();
    let second = sandbox.backup("copy-folder");
    assert_ne!(first, second);
    assert_eq!(tree(&second), tree(&files));
    assert_eq!(tree(&first), before, "the earlier backup changed");
    assert_eq!(inode(second.join("upload/one")), inode(first.join("upload/one")));
    assert_ne!(inode(second.join("upload/a b/two")), inode(first.join("upload/a b/two")));
    // The second copy is complete without the first one.
    std::fs::remove_dir_all(&first).unwrap();
    assert_eq!(tree(&second), tree(&files));
}

#[test]
fn a_missing_or_empty_folder_is_not_backed_up() {
    if !are_installed(&["rsync"]) {
        return;
    }
    let mut sandbox = with_files();
    sandbox.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    std::fs::create_dir_all(sandbox.target.join("files-2001-01-01T000000")).unwrap();
    std::fs::write(sandbox.target.join("files-2001-01-01T000000/a"), "old").unwrap();
    std::fs::create_dir_all(sandbox.at("empty")).unwrap();
    std::fs::create_dir_all(sandbox.at("hollow/a/b")).unwrap();
    for (source, why) in [
        ("missing", "the folder to copy does not exist"),
        ("files/link", "the folder to copy does not exist"),
        ("empty", "check that its disk is mounted"),
        ("hollow", "is empty"),
        ("", "would be inside"),
        ("backups", "would be inside"),
    ] {
        sandbox.set("SOURCE", sandbox.at(source)).backup_fails("copy-folder", why);
    }
    sandbox.set("SOURCE", "files").backup_fails("copy-folder", "absolute");
}

#[test]
fn vanished_files_are_the_only_tolerated_rsync_failure() {
    if !are_installed(&["rsync"]) {
        return;
    }
    let mut sandbox = with_files();
    sandbox.set("KEEP_AT_LEAST", "0").set("KEEP_DAYS", "0");
    std::fs::create_dir_all(sandbox.target.join("files-2001-01-01T000000")).unwrap();
    std::fs::write(sandbox.target.join("files-2001-01-01T000000/a"), "old").unwrap();
    for status in [1, 3, 11, 12, 20, 23, 25, 30, 127, 137] {
        program(&sandbox.at("bin/rsync"), &format!("PATH=${{PATH#*:}}; rsync \"$@\"; exit {status}"));
        sandbox.backup_fails("copy-folder", "was not copied completely");
    }
    program(&sandbox.at("bin/rsync"), "PATH=${PATH#*:}; rsync \"$@\"; exit 24");
    let backup = sandbox.backup("copy-folder");
    assert_eq!(tree(&backup), tree(&sandbox.at("files")));
    assert_eq!(sandbox.backups("files", ""), [backup]);
}

#[test]
fn files_are_copied_to_a_disk_without_extended_attributes() {
    if !are_installed(&["rsync"]) {
        return;
    }
    let sandbox = with_files();
    program(
        &sandbox.at("bin/rsync"),
        "PATH=${PATH#*:}; case \"$*\" in *--xattrs*) rsync \"$@\"; exit 23 ;; *) exec rsync \"$@\" ;; esac",
    );
    let backup = sandbox.backup("copy-folder");
    assert_eq!(tree(&backup), tree(&sandbox.at("files")));
}

/// The warning about a copy without owners.
const WITHOUT_OWNERS: &str = "does not keep owners";

/// Two backups on a file system without owners: they are complete, share unchanged files, and a warning is printed.
fn is_copied_without_owners(sandbox: &Sandbox, command: &[&str]) {
    let files = sandbox.at("files");
    let mut inodes = Vec::new();
    for _ in 0..2 {
        let output = sandbox.run(command);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output).matches(WITHOUT_OWNERS).count(), 1, "{}", stderr(&output));
        let backup = sandbox.backups("files", "").pop().expect("a backup");
        assert_eq!(tree(&backup), tree(&files));
        assert_eq!(sandbox.unfinished(), [""; 0]);
        inodes.push(backup.join("upload/one").metadata().unwrap().ino());
    }
    assert_eq!(sandbox.backups("files", "").len(), 2);
    assert_eq!(inodes[0], inodes[1], "the second copy took the room of a whole one");
}

#[test]
fn a_folder_is_copied_without_owners_if_chown_is_not_permitted() {
    if !are_installed(&["rsync"]) {
        return;
    }
    // As on an NFS export with root_squash: a new file belongs to its writer, and chown is refused.
    let sandbox = with_files();
    program(&sandbox.at("bin/chown"), "exit 1");
    program(
        &sandbox.at("bin/rsync"),
        "PATH=${PATH#*:}; case \"$*\" in *--no-owner*--no-group*) exec rsync \"$@\" ;; *) rsync \"$@\"; exit 23 ;; esac",
    );
    is_copied_without_owners(&sandbox, &["backup", "copy-folder"]);
    // Also if only rsync's chown fails.
    let sandbox = with_files();
    program(&sandbox.at("bin/chown"), "exit 0");
    program(
        &sandbox.at("bin/rsync"),
        "PATH=${PATH#*:}; case \"$*\" in *--no-owner*--no-group*) exec rsync \"$@\" ;; *) rsync \"$@\"; exit 23 ;; esac",
    );
    let output = sandbox.run(&["backup", "copy-folder"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches(WITHOUT_OWNERS).count(), 1, "{}", stderr(&output));
    assert_eq!(tree(&sandbox.backups("files", "")[0]), tree(&sandbox.at("files")));
}

#[test]
fn root_without_chown_makes_a_backup_and_an_unreadable_file_fails_it() {
    if !are_installed(&["rsync"]) {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        skipped::<()>("only root can give files to others");
        return;
    }
    let mut sandbox = with_files();
    let files = sandbox.at("files");
    for (path, (owner, group)) in [
        ("upload/one", (1234, 1)),
        ("upload/a b", (1234, 1234)),
        (".hidden", (5, 5)),
        ("new\nline", (65534, 65534)),
    ] {
        std::os::unix::fs::chown(files.join(path), Some(owner), Some(group)).unwrap();
    }
    std::fs::set_permissions(files.join("upload/one"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // With all capabilities of root the owners are kept, and nothing is printed.
    let output = sandbox.run(&["backup", "copy-folder"]);
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    let kept = sandbox.backups("files", "").pop().unwrap();
    assert_eq!(kept.join("upload/one").metadata().unwrap().uid(), 1234);
    assert_eq!(kept.join("upload/a b").metadata().unwrap().gid(), 1234);
    std::fs::remove_dir_all(kept).unwrap();

    let powers = "-chown,-dac_override,-dac_read_search";
    program(
        &sandbox.at("bin/squashed"),
        &format!("exec setpriv --inh-caps={powers} --bounding-set={powers} backup copy-folder"),
    );
    let squashed = ["squashed"];
    program(&sandbox.at("bin/rsync"), "echo >>\"$COPIES\"; PATH=${PATH#*:}; exec rsync \"$@\"");
    let copies = sandbox.at("copies");
    sandbox.set("COPIES", &copies);
    is_copied_without_owners(&sandbox, &squashed);
    assert_eq!(
        std::fs::read_to_string(copies).unwrap().lines().count(),
        2,
        "a whole copy was made and thrown away"
    );
    let backups = sandbox.backups("files", "");
    assert_eq!(backups[1].join("upload/one").metadata().unwrap().uid(), 0);
    // An unreadable file fails the backup, and is not left out silently.
    let unreadable = files.join("upload/unreadable");
    std::fs::write(&unreadable, "new").unwrap();
    std::os::unix::fs::chown(&unreadable, Some(1234), Some(1234)).unwrap();
    std::fs::set_permissions(&unreadable, std::fs::Permissions::from_mode(0o600)).unwrap();
    let output = sandbox.run(&squashed);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("was not copied completely"), "{}", stderr(&output));
    assert_eq!(sandbox.backups("files", ""), backups);
}

#[test]
fn a_folder_with_special_characters_in_its_path_is_copied() {
    if !are_installed(&["rsync"]) {
        return;
    }
    for name in ["-a b", "--delete", "it's \"x\" $(touch here)", "host:path", "new\nline", "*", "rsync://x"] {
        let mut sandbox = Sandbox::with_target(&format!("to {name}"));
        let source = sandbox.at("files").join(name);
        std::fs::create_dir_all(&source).unwrap();
        std::fs::write(source.join(name.replace('/', "_")), "good").unwrap();
        sandbox.set("SOURCE", &source).set("NAME", name.replace('/', "_"));
        for _ in 0..2 {
            assert_eq!(tree(&sandbox.backup("copy-folder")), tree(&source), "{name}");
        }
        assert!(!sandbox.at("here").exists());
    }
}
