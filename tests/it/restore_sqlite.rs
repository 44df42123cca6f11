//! The restore of a real SQLite database: the current database survives every failure.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::folder::{names, tree};
use crate::common::sandbox::{STOPPED_AND_STARTED, Sandbox, sqlite, stderr, wait_for, with_mounts};
use crate::common::scripts::{are_installed, program};

/// A database in WAL mode with 701 rows, of which 201 are in its -wal alone, and a copy with 500.
fn with_sqlite() -> (Sandbox, PathBuf) {
    let mut sandbox = Sandbox::new();
    sandbox.add_systemctl();
    sandbox.set("NAME", "notes-database").set("UNITS", "podman-ml.service podman-server.service");
    std::fs::create_dir(sandbox.at("data")).unwrap();
    let database = sandbox.at("data/app.db");
    sandbox.set("DATABASE_FILE", &database);
    let rows = "SELECT value FROM generate_series(1, 500)";
    sqlite(&database, &format!("PRAGMA journal_mode=wal; CREATE TABLE t(i); INSERT INTO t {rows}"));
    let copy = sandbox.at("copy.sqlite");
    std::fs::copy(&database, &copy).unwrap();
    let mut more = Command::new("sqlite3");
    more.args(["-cmd", ".dbconfig no_ckpt_on_close on"]).arg(&database).stdout(Stdio::null());
    more.arg("INSERT INTO t SELECT value FROM generate_series(1, 201)");
    assert!(more.status().expect("sqlite3 runs").success());
    assert!(sandbox.at("data/app.db-wal").metadata().unwrap().len() > 0, "the rows are not in the -wal");
    // Each call of `date` prints another time, so that two restores in one second differ.
    program(
        &sandbox.at("bin/date"),
        "echo >>\"$HERE/dates\"; printf '2026-07-03T05%04d\\n' $(wc -l <\"$HERE/dates\")",
    );
    (sandbox, copy)
}

/// The number of rows of a database, counted in a copy of it and of its -wal and -journal files.
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

impl Sandbox {
    fn sqlite_restores(&self, file: &Path) -> String {
        let output = self.run(&["restore-sqlite", "--yes", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Restores a file, which has to fail for a reason and to leave the database as it was.
    fn sqlite_restore_fails(&self, file: &Path, why: &str, calls: &str) {
        let before = tree(&self.at("data"));
        let output = self.run(&["restore-sqlite", "--yes", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{why}: {}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why:?} is not in {}", stderr(&output));
        assert!(!stderr(&output).contains(": line "), "{}", stderr(&output));
        assert!(tree(&self.at("data")) == before, "{why}: {:?}", names(&self.at("data")));
        assert_eq!(self.systemctl_calls(), calls, "{why}");
    }
}

#[test]
fn a_restored_sqlite_database_has_no_rows_of_the_old_wal() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (sandbox, copy) = with_sqlite();
    // The reason for this script: a copy that is put beside the old -wal by hand has the old rows again.
    let trap = sandbox.at("trap.db");
    std::fs::copy(&copy, &trap).unwrap();
    std::fs::copy(sandbox.at("data/app.db-wal"), sandbox.at("trap.db-wal")).unwrap();
    assert_eq!(sqlite(&trap, "PRAGMA integrity_check; SELECT count(*) FROM t"), "ok\n701");

    let database = sandbox.at("data/app.db");
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o640)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&database, Some(1234), Some(2345)).unwrap();
    }
    let meta = database.metadata().unwrap();
    let stdout = sandbox.sqlite_restores(&copy);
    assert_eq!(sandbox.systemctl_calls(), STOPPED_AND_STARTED);
    let before = sandbox.at("data/app.db.before-2026-07-03T050001");
    assert!(stdout.contains(&format!("The previous database is {}", before.display())), "{stdout}");
    assert_eq!((rows(&database), rows(&before)), ("500".to_owned(), "701".to_owned()));
    let all = names(&sandbox.at("data"));
    let kept = [
        "app.db.before-2026-07-03T050001",
        "app.db.before-2026-07-03T050001-shm",
        "app.db.before-2026-07-03T050001-wal",
    ];
    assert_eq!(all, [&["app.db"][..], &kept].concat());
    let now = database.metadata().unwrap();
    assert_eq!((now.mode(), now.uid(), now.gid()), (meta.mode(), meta.uid(), meta.gid()));
    assert_eq!(now.nlink(), 1);
    // The printed command deletes the previous database.
    program(&sandbox.at("bin/drop"), stdout.lines().last().unwrap());
    assert!(sandbox.run(&["drop"]).status.success());
    assert_eq!(names(&sandbox.at("data")), ["app.db"]);
}

#[test]
fn a_missing_sqlite_database_is_restored_with_the_owner_of_its_folder() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (mut sandbox, copy) = with_sqlite();
    let folder = sandbox.at("data");
    for file in names(&folder).into_iter().filter(|name| name != "app.db-wal") {
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o750)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&folder, Some(1234), Some(2345)).unwrap();
    }
    sandbox.sqlite_restores(&copy);
    let (folder, database) = (folder.metadata().unwrap(), sandbox.at("data/app.db"));
    let now = database.metadata().unwrap();
    assert_eq!((now.mode() & 0o7777, now.uid(), now.gid()), (0o640, folder.uid(), folder.gid()));
    // Leftovers of the old database are renamed too.
    assert_eq!(names(&sandbox.at("data")), ["app.db", "app.db.before-2026-07-03T050001-wal"]);
    assert_eq!(rows(&database), "500");
    // A link is followed, as in SQLite.
    let link = sandbox.at("link.db");
    symlink(&database, &link).unwrap();
    sandbox.set("DATABASE_FILE", &link).sqlite_restores(&copy);
    assert!(link.is_symlink() && sandbox.at("data/app.db.before-2026-07-03T050002").exists());
}

#[test]
fn an_incomplete_or_damaged_sqlite_database_is_not_restored() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (mut sandbox, copy) = with_sqlite();
    let whole = std::fs::read(&copy).unwrap();
    let file = sandbox.at("file");
    sandbox.sqlite_restore_fails(&file, &format!("{} does not exist\n", file.display()), "");
    sandbox.sqlite_restore_fails(&sandbox.at("bin"), "not a readable file", "");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 4096].fill(0x2a);
    for (content, why) in [
        (&[][..], "is empty"),
        (&whole[..whole.len() - 4096], "is damaged"),
        (&whole[..100], "is damaged"),
        (&damaged, "is damaged"),
        (&b"no database".repeat(1000), "is damaged"),
    ] {
        std::fs::write(&file, content).unwrap();
        sandbox.sqlite_restore_fails(&file, why, "");
    }
    std::fs::remove_file(&file).unwrap();
    sqlite(&file, "PRAGMA user_version = 1");
    sandbox.sqlite_restore_fails(&file, "no tables", "");
    // The rows in a -wal file are not in the database file.
    for suffix in ["-wal", "-journal"] {
        let beside = sandbox.at(&format!("copy.sqlite{suffix}"));
        std::fs::write(&beside, "x").unwrap();
        sandbox.sqlite_restore_fails(&copy, "is only a part of a database", "");
        std::fs::remove_file(&beside).unwrap();
    }
    std::fs::remove_file(sandbox.at("data/app.db-wal")).unwrap();
    sandbox.sqlite_restore_fails(&sandbox.at("data/app.db"), "is the current database", "");
    let lock = sandbox.at("restore.lock");
    sandbox.set("LOCK", "/no/such/folder/lock");
    sandbox.sqlite_restore_fails(&copy, "run this as root", "");
    sandbox.set("LOCK", lock).set("DATABASE_FILE", "relative");
    sandbox.sqlite_restore_fails(&copy, "not an absolute path", "");
    let away = sandbox.at("away/app.db");
    sandbox.set("DATABASE_FILE", away);
    sandbox.sqlite_restore_fails(&copy, "mount its disk", "");
}

#[test]
fn a_failed_sqlite_restore_keeps_the_current_database() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (sandbox, copy) = with_sqlite();
    // Each tool fails once, at each of its calls.
    for (tool, calls) in
        [("mkdir", 1), ("cp", 1), ("chown", 1), ("chmod", 1), ("sync", 3), ("mv", 1), ("rm", 5)]
    {
        for failing in 1..=calls {
            program(
                &sandbox.at("bin").join(tool),
                &format!(
                    "echo >>\"$HERE/calls\"; n=$(wc -l <\"$HERE/calls\")
                     if [ $n = {failing} ]; then echo {tool} fails >&2; exit 1; fi
                     PATH=${{PATH#*:}}; exec {tool} \"$@\""
                ),
            );
            let stopped = matches!((tool, failing), ("sync" | "rm", 2..) | ("mv", _));
            sandbox.sqlite_restore_fails(&copy, "", if stopped { STOPPED_AND_STARTED } else { "" });
            std::fs::remove_file(sandbox.at("calls")).unwrap();
        }
        std::fs::remove_file(sandbox.at("bin").join(tool)).unwrap();
    }
    // If hard links fail, the script makes copies, and without space for these it changes nothing.
    program(&sandbox.at("bin/ln"), "exit 1");
    program(&sandbox.at("bin/cp"), "case $* in --archive*) exit 1 ;; esac; PATH=${PATH#*:}; exec cp \"$@\"");
    sandbox.sqlite_restore_fails(&copy, "check the free space", STOPPED_AND_STARTED);
    std::fs::remove_file(sandbox.at("bin/cp")).unwrap();
    // The units do not stop, or a process still uses the database.
    std::fs::write(sandbox.at("on-systemctl"), "[ \"$1\" != stop ]").unwrap();
    sandbox.sqlite_restore_fails(&copy, "could be stopped", STOPPED_AND_STARTED);
    std::fs::remove_file(sandbox.at("on-systemctl")).unwrap();
    for file in ["app.db", "app.db-wal"] {
        let open = std::fs::File::open(sandbox.at("data").join(file)).unwrap();
        let why = format!("process {} still uses it", std::process::id());
        sandbox.sqlite_restore_fails(&copy, &why, STOPPED_AND_STARTED);
        drop(open);
    }
    sandbox.sqlite_restores(&copy);
    assert_eq!(rows(&sandbox.at("data/app.db")), "500");
}

#[test]
fn a_database_that_cannot_be_put_back_is_reported_and_units_stay_stopped() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (sandbox, copy) = with_sqlite();
    program(&sandbox.at("bin/mv"), "exit 1");
    let output = sandbox.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let before = sandbox.at("data/app.db.before-2026-07-03T050001");
    assert!(stderr(&output).contains(&format!("rename {} and", before.display())), "{}", stderr(&output));
    assert_eq!(rows(&before), "701");
    assert_eq!(sandbox.systemctl_calls(), "stop -- podman-ml.service podman-server.service\n");
}

#[test]
fn an_sqlite_restore_interrupted_at_any_step_loses_no_data() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let database = |sandbox: &Sandbox| sandbox.at("data/app.db");
    for signal in ["TERM", "KILL"] {
        let (mut step, mut changed) = (0, 0);
        loop {
            step += 1;
            let (sandbox, copy) = with_sqlite();
            let before = tree(&sandbox.at("data"));
            // The signal is sent at the call number `step`, before the program does anything.
            std::fs::write(
                sandbox.at("step"),
                format!(
                    "echo >>\"$HERE/calls\"; n=$(wc -l <\"$HERE/calls\"); [ $n != {step} ] || kill -{signal} $PPID"
                ),
            )
            .unwrap();
            std::fs::write(sandbox.at("on-systemctl"), ". \"$HERE/step\"").unwrap();
            for tool in ["mkdir", "cp", "chown", "chmod", "ln", "rm", "mv"] {
                program(
                    &sandbox.at("bin").join(tool),
                    &format!(". \"$HERE/step\"; PATH=${{PATH#*:}}; exec {tool} \"$@\""),
                );
            }
            program(&sandbox.at("bin/sync"), ". \"$HERE/step\"");
            let output = sandbox.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
            let steps = std::fs::read_to_string(sandbox.at("calls")).unwrap().len();
            let calls = sandbox.systemctl_calls();
            let whole = |path: &Path| path.exists().then(|| rows(path));
            let kept = sandbox.at("data/app.db.before-2026-07-03T050001");
            let (now, old) = (whole(&database(&sandbox)), whole(&kept));
            let state =
                format!("{signal} at step {step}: {now:?}, {old:?}, {:?}", names(&sandbox.at("data")));
            // The old database is intact, and its path always holds either the old database or the copy.
            assert!([&now, &old].contains(&&Some("701".to_owned())), "{state}");
            assert!(now.as_deref().is_none_or(|rows| ["701", "500"].contains(&rows)), "{state}");
            if signal == "TERM" {
                if now.as_deref() == Some("701") {
                    assert!(tree(&sandbox.at("data")) == before, "{state}");
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
            // The next restore succeeds.
            std::fs::write(sandbox.at("step"), "").unwrap();
            let again = sandbox.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
            assert!(again.status.success(), "{state}: {}", stderr(&again));
            assert_eq!(rows(&database(&sandbox)), "500", "{state}");
            let all = names(&sandbox.at("data"));
            let kept = all.iter().filter(|name| {
                name.contains(".before-") && !name.ends_with("-wal") && !name.ends_with("-shm")
            });
            assert!(kept.into_iter().any(|name| rows(&sandbox.at("data").join(name)) == "701"), "{state}");
            assert!(!all.iter().any(|name| name.starts_with('.')), "{state}");
        }
    }
}

#[test]
fn a_full_disk_keeps_the_current_sqlite_database() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (sandbox, _) = with_sqlite();
    let Some(output) = with_mounts(
        &sandbox,
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
    assert!(output.status.success(), "{stdout}{}", stderr(&output));
    assert!(stderr(&output).contains("check the free space"), "{}", stderr(&output));
}

#[test]
fn a_second_sqlite_restore_at_the_same_time_is_refused() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    let (sandbox, copy) = with_sqlite();
    std::fs::write(
        sandbox.at("on-systemctl"),
        "touch \"$HERE/begun\"; for _ in {1..30000}; do [ ! -e \"$HERE/go\" ] || break; sleep 0.02; done",
    )
    .unwrap();
    let first =
        sandbox.command(&["restore-sqlite", "--yes", copy.to_str().unwrap()]).stdout(Stdio::null()).spawn();
    wait_for(|| sandbox.at("begun").exists());
    let before = tree(&sandbox.at("data"));
    let second = sandbox.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("another restore is running"), "{}", stderr(&second));
    assert!(tree(&sandbox.at("data")) == before);
    std::fs::write(sandbox.at("go"), "").unwrap();
    assert!(first.unwrap().wait().unwrap().success());
    assert_eq!(sandbox.systemctl_calls(), STOPPED_AND_STARTED);
    assert_eq!(rows(&sandbox.at("data/app.db")), "500");
}

#[test]
fn an_sqlite_restore_asks_first_and_starts_only_units_that_ran() {
    if !are_installed(&["sqlite3", "script"]) {
        return;
    }
    let (mut sandbox, copy) = with_sqlite();
    let copy = copy.to_str().unwrap();
    let output = sandbox.run(&["restore-sqlite", copy]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("nothing was done. Use --yes"), "{}", stderr(&output));
    for words in [&["restore-sqlite"][..], &["restore-sqlite", "--yes"], &["restore-sqlite", "--help"]] {
        assert_eq!(sandbox.run(words).status.code(), Some(2));
    }
    std::fs::write(sandbox.at("podman-server.service"), "inactive").unwrap();
    let before = tree(&sandbox.at("data"));
    for (answer, code) in [("no", 1), ("", 1), ("yes", 0)] {
        assert!(tree(&sandbox.at("data")) == before);
        let (ended, stdout) = sandbox.run_at_a_terminal(&["restore-sqlite", copy], answer);
        assert_eq!(ended, Some(code), "{stdout}");
        assert!(stdout.contains("stop podman-ml.service podman-server.service"), "{stdout}");
        let calls = "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service\n";
        assert_eq!(sandbox.systemctl_calls(), if code == 0 { calls } else { "" });
        assert_eq!(
            stdout.contains("To start it: systemctl start podman-server.service"),
            code == 0,
            "{stdout}"
        );
    }
    // Without known units, a notice is printed.
    let stdout = sandbox.set("UNITS", "").sqlite_restores(Path::new(copy));
    assert!(stdout.contains("stop its users yourself"), "{stdout}");
    assert_eq!(sandbox.systemctl_calls(), "");
}

#[test]
fn an_sqlite_database_with_special_characters_in_its_path_is_restored() {
    if !are_installed(&["sqlite3"]) {
        return;
    }
    for name in [
        "-a b",
        "--yes",
        "it's \"x\" $(touch here)",
        "a?mode=memory",
        "a#b%20c%",
        "new\nline",
        ".schema",
        "*",
    ] {
        let (mut sandbox, copy) = with_sqlite();
        let folder = sandbox.at(&format!("data/{name}"));
        std::fs::create_dir(&folder).unwrap();
        for suffix in ["", "-wal"] {
            let from = sandbox.at(&format!("data/app.db{suffix}"));
            std::fs::rename(from, folder.join(format!("{name}{suffix}"))).unwrap();
        }
        sandbox.set("DATABASE_FILE", folder.join(name));
        let file = sandbox.at(name);
        std::fs::rename(&copy, &file).unwrap();
        // The script accepts a relative path, but takes a name that begins with `--` for an option.
        let stdout = sandbox.sqlite_restores(if name.starts_with("--") { &file } else { Path::new(name) });
        assert_eq!(rows(&folder.join(name)), "500", "{name}");
        let kept = format!("{name}.before-2026-07-03T050001");
        assert_eq!(rows(&folder.join(&kept)), "701", "{name}");
        let (_, command) = stdout.split_once("To delete it:\n").unwrap();
        program(&sandbox.at("bin/drop"), command);
        assert!(sandbox.run(&["drop"]).status.success());
        assert_eq!(names(&folder), [name]);
        assert!(!sandbox.at("here").exists());
    }
}
