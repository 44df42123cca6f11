//! Scripts that root runs on a folder of another user. That user may exchange files and links at the same time: files
//! outside of the folder are not changed, and files of root are not read.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use crate::common::attacker::{ATTACKER, Attacker, give, is_root, race};
use crate::common::folder::{names, tree};
use crate::common::sandbox::{Sandbox, sqlite, stderr};
use crate::common::scripts::{are_installed, program};

/// A sandbox that the attacker can enter: `data` belongs to the attacker, and `victim` to root.
fn with_attacker() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::set_permissions(sandbox.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for folder in ["data", "victim"] {
        std::fs::create_dir(sandbox.at(folder)).unwrap();
        std::fs::set_permissions(sandbox.at(folder), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    give(&sandbox.at("data"));
    sandbox
}

/// The owner, group and mode of a path, and the names in it.
fn state(path: &Path) -> (u32, u32, u32, Vec<String>) {
    let meta = path.symlink_metadata().unwrap();
    (meta.uid(), meta.gid(), meta.mode(), if path.is_dir() { names(path) } else { Vec::new() })
}

// Creating a folder.

impl Sandbox {
    fn make_folder(&self, path: &str, shared: &str) -> std::process::Output {
        let path = self.at(path);
        let shared = if shared.is_empty() { String::new() } else { self.path(shared) };
        self.run(&["make-folder", path.to_str().unwrap(), "0750", "1234", "1234", &shared])
    }

    fn path(&self, path: &str) -> String {
        self.at(path).to_str().unwrap().to_owned()
    }
}

#[test]
fn a_folder_is_created_with_its_parents() {
    let sandbox = Sandbox::new();
    if !is_root() {
        return;
    }
    let output = sandbox.make_folder("a b/c/d", "");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(state(&sandbox.at("a b/c/d")), (1234, 1234, 0o40750, vec![]));
    assert_eq!(state(&sandbox.at("a b/c")), (0, 0, 0o40755, vec!["d".to_owned()]));
    // Again for the existing folder: without a change, and with other modes and owners.
    let path = sandbox.path("a b/c/d");
    for (words, expected) in [
        (["-", "-", "-"], (1234, 1234, 0o40750)),
        (["2770", "-", "0"], (1234, 0, 0o42770)),
        (["2755", "root", "-"], (0, 0, 0o42755)),
        // The user of an image applies only to a new folder.
        (["-", ":472", ":472"], (0, 0, 0o42755)),
    ] {
        let output = sandbox.run(&[&["make-folder", &path], &words[..]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let (uid, gid, mode, _) = state(&sandbox.at("a b/c/d"));
        assert_eq!((uid, gid, mode), expected);
    }
    let output = sandbox.run(&["make-folder", &sandbox.path("new"), "-", ":472", ":472"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(state(&sandbox.at("new")), (472, 472, 0o40755, vec![]));
}

#[test]
fn a_link_is_followed_only_if_root_alone_can_create_one() {
    if !is_root() {
        return;
    }
    let sandbox = with_attacker();
    std::fs::create_dir_all(sandbox.at("disk/data")).unwrap();
    symlink("disk/./data/../data", sandbox.at("relative")).unwrap();
    symlink(sandbox.at("relative"), sandbox.at("absolute")).unwrap();
    symlink("loop", sandbox.at("loop")).unwrap();
    let output = sandbox.make_folder("absolute/new", "");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(state(&sandbox.at("disk/data/new")).0, 1234);
    let output = sandbox.make_folder("loop/new", "");
    assert!(stderr(&output).contains("too many symbolic links"), "{}", stderr(&output));
    // A link whose target is in a folder of another user, and a link in that folder of any owner.
    symlink("../victim", sandbox.at("data/link")).unwrap();
    symlink("data/link", sandbox.at("through")).unwrap();
    std::fs::write(sandbox.at("data/file"), "").unwrap();
    let before = state(&sandbox.at("victim"));
    for (path, why) in [
        ("through/new", "refusing to follow the symbolic link"),
        ("data/link", "refusing to follow the symbolic link"),
        ("data/link/new", "refusing to follow the symbolic link"),
        ("data/file/new", "cannot enter 'file'"),
        ("data/file", "cannot enter 'file'"),
    ] {
        let output = sandbox.make_folder(path, "");
        assert_eq!(output.status.code(), Some(1), "{path}");
        assert!(stderr(&output).contains(why) && !stderr(&output).contains(": line "), "{}", stderr(&output));
    }
    assert_eq!(state(&sandbox.at("victim")), before);
    // A folder that other users can write to is not trusted either.
    for (mode, followed) in [(0o775, false), (0o757, false), (0o1777, false), (0o755, true)] {
        std::fs::create_dir_all(sandbox.at("shared")).unwrap();
        std::fs::set_permissions(sandbox.at("shared"), std::fs::Permissions::from_mode(mode)).unwrap();
        let _ = std::fs::remove_file(sandbox.at("shared/link"));
        symlink("../disk", sandbox.at("shared/link")).unwrap();
        let output = sandbox.make_folder("shared/link/new", "");
        assert_eq!(output.status.success(), followed, "{mode:o}: {}", stderr(&output));
    }
    // In a sticky folder, other users cannot move the files of root.
    std::fs::set_permissions(sandbox.at("shared"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    std::fs::create_dir(sandbox.at("shared/roots")).unwrap();
    symlink("../../disk", sandbox.at("shared/roots/link")).unwrap();
    assert!(sandbox.make_folder("shared/roots/link/new", "").status.success());
}

#[test]
fn links_below_a_folder_that_containers_write_to_are_not_followed() {
    if !is_root() {
        return;
    }
    let sandbox = with_attacker();
    // Files of a container's root user belong to root on the host.
    std::fs::create_dir(sandbox.at("volume")).unwrap();
    symlink("../victim", sandbox.at("volume/link")).unwrap();
    let before = state(&sandbox.at("victim"));
    for path in ["volume/link", "volume/link/new"] {
        let output = sandbox.make_folder(path, "volume");
        assert!(stderr(&output).contains("refusing to follow"), "{}", stderr(&output));
    }
    assert_eq!(state(&sandbox.at("victim")), before);
    // The link to the folder belongs to root.
    symlink("volume", sandbox.at("link")).unwrap();
    for (path, shared) in [("link/link/new", "lin"), ("link", "link"), ("link/new", "link/")] {
        let output = sandbox.make_folder(path, shared);
        assert!(output.status.success(), "{path}: {}", stderr(&output));
    }
}

#[test]
fn make_folder_changes_no_other_folder_while_a_user_swaps_links() {
    if !is_root() {
        return;
    }
    let sandbox = with_attacker();
    std::fs::create_dir_all(sandbox.at("victim/deep")).unwrap();
    std::fs::create_dir_all(sandbox.at("data/real/deep")).unwrap();
    symlink("../victim", sandbox.at("data/link")).unwrap();
    for path in ["data/real", "data/real/deep", "data/link"] {
        give(&sandbox.at(path));
    }
    let state = || (state(&sandbox.at("victim")), state(&sandbox.at("victim/deep")));
    let before = state();
    let _attacker = Attacker::exchanging(&[(sandbox.at("data/real"), sandbox.at("data/link"))]);
    race(
        "make-folder",
        |i| {
            sandbox.make_folder(["data/real", "data/real/deep", "data/real/new"][i % 3], "");
        },
        || {
            let won = state() != before;
            if won {
                let _ = std::fs::remove_dir(sandbox.at("victim/new"));
                for path in ["victim", "victim/deep"] {
                    std::os::unix::fs::chown(sandbox.at(path), Some(0), Some(0)).unwrap();
                    std::fs::set_permissions(sandbox.at(path), std::fs::Permissions::from_mode(0o755))
                        .unwrap();
                }
            }
            won
        },
    );
    assert!(sandbox.make_folder("victim/mine", "").status.success());
    assert_eq!(sandbox.at("victim/mine").metadata().unwrap().uid(), ATTACKER);
}

// Backing up into a folder below another user's.

/// A sandbox with the backup folder `target`, whose producer writes one file.
fn with_backups(target: &str) -> Sandbox {
    let mut sandbox = with_attacker();
    let target = sandbox.at(target);
    sandbox.set("TARGET", &target).set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "0");
    sandbox.target = target;
    sandbox.set_producer("echo good >\"$1\"");
    sandbox
}

#[test]
fn a_backup_writes_through_no_link_of_a_container_that_runs_as_root() {
    if !is_root() {
        return;
    }
    let mut sandbox = with_backups("data/backups");
    let shared = sandbox.path("data");
    sandbox.set("TARGET_SHARED", shared).set("SOURCE", "/etc");
    std::fs::create_dir(&sandbox.target).unwrap();
    std::fs::set_permissions(&sandbox.target, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(sandbox.at("victim/file"), "of the host").unwrap();
    // The name of the next backup has the time in it. The producer runs as long as the container needs for a link.
    for steps in [
        "ln --symbolic \"$here/victim/file\" \"$here/data/backups/$1\"; echo bad >\"$1\"",
        "ln --symbolic \"$here/victim/file\" \"$here/data/backups/$1\"; cp /etc/hostname \"$1\"",
        "echo good >\"$1\"; rm \"$1\"; ln --symbolic \"$here/victim/file\" \"$here/data/backups/$1\"; chmod 0666 \"$1\"",
        "echo good >\"$1\"; mkdir \"$1-work\"; rmdir \"$1-work\"; ln --symbolic \"$here/victim\" \"$here/data/backups/$1-work\"
         touch \"$1-work/new\"",
    ] {
        let output = sandbox.set_producer(steps).run(&["backup", "produce"]);
        assert_eq!(output.status.code(), Some(1), "{steps}: {}", stderr(&output));
        let file = sandbox.at("victim/file");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of the host", "{steps}");
        assert_eq!((names(&sandbox.at("victim")), state(&file).2), (vec!["file".to_owned()], 0o100_644));
        assert_eq!(sandbox.unfinished(), [""; 0]);
    }
    sandbox.set_producer("echo good >\"$1\"").backup("produce");
    // The path of the folder is still known to the producer, which refuses to copy a folder into itself.
    let own = sandbox.path("data");
    sandbox.set("SOURCE", own);
    let output = sandbox.run(&["backup", "copy-folder"]);
    assert!(stderr(&output).contains("would be inside"), "{}", stderr(&output));
}

#[test]
fn a_backup_folder_that_other_users_can_change_is_refused() {
    if !is_root() {
        return;
    }
    let sandbox = with_backups("data/backups");
    let refused = |why: &str| {
        let output = sandbox.run(&["backup", "produce"]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why:?} is not in {}", stderr(&output));
    };
    // Another user could rename the backup folder and create a new one.
    refused("another user can change the folder above");
    assert_eq!(names(&sandbox.at("data")), [""; 0]);
    std::fs::create_dir(&sandbox.target).unwrap();
    let set =
        |mode| std::fs::set_permissions(&sandbox.target, std::fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o777, 0o770, 0o1777] {
        set(mode);
        refused("run `chmod 0700 ");
    }
    set(0o700);
    give(&sandbox.target);
    refused("belongs to another user");
    assert_eq!(names(&sandbox.target), [""; 0]);
    std::os::unix::fs::lchown(&sandbox.target, Some(0), Some(0)).unwrap();
    sandbox.backup("produce");
    std::fs::remove_dir_all(&sandbox.target).unwrap();
    symlink("../victim", &sandbox.target).unwrap();
    refused("refusing to follow the symbolic link");
    assert_eq!(names(&sandbox.at("victim")), [""; 0]);
}

#[test]
fn backup_changes_no_other_folder_while_a_user_swaps_links() {
    if !is_root() {
        return;
    }
    let sandbox = with_backups("data/above/backups");
    let old = "database-2001-01-01T000000.dump";
    for folder in ["data/above/backups", "victim/backups", "data/direct"] {
        std::fs::create_dir_all(sandbox.at(folder)).unwrap();
        std::fs::set_permissions(sandbox.at(folder), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    symlink("../victim", sandbox.at("data/link")).unwrap();
    symlink("../victim/backups", sandbox.at("data/other")).unwrap();
    give(&sandbox.at("data/above"));
    let victim = sandbox.at("victim/backups");
    std::fs::write(victim.join(old), "old").unwrap();
    let _attacker = Attacker::exchanging(&[
        (sandbox.at("data/above"), sandbox.at("data/link")),
        (sandbox.at("data/direct"), sandbox.at("data/other")),
    ]);
    race(
        "backup",
        |i| {
            let mut backup = sandbox.command(&["backup", "produce"]);
            if i % 2 == 0 {
                backup.env("TARGET", sandbox.at("data/direct"));
            }
            let _ = backup.stderr(Stdio::null()).stdout(Stdio::null()).status();
        },
        || {
            let won = names(&victim) != [old];
            if won {
                let _ = std::fs::remove_dir_all(&victim);
                std::fs::create_dir(&victim).unwrap();
                std::fs::write(victim.join(old), "old").unwrap();
            }
            won
        },
    );
}

// Copying a folder.

const SECRET: &str = "for root alone";

/// Returns true if a file below a folder contains the secret.
fn is_secret_in(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let holds = |path: &Path| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
        };
        meta.is_dir() && is_secret_in(&path) || meta.is_file() && holds(&path)
    })
}

/// A sandbox with a folder of the attacker as the source, and a folder of root with the same names and a secret.
fn with_source() -> Sandbox {
    let mut sandbox = with_attacker();
    let source = sandbox.at("data/files");
    sandbox.set("SOURCE", &source).set("PREVIOUS", "");
    std::fs::create_dir_all(sandbox.at("victim/sub")).unwrap();
    std::fs::create_dir_all(sandbox.at("data/files/sub")).unwrap();
    // The files have the same size and the same time.
    let secret = sandbox.at("victim/sub/file");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::write(sandbox.at("victim/file"), SECRET).unwrap();
    for path in ["data/files/file", "data/files/sub/file"] {
        std::fs::write(sandbox.at(path), "x".repeat(SECRET.len())).unwrap();
    }
    symlink("../../victim/sub", sandbox.at("data/files/link")).unwrap();
    symlink("../victim", sandbox.at("data/link")).unwrap();
    for path in ["data/files", "data/files/sub", "data/files/file", "data/files/sub/file", "data/files/link"]
    {
        give(&sandbox.at(path));
    }
    for path in [&secret, &sandbox.at("victim/file")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::create_dir(&sandbox.target).unwrap();
    sandbox
}

/// An attacker who exchanges folders of the source with links to the folders of root.
fn exchanging_source(sandbox: &Sandbox) -> Attacker {
    Attacker::exchanging(&[
        (sandbox.at("data/files/sub"), sandbox.at("data/files/link")),
        (sandbox.at("data/files"), sandbox.at("data/link")),
    ])
}

#[test]
fn copy_folder_copies_no_other_file_while_a_user_swaps_links() {
    if !is_root() || !are_installed(&["rsync"]) {
        return;
    }
    let sandbox = with_source();
    let copy = sandbox.target.join("copy");
    let _attacker = exchanging_source(&sandbox);
    race(
        "copy-folder",
        |_| {
            let _ = std::fs::remove_dir_all(&copy);
            let mut run = sandbox.command(&["copy-folder", "copy"]);
            let _ = run.current_dir(&sandbox.target).stderr(Stdio::null()).status();
        },
        || copy.exists() && is_secret_in(&copy),
    );
}

#[test]
fn snapshot_saves_no_other_file_while_a_user_swaps_links() {
    if !is_root() {
        return;
    }
    let Some(mut sandbox) = with_source().with_repository() else { return };
    // In place of restic, a program that follows every link.
    program(
        &sandbox.at("bin/take"),
        "cp --recursive --dereference -- \"$1\" \"$HERE/copy\" || true; echo id >\"$STATE_DIRECTORY/taken\"",
    );
    program(&sandbox.at("bin/of-repository"), "exit 0");
    sandbox.set("TAKE", "take");
    let output = sandbox.run(&["snapshot"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let copy = sandbox.at("copy");
    assert_eq!(names(&copy), ["file", "sub"], "a link was followed");
    let _attacker = exchanging_source(&sandbox);
    race(
        "snapshot",
        |_| {
            let _ = std::fs::remove_dir_all(&copy);
            let _ = sandbox.command(&["snapshot"]).stderr(Stdio::null()).stdout(Stdio::null()).status();
        },
        || copy.exists() && is_secret_in(&copy),
    );
}

// Copying a database.

/// A database of the attacker in `data/above`, and a database of root with the secret in `victim`.
fn with_databases() -> Sandbox {
    let mut sandbox = with_attacker();
    std::fs::create_dir(sandbox.at("data/above")).unwrap();
    for (file, text) in [("data/above/app.db", "public"), ("victim/app.db", SECRET)] {
        sqlite(&sandbox.at(file), &format!("CREATE TABLE t AS SELECT '{text}' AS text"));
        std::fs::set_permissions(sandbox.at(file), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    symlink("../victim", sandbox.at("data/link")).unwrap();
    symlink("../../victim/app.db", sandbox.at("data/above/link")).unwrap();
    for path in ["data/above", "data/above/app.db"] {
        give(&sandbox.at(path));
    }
    std::fs::create_dir(&sandbox.target).unwrap();
    let database = sandbox.at("data/above/app.db");
    sandbox.set("DATABASE_FILE", database);
    sandbox
}

#[test]
fn copy_sqlite_copies_no_other_database_while_a_user_swaps_links() {
    if !is_root() || !are_installed(&["sqlite3"]) {
        return;
    }
    let sandbox = with_databases();
    let copy = sandbox.target.join("copy");
    let run = || {
        let _ = std::fs::remove_file(&copy);
        sandbox.command(&["copy-sqlite", "copy"]).current_dir(&sandbox.target).output().unwrap()
    };
    let output = run();
    assert!(output.status.success(), "{}", stderr(&output));
    let meta = copy.metadata().unwrap();
    assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o7777), (0, 0, 0o600));
    assert_eq!(sqlite(&copy, "SELECT text FROM t"), "public");
    let before = names(&sandbox.at("victim"));
    let attacker = Attacker::exchanging(&[
        (sandbox.at("data/above"), sandbox.at("data/link")),
        (sandbox.at("data/above/app.db"), sandbox.at("data/above/link")),
    ]);
    race(
        "copy-sqlite",
        |_| drop(run()),
        || is_secret_in(&sandbox.target) || names(&sandbox.at("victim")) != before,
    );
    drop(attacker);
}

#[test]
fn a_journal_of_another_user_deletes_no_file_of_root() {
    if !is_root() || !are_installed(&["sqlite3"]) {
        return;
    }
    let sandbox = with_databases();
    let victim = sandbox.at("victim/file");
    std::fs::write(&victim, "of root's").unwrap();
    // A journal that a crash left behind names a "super-journal", which SQLite deletes after the rollback
    // (https://www.sqlite.org/fileformat2.html#the_rollback_journal, and pager.c of SQLite).
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let name = victim.to_str().unwrap().as_bytes();
    let sum: u32 = name.iter().map(|byte| u32::from(*byte)).sum();
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    let mut journal = [&MAGIC[..], &numbers(&[0, 0, 2, 512, 4096])].concat();
    journal.resize(512, 0);
    journal.extend([&numbers(&[262_145]), name, &numbers(&[name.len() as u32, sum]), &MAGIC].concat());
    let file = sandbox.at("data/above/app.db-journal");
    std::fs::write(&file, journal).unwrap();
    give(&file);
    let output = sandbox.command(&["copy-sqlite", "copy"]).current_dir(&sandbox.target).output().unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap_or_default(), "of root's", "{}", stderr(&output));
}

// Restoring a database.

#[test]
fn restore_sqlite_changes_no_other_file_while_a_user_swaps_links() {
    if !is_root() || !are_installed(&["sqlite3"]) {
        return;
    }
    let mut sandbox = with_databases();
    sandbox.add_systemctl();
    sandbox.set("UNITS", "");
    program(
        &sandbox.at("bin/date"),
        "echo >>\"$HERE/dates\"; printf '2026-07-03T05%04d\\n' $(wc -l <\"$HERE/dates\")",
    );
    let backup = sandbox.at("backup.sqlite");
    sqlite(&backup, "CREATE TABLE t AS SELECT 'restored' AS text");
    let work = "data/above/.app.db.homegen-restore";
    std::fs::create_dir(sandbox.at("victim/sub")).unwrap();
    std::fs::write(sandbox.at("victim/sub/copy"), "of root's").unwrap();
    let owner = |path: &str| sandbox.at(path).symlink_metadata().map(|meta| (meta.uid(), meta.gid())).ok();
    let trees = || (tree(&sandbox.at("victim")), owner("victim/sub/copy"), owner("victim/app.db"));
    let before = trees();
    let secret = std::fs::read(sandbox.at("victim/app.db")).unwrap();
    let _attacker = Attacker::exchanging(&[
        (sandbox.at("data/above"), sandbox.at("data/link")),
        (sandbox.at(work), sandbox.at("data/above/way")),
    ]);
    race(
        "restore-sqlite",
        |_| {
            for folder in ["data/above", "data/link"] {
                let _ = std::fs::remove_file(sandbox.at(folder).join("way"));
                let _ = std::fs::remove_dir_all(sandbox.at(folder).join("way"));
                if !sandbox.at(folder).is_symlink() {
                    let _ = symlink("../../victim/sub", sandbox.at(folder).join("way"));
                }
            }
            let _ = std::fs::remove_file(sandbox.at("victim/way"));
            sandbox.run(&["restore-sqlite", "--yes", backup.to_str().unwrap()]);
        },
        || {
            let _ = std::fs::remove_file(sandbox.at("victim/way"));
            let won = trees() != before;
            if won {
                let _ = std::fs::remove_dir_all(sandbox.at("victim"));
                std::fs::create_dir_all(sandbox.at("victim/sub")).unwrap();
                std::fs::write(sandbox.at("victim/sub/copy"), "of root's").unwrap();
                std::fs::write(sandbox.at("victim/app.db"), &secret).unwrap();
                let private = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(sandbox.at("victim/app.db"), private).unwrap();
            }
            won
        },
    );
}

// Root in a container, which may enter and change every folder below its volume.

#[test]
fn copy_sqlite_gives_no_folder_of_the_host_away() {
    if !is_root() || !are_installed(&["sqlite3"]) {
        return;
    }
    let sandbox = with_databases();
    // The container exchanges the new folder for a link.
    let exchange = "/bin/mkdir \"$@\"; case $* in *copy-work) rmdir copy-work; ln --symbolic \"$VICTIM\" \"$TARGET/copy-work\" ;; esac";
    program(&sandbox.at("bin/mkdir"), exchange);
    let before = state(&sandbox.at("victim"));
    let mut run = sandbox.command(&["copy-sqlite", "copy"]);
    let output = run.current_dir(&sandbox.target).env("VICTIM", sandbox.at("victim")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(state(&sandbox.at("victim")), before);
}

#[test]
fn restore_sqlite_overwrites_no_file_of_the_host() {
    if !is_root() || !are_installed(&["sqlite3"]) {
        return;
    }
    let mut sandbox = with_databases();
    sandbox.add_systemctl();
    let shared = sandbox.path("data");
    sandbox.set("UNITS", "").set("DATABASE_SHARED", shared);
    let backup = sandbox.at("backup.sqlite");
    sqlite(&backup, "CREATE TABLE t AS SELECT 'restored' AS text");
    let restore = || sandbox.run(&["restore-sqlite", "--yes", backup.to_str().unwrap()]);
    // The container puts a link in place of the file that the script has removed.
    let link = "/bin/rm \"$@\"; [ \"$*\" != '--force -- copy kept' ] || [ -e \"$HERE/linked\" ] || {
            touch \"$HERE/linked\"; ln --symbolic \"$HERE/victim/app.db\" \"$HERE/data/above/.app.db.homegen-restore/copy\"; }";
    program(&sandbox.at("bin/rm"), link);
    let before = (state(&sandbox.at("victim/app.db")), std::fs::read(sandbox.at("victim/app.db")).unwrap());
    let output = restore();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(sandbox.at("linked").exists());
    let after = (state(&sandbox.at("victim/app.db")), std::fs::read(sandbox.at("victim/app.db")).unwrap());
    assert_eq!(after, before);
    let output = restore();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(sqlite(&sandbox.at("data/above/app.db"), "SELECT text FROM t"), "restored");
    assert_eq!(state(&sandbox.at("data/above/app.db")).0, ATTACKER);
    let kept = names(&sandbox.at("data/above")).into_iter().filter(|name| name.contains(".before-"));
    assert_eq!(kept.count(), 1);
}
