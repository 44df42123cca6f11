//! Backups that are stored in a restic repository alone, with a real restic: only a complete backup is a snapshot.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::backup::with_files;
use crate::common::folder::{names, tree};
use crate::common::sandbox::{Sandbox, kill_group, script, skipped, sqlite, stderr, wait_for, with_mounts};
use crate::common::scripts::{are_installed, program};

/// A sandbox with a repository, whose producer writes the file `dump`.
fn with_dump() -> Option<Sandbox> {
    let mut sandbox = Sandbox::new().with_repository()?;
    sandbox.set("PRODUCER", "produce");
    std::fs::write(sandbox.at("dump"), "first").unwrap();
    sandbox.set_producer("cp -- \"$here/dump\" \"$1\"");
    Some(sandbox)
}

/// A sandbox with a repository and a folder `files` to save. Only root can mount.
fn with_folder() -> Option<Sandbox> {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can save a folder");
    }
    let sandbox = with_files().with_repository()?;
    let probe = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "none", "/run"]).status();
    if !probe.unwrap().success() {
        return skipped("nothing may be mounted here");
    }
    Some(sandbox)
}

/// The content of the dump in a snapshot.
fn dumped(sandbox: &Sandbox, snapshot: &str) -> String {
    sandbox.restic(&["dump", snapshot, "/database.dump"])
}

// The dump of a database.

#[test]
fn a_dump_is_one_file_of_a_snapshot_and_stays_nowhere_else() {
    let Some(sandbox) = with_dump() else { return };
    sandbox.snapshot();
    let ids = sandbox.snapshots("database");
    assert_eq!(ids.len(), 1);
    let target = sandbox.restored(&ids[0]);
    assert_eq!(names(&target), ["database.dump"]);
    let meta = target.join("database.dump").metadata().unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o600, "others can read it");
    assert_eq!(dumped(&sandbox, "latest"), "first");
    // The smoke test reads the time in this name, and an update the ID.
    let first = sandbox.stamps();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].len(), "database-2026-07-03T053000.snapshot".len());
    let id = std::fs::read_to_string(sandbox.at("state").join(&first[0])).unwrap();
    assert!(ids[0].starts_with(id.trim()), "{id}");
    let check = format!("backup=36={}/database", sandbox.at("state").display());
    let output = Command::new("bash").arg(script("smoke-test")).arg(check).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains("backup database is 0 hours old"), "{stdout}{}", stderr(&output));
    // Names have a resolution of one second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    std::fs::write(sandbox.at("dump"), "second").unwrap();
    sandbox.snapshot();
    assert_eq!(sandbox.snapshots("database").len(), 2);
    assert_eq!(dumped(&sandbox, "latest"), "second");
    assert!(sandbox.stamps().len() == 1 && sandbox.stamps() > first, "{:?}", sandbox.stamps());
}

#[test]
fn a_failed_dump_makes_no_snapshot() {
    let Some(sandbox) = with_dump() else { return };
    sandbox.snapshot();
    for (code, why) in [
        ("echo half >\"$1\"; exit 1", "produce failed"),
        ("echo half >\"$1\"; mkdir \"$1-work\"; kill -9 $$", "produce failed"),
        ("touch \"$1\"", "wrote no file"),
        ("true", "wrote no file"),
        ("mkdir \"$1\"; echo >\"$1/a\"", "wrote no file"),
        ("ln -s /etc/passwd \"$1\"", "wrote no file"),
    ] {
        sandbox.set_producer(code).snapshot_fails(why);
    }
    assert_eq!(dumped(&sandbox, "latest"), "first");
}

#[test]
fn a_dump_that_fails_its_trial_is_kept_apart_and_no_good_snapshot_is_removed() {
    let Some(mut sandbox) = with_dump() else { return };
    sandbox.set("KEEP", "--keep-last 1");
    sandbox.snapshot();
    sandbox.set_producer("echo complete >\"$1\"; exit 99");
    for _ in 0..2 {
        sandbox.snapshot_fails("could not be restored on trial");
    }
    assert_eq!(dumped(&sandbox, &sandbox.snapshots("database")[0]), "first");
    let apart = sandbox.snapshots("database:not-restorable");
    assert_eq!(apart.len(), 1, "the rules are for them too");
    let kept = sandbox.restic(&["dump", &apart[0], "/database-not-restorable.dump"]);
    assert_eq!(kept, "complete\n");
}

#[test]
fn rules_remove_only_the_snapshots_of_this_backup_on_this_host() {
    let Some(mut sandbox) = with_dump() else { return };
    sandbox.snapshot();
    let dump = sandbox.at("dump").display().to_string();
    for (host, tag) in [("box", "database-2"), ("other", "database")] {
        for _ in 0..3 {
            sandbox.restic(&["backup", "--host", host, "--tag", tag, &dump]);
        }
    }
    sandbox.set("KEEP", "--keep-last 2");
    for _ in 0..3 {
        sandbox.snapshot();
    }
    assert_eq!(sandbox.snapshots("database-2").len(), 3);
    assert_eq!(sandbox.snapshots("database").len(), 3 + 2);
    // A failed removal is reported, and the new snapshot counts.
    sandbox.set("KEEP", "--keep-lust 2");
    let output = sandbox.run(&["snapshot"]);
    assert!(!output.status.success() && stderr(&output).contains("older ones could not be removed"));
    assert_eq!(sandbox.snapshots("database").len(), 3 + 3);
}

#[test]
fn a_repository_that_cannot_be_opened_is_reported_before_the_dump() {
    let Some(sandbox) = with_dump() else { return };
    sandbox.snapshot();
    sandbox.set_producer("touch \"$here/produced\"; exit 1");
    let before = tree(&sandbox.at("repository"));
    std::fs::write(sandbox.at("repository-password"), "wrong\n").unwrap();
    let output = sandbox.run(&["snapshot"]);
    assert!(stderr(&output).contains("the repository cannot be opened"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
    assert!(!sandbox.at("produced").exists());
    assert_eq!(tree(&sandbox.at("repository")), before);
}

#[test]
fn a_killed_run_leaves_no_partial_snapshot_and_the_next_one_works() {
    let Some(mut sandbox) = with_dump() else { return };
    sandbox.set("KEEP", "--keep-last 5");
    sandbox.snapshot();
    // While the dump is written.
    sandbox.set_producer("printf half >\"$1\"; touch \"$here/begun\"; sleep 100");
    let mut child = sandbox.command(&["snapshot"]).process_group(0).stderr(Stdio::null()).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    kill_group(&mut child);
    std::fs::remove_file(sandbox.at("begun")).unwrap();
    assert_eq!(sandbox.temporary(), ["work"]);
    assert_eq!(sandbox.snapshots("database").len(), 1);
    // Right after each call of restic, and before it.
    sandbox.set_producer("cp -- \"$here/dump\" \"$1\"");
    let calls = 4;
    for i in 0..2 * calls {
        std::fs::write(sandbox.at("dump"), format!("dump {i}")).unwrap();
        for file in ["called", "before"] {
            let _ = std::fs::remove_file(sandbox.at(file));
        }
        if i % 2 == 1 {
            std::fs::write(sandbox.at("before"), "").unwrap();
        }
        std::fs::write(sandbox.at("calls"), (i / 2).to_string()).unwrap();
        let mut child = sandbox.command(&["snapshot"]);
        let mut child = child.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for(|| sandbox.at("begun").exists());
        kill_group(&mut child);
        for folder in ["begun", "reached"] {
            std::fs::remove_dir(sandbox.at(folder)).unwrap();
        }
        std::fs::remove_file(sandbox.at("calls")).unwrap();
        for id in sandbox.snapshots("database") {
            let text = dumped(&sandbox, &id);
            assert!(text == "first" || text.starts_with("dump "), "{text}");
        }
    }
    // The number of calls in a run, so that none is missing above.
    let _ = std::fs::remove_file(sandbox.at("called"));
    std::fs::write(sandbox.at("calls"), "100").unwrap();
    sandbox.snapshot();
    assert_eq!(std::fs::read_to_string(sandbox.at("called")).unwrap().len(), calls);
    assert_eq!(dumped(&sandbox, "latest"), format!("dump {}", 2 * calls - 1));
    sandbox.restic(&["check"]);
}

#[test]
fn a_full_disk_during_the_dump_makes_no_snapshot() {
    let Some(sandbox) = with_dump() else { return };
    let script = "
        snapshot
        mount -t tmpfs -o size=1m,mode=0700 none cache
        head -c 400000 /dev/zero >cache/fill
        head -c 900000 /dev/urandom >dump
        if snapshot; then echo 'it fitted'; exit 1; fi
        [ \"$(ls cache | tr '\\n' ' ')\" = 'fill lock restic ' ] || { ls cache; exit 1; }
        ";
    let Some(output) = with_mounts(&sandbox, script) else { return };
    assert!(output.status.success(), "{:?}{}", output.stdout, stderr(&output));
    assert!(stderr(&output).contains("produce failed"), "{}", stderr(&output));
    assert_eq!(sandbox.snapshots("database").len(), 1);
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let Some(sandbox) = with_dump() else { return };
    sandbox.set_producer(
        "touch \"$here/begun\"; while [ ! -e \"$here/go\" ]; do sleep 0.05; done; echo good >\"$1\"",
    );
    let mut child = sandbox.command(&["snapshot"]).spawn().unwrap();
    wait_for(|| sandbox.at("begun").exists());
    let output = sandbox.run(&["snapshot"]);
    assert!(stderr(&output).contains("another run is active"), "{}", stderr(&output));
    std::fs::write(sandbox.at("go"), "").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(sandbox.snapshots("database").len(), 1);
}

// SQLite, and the restore.

#[test]
fn an_sqlite_database_is_restored_from_its_snapshot() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let Some(mut sandbox) = with_dump() else { return };
    let database = sandbox.at("app.db");
    sqlite(&database, "CREATE TABLE t AS SELECT 'old' AS text");
    sandbox.set("DATABASE_FILE", &database).set("PRODUCER", "copy-sqlite").set("SUFFIX", ".sqlite");
    sandbox.set("RESTORE", "restore-sqlite").set("UNITS", "");
    sandbox.add_systemctl();
    sandbox.snapshot();
    let first = sandbox.snapshots("database").remove(0);
    for (text, snapshot) in [("new", "latest"), ("newer", &first[..8]), ("newest", &first)] {
        sqlite(&database, &format!("UPDATE t SET text = '{text}'"));
        let output = sandbox.run(&["restore-snapshot", "--yes", snapshot]);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{stdout}{}", stderr(&output));
        assert!(stdout.contains(&format!("was restored from {snapshot}.")), "{stdout}");
        assert_eq!(sqlite(&database, "SELECT text FROM t"), "old");
        assert_eq!(sandbox.temporary(), [""; 0]);
        // The names of kept databases have a resolution of one second.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    // The owner is asked, and other arguments are those of the restore.
    let (code, output) = sandbox.run_at_a_terminal(&["restore-snapshot", "latest"], "no");
    assert!(code == Some(1) && output.contains("not confirmed with yes"), "{output}");
    assert_eq!(sandbox.temporary(), [""; 0]);
    let copy = sandbox.at("copy");
    sqlite(&copy, "CREATE TABLE t AS SELECT 'file' AS text");
    let output = sandbox.run(&["restore-snapshot", "--yes", copy.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(sqlite(&database, "SELECT text FROM t"), "file");
    for (arguments, why) in [
        (&["--yes", "0123456789abcdef"][..], "nothing was restored"),
        (&[], "usage: restore-snapshot"),
        (&["--yes", "no-such-file"], "does not exist"),
    ] {
        let output = sandbox.run(&[&["restore-snapshot"], arguments].concat());
        assert!(!output.status.success() && stderr(&output).contains(why), "{}", stderr(&output));
    }
    assert_eq!(sandbox.temporary(), [""; 0]);
    assert_eq!(sqlite(&database, "SELECT text FROM t"), "file");
}

#[test]
fn a_snapshot_of_another_backup_is_not_restored() {
    let Some(mut sandbox) = with_dump() else { return };
    sandbox.set("RESTORE", "restored");
    program(&sandbox.at("bin/restored"), "touch \"$HERE/restored\"");
    let dump = sandbox.at("dump").display().to_string();
    sandbox.snapshot();
    sandbox.restic(&["backup", "--host", "other", "--tag", "database", &dump]);
    sandbox.restic(&["backup", "--host", "box", "--tag", "other", &dump]);
    let other = sandbox.snapshots("other").remove(0);
    let output = sandbox.run(&["restore-snapshot", &other]);
    assert!(stderr(&output).contains("could not be read from snapshot"), "{}", stderr(&output));
    assert!(!sandbox.at("restored").exists());
    program(&sandbox.at("bin/restored"), "cat \"$1\" >\"$HERE/restored\"");
    let output = sandbox.run(&["restore-snapshot", "latest"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(sandbox.at("restored")).unwrap(), "first");
}

// Folders.

#[test]
fn a_folder_is_saved_completely_and_unchanged_files_are_not_read_again() {
    let Some(sandbox) = with_folder() else { return };
    let files = sandbox.at("files");
    for (path, (owner, group)) in [("upload/one", (1234, 1)), ("new\nline", (65534, 65534)), ("", (33, 33))] {
        std::os::unix::fs::chown(files.join(path), Some(owner), Some(group)).unwrap();
    }
    std::fs::set_permissions(&files, std::fs::Permissions::from_mode(0o2750)).unwrap();
    std::fs::create_dir(files.join("empty")).unwrap();
    sandbox.snapshot();
    let target = sandbox.restored("latest");
    assert_eq!(names(&target), ["files"]);
    let restored = target.join("files");
    assert_eq!(tree(&restored), tree(&files));
    for path in ["", "upload/one", "new\nline", "link", "upload/a b"] {
        let owner = |path: &std::path::Path| {
            let meta = path.symlink_metadata().unwrap();
            (meta.uid(), meta.gid(), meta.mtime())
        };
        assert_eq!(owner(&restored.join(path)), owner(&files.join(path)), "{path:?}");
    }
    let inode = |path: &str| restored.join(path).metadata().unwrap().ino();
    assert_eq!(inode("upload/one"), inode("upload/same"), "a hard link");
    // Again, with one changed file.
    std::fs::write(files.join("upload/a b/two"), "changed").unwrap();
    let output = sandbox.run(&["snapshot"]);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = stdout.lines().find_map(|line| line.strip_prefix("Files:")).expect("a summary");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words.join(" "), "0 new, 1 changed, 4 unmodified");
    assert_eq!(sandbox.snapshots("files").len(), 2);
}

#[test]
fn a_missing_or_empty_folder_makes_no_snapshot() {
    let Some(mut sandbox) = with_folder() else { return };
    sandbox.snapshot();
    std::fs::create_dir(sandbox.at("nothing")).unwrap();
    for (source, why) in
        [("missing", "does not exist"), ("nothing", "is empty"), ("files/link", "does not exist")]
    {
        let source = sandbox.at(source);
        sandbox.set("SOURCE", source).snapshot_fails(why);
    }
    sandbox.set("SOURCE", "files").snapshot_fails("is not an absolute path");
    assert_eq!(sandbox.snapshots("files").len(), 1);
}

#[test]
fn a_folder_on_other_disks_is_saved_with_them() {
    let Some(sandbox) = with_folder() else { return };
    let script = "
        mkdir files/disk && mount -t tmpfs none files/disk && echo deep >files/disk/deep
        snapshot";
    let Some(output) = with_mounts(&sandbox, script) else { return };
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(sandbox.restic(&["dump", "latest", "/files/disk/deep"]), "deep\n");
}

#[test]
fn an_unreadable_file_fails_the_backup_and_its_snapshot_is_removed() {
    let Some(sandbox) = with_folder() else { return };
    sandbox.snapshot();
    let unreadable = sandbox.at("files/unreadable");
    std::fs::write(&unreadable, "new").unwrap();
    std::os::unix::fs::chown(&unreadable, Some(1234), Some(1234)).unwrap();
    std::fs::set_permissions(&unreadable, std::fs::Permissions::from_mode(0o600)).unwrap();
    // As on an NFS export with root_squash.
    let powers = "-dac_override,-dac_read_search";
    program(
        &sandbox.at("bin/squashed"),
        &format!("exec setpriv --inh-caps={powers} --bounding-set={powers} snapshot"),
    );
    let output = sandbox.run(&["squashed"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("it was not saved completely"), "{}", stderr(&output));
    assert_eq!(sandbox.snapshots("files").len(), 1);
    assert!(!sandbox.at("state/incomplete").exists());
    // A run that was killed before the removal: the next one removes it.
    program(
        &sandbox.at("bin/of-repository"),
        "if [ $1 = forget ]; then kill -KILL $PPID; exit; fi; PASSWORD_FILE=$REPOSITORY_PASSWORD exec restic-client \"$@\"",
    );
    assert!(!sandbox.run(&["squashed"]).status.success());
    program(&sandbox.at("bin/of-repository"), "PASSWORD_FILE=$REPOSITORY_PASSWORD exec restic-client \"$@\"");
    assert_eq!(sandbox.snapshots("files").len(), 3);
    sandbox.snapshot();
    assert_eq!(sandbox.snapshots("files").len(), 2);
}

#[test]
fn a_file_that_is_unreadable_once_is_in_the_snapshot() {
    let Some(sandbox) = with_folder() else { return };
    // The first backup lacks a file, as if it had been replaced while it was read.
    program(
        &sandbox.at("bin/restic"),
        "PATH=${PATH#*:}
         if [ \"$1\" = backup ] && [ ! -e \"$HERE/once\" ]; then
             touch \"$HERE/once\"
             restic \"$@\" --exclude=one
             exit 3
         fi
         exec restic \"$@\"",
    );
    sandbox.snapshot();
    let ids = sandbox.snapshots("files");
    assert_eq!(ids.len(), 1);
    assert_eq!(tree(&sandbox.restored(&ids[0]).join("files")), tree(&sandbox.at("files")));
}

#[test]
fn a_path_that_containers_can_change_is_not_followed() {
    let Some(mut sandbox) = with_folder() else { return };
    std::fs::create_dir_all(sandbox.at("volume")).unwrap();
    symlink("../files", sandbox.at("volume/link")).unwrap();
    let (link, volume) = (sandbox.at("volume/link"), sandbox.at("volume"));
    sandbox.set("SOURCE", &link).set("SOURCE_SHARED", &volume);
    sandbox.snapshot_fails("refusing to follow the symbolic link");
    // A link of root is followed.
    symlink("files", sandbox.at("link")).unwrap();
    let link = sandbox.at("link");
    sandbox.set("SOURCE", link).set("SOURCE_SHARED", "").snapshot();
    assert_eq!(tree(&sandbox.restored("latest").join("files")), tree(&sandbox.at("files")));
}

// The secrets.

#[test]
fn variables_of_the_storage_are_those_of_the_file() {
    let Some(mut sandbox) = with_dump() else { return };
    program(
        &sandbox.at("bin/restic"),
        "printf '%s|' \"$*\" \"$A\" \"${B-}\" \"${C-}\" \"${PATIENCE-}\" \"$RESTIC_REPOSITORY\"",
    );
    let file = sandbox.at("storage");
    sandbox.set("ENVIRONMENT_FILE", &file).set("REPOSITORY", "s3:https://x").set("PATIENCE", "1h");
    std::fs::write(
        &file,
        "# A comment\n\n ; one too\n  A=plain/+=$x`id`  \nB=\"two words\"\nC='$HOME # x'\nPATIENCE=mine",
    )
    .unwrap();
    assert_eq!(
        sandbox.restic(&["ls", "a b"]),
        "--retry-lock=1h ls a b|plain/+=$x`id`|two words|$HOME # x|mine|s3:https://x|"
    );
    for (line, why) in [
        ("export A=b", "line 1 is not NAME=VALUE"),
        ("A=b\n2=c", "line 2 is not NAME=VALUE"),
        ("A=\"b", "line 1 has a quote"),
        ("A=b\\c", "line 1 has a backslash"),
    ] {
        std::fs::write(&file, line).unwrap();
        let output = sandbox.run(&["of-repository", "ls"]);
        assert!(!output.status.success() && stderr(&output).contains(why), "{line}: {}", stderr(&output));
    }
}

// The check of a repository.

#[test]
fn a_damaged_repository_fails_its_check() {
    let Some(mut sandbox) = with_dump() else { return };
    let check = |sandbox: &Sandbox| {
        let output = sandbox.run(&["check-repository"]);
        (output.status.success(), stderr(&output))
    };
    let (is_good, why) = check(&sandbox);
    assert!(!is_good && why.contains("the repository cannot be read, or is damaged"), "{why}");
    assert!(!sandbox.at("repository").exists(), "a check creates no repository");
    sandbox.snapshot();
    assert!(check(&sandbox).0);
    // A stale lock is removed, and a lock in use is kept.
    let mut child = sandbox.command(&["of-repository", "backup", "--stdin"]);
    let mut child = child.process_group(0).stdin(Stdio::piped()).spawn().unwrap();
    wait_for(|| names(&sandbox.at("repository/locks")).iter().any(|name| name.len() == 64));
    let (is_good, why) = check(&sandbox);
    assert!(!is_good && why.contains("locked"), "{why}");
    kill_group(&mut child);
    assert!(check(&sandbox).0);
    // Only a check that reads the data detects a damaged file.
    for folder in names(&sandbox.at("repository/data")) {
        for file in names(&sandbox.at("repository/data").join(&folder)) {
            let path = sandbox.at("repository/data").join(&folder).join(file);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[3] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    std::fs::remove_dir_all(sandbox.at("cache/restic")).unwrap();
    sandbox.set("PERCENT", "100");
    let (is_good, why) = check(&sandbox);
    assert!(!is_good && why.contains("is damaged"), "{why}");
}
