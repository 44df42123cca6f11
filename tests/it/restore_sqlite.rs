//! The restore of a real SQLite database: the current database survives every failure.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::folder::{names, tree};
use crate::common::place::{Place, STOPPED_AND_STARTED, said, sqlite, wait_for, with_mounts};
use crate::common::scripts::{here, program};

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
fn a_restored_sqlite_database_has_no_rows_of_the_old_wal() {
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
    assert!(said.contains(&format!("The previous database is {}", before.display())), "{said}");
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
    // The printed command deletes the previous database.
    program(&place.at("bin/drop"), said.lines().last().unwrap());
    assert!(place.run(&["drop"]).status.success());
    assert_eq!(names(&place.at("data")), ["app.db"]);
}

#[test]
fn a_missing_sqlite_database_is_restored_with_the_owner_of_its_folder() {
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
    // Leftovers of the old database are renamed too.
    assert_eq!(names(&place.at("data")), ["app.db", "app.db.before-2026-07-03T050001-wal"]);
    assert_eq!(rows(&database), "500");
    // A link is followed, as SQLite does.
    let link = place.at("link.db");
    symlink(&database, &link).unwrap();
    place.set("DATABASE_FILE", &link).sqlite_restores(&copy);
    assert!(link.is_symlink() && place.at("data/app.db.before-2026-07-03T050002").exists());
}

#[test]
fn an_incomplete_or_damaged_sqlite_database_is_not_restored() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (mut place, copy) = with_sqlite();
    let whole = std::fs::read(&copy).unwrap();
    let file = place.at("file");
    place.sqlite_restore_fails(&file, &format!("{} does not exist\n", file.display()), "");
    place.sqlite_restore_fails(&place.at("bin"), "not a readable file", "");
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
        place.sqlite_restore_fails(&file, why, "");
    }
    std::fs::remove_file(&file).unwrap();
    sqlite(&file, "PRAGMA user_version = 1");
    place.sqlite_restore_fails(&file, "no tables", "");
    // The rows in a -wal file are not in the database file.
    for suffix in ["-wal", "-journal"] {
        let beside = place.at(&format!("copy.sqlite{suffix}"));
        std::fs::write(&beside, "x").unwrap();
        place.sqlite_restore_fails(&copy, "is only a part of a database", "");
        std::fs::remove_file(&beside).unwrap();
    }
    std::fs::remove_file(place.at("data/app.db-wal")).unwrap();
    place.sqlite_restore_fails(&place.at("data/app.db"), "is the current database", "");
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
fn a_failed_sqlite_restore_keeps_the_current_database() {
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
    place.sqlite_restore_fails(&copy, "check the free space", STOPPED_AND_STARTED);
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
fn a_database_that_cannot_be_put_back_is_reported_and_units_stay_stopped() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, copy) = with_sqlite();
    program(&place.at("bin/mv"), "exit 1");
    let output = place.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let before = place.at("data/app.db.before-2026-07-03T050001");
    assert!(said(&output).contains(&format!("rename {} and", before.display())), "{}", said(&output));
    assert_eq!(rows(&before), "701");
    assert_eq!(place.systemctl(), "stop -- podman-ml.service podman-server.service\n");
}

#[test]
fn an_sqlite_restore_interrupted_at_any_step_loses_no_data() {
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
            let calls = place.systemctl();
            let whole = |path: &Path| path.exists().then(|| rows(path));
            let kept = place.at("data/app.db.before-2026-07-03T050001");
            let (now, old) = (whole(&database(&place)), whole(&kept));
            let state = format!("{signal} at step {step}: {now:?}, {old:?}, {:?}", names(&place.at("data")));
            // The old database is intact, and its path always holds either the old database or the copy.
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
fn a_full_disk_keeps_the_current_sqlite_database() {
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
    assert!(said(&output).contains("check the free space"), "{}", said(&output));
}

#[test]
fn a_second_sqlite_restore_at_the_same_time_is_refused() {
    if !here(&["sqlite3"]) {
        return;
    }
    let (place, copy) = with_sqlite();
    std::fs::write(
        place.at("on-systemctl"),
        "touch \"$HERE/begun\"; for _ in {1..30000}; do [ ! -e \"$HERE/go\" ] || break; sleep 0.02; done",
    )
    .unwrap();
    let first =
        place.command(&["restore-sqlite", "--yes", copy.to_str().unwrap()]).stdout(Stdio::null()).spawn();
    wait_for(|| place.at("begun").exists());
    let before = tree(&place.at("data"));
    let second = place.run(&["restore-sqlite", "--yes", copy.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).contains("another restore is running"), "{}", said(&second));
    assert!(tree(&place.at("data")) == before);
    std::fs::write(place.at("go"), "").unwrap();
    assert!(first.unwrap().wait().unwrap().success());
    assert_eq!(place.systemctl(), STOPPED_AND_STARTED);
    assert_eq!(rows(&place.at("data/app.db")), "500");
}

#[test]
fn an_sqlite_restore_asks_first_and_starts_only_units_that_ran() {
    if !here(&["sqlite3", "script"]) {
        return;
    }
    let (mut place, copy) = with_sqlite();
    let copy = copy.to_str().unwrap();
    let output = place.run(&["restore-sqlite", copy]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("nothing was done. Use --yes"), "{}", said(&output));
    for words in [&["restore-sqlite"][..], &["restore-sqlite", "--yes"], &["restore-sqlite", "--help"]] {
        assert_eq!(place.run(words).status.code(), Some(2));
    }
    std::fs::write(place.at("podman-server.service"), "inactive").unwrap();
    let before = tree(&place.at("data"));
    for (answer, code) in [("no", 1), ("", 1), ("yes", 0)] {
        assert!(tree(&place.at("data")) == before);
        let (ended, stdout) = place.at_a_terminal(&["restore-sqlite", copy], answer);
        assert_eq!(ended, Some(code), "{stdout}");
        assert!(stdout.contains("stop podman-ml.service podman-server.service"), "{stdout}");
        let calls = "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service\n";
        assert_eq!(place.systemctl(), if code == 0 { calls } else { "" });
        assert_eq!(
            stdout.contains("To start it: systemctl start podman-server.service"),
            code == 0,
            "{stdout}"
        );
    }
    // Without known users, a notice is printed.
    let said = place.set("UNITS", "").sqlite_restores(Path::new(copy));
    assert!(said.contains("stop its users yourself"), "{said}");
    assert_eq!(place.systemctl(), "");
}

#[test]
fn an_sqlite_database_with_special_characters_in_its_path_is_restored() {
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
        let (_, command) = said.split_once("To delete it:\n").unwrap();
        program(&place.at("bin/drop"), command);
        assert!(place.run(&["drop"]).status.success());
        assert_eq!(names(&folder), [name]);
        assert!(!place.at("here").exists());
    }
}
