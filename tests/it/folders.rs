//! Scripts that root runs on a folder of another user: whatever that user does meanwhile, nothing outside of the folder
//! changes and nothing that is root's alone is read.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use crate::common::attacker::{ATTACKER, Attacker, give, is_root, race};
use crate::common::folder::{names, tree};
use crate::common::place::{Place, said, sqlite};
use crate::common::scripts::{here, program};

/// A place that the attacker can enter: `data` is the attacker's and `victim` is root's.
fn attacked() -> Place {
    let place = Place::new();
    std::fs::set_permissions(place.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for folder in ["data", "victim"] {
        std::fs::create_dir(place.at(folder)).unwrap();
        std::fs::set_permissions(place.at(folder), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    give(&place.at("data"));
    place
}

/// The owner and mode of a path, and what is in it.
fn state(path: &Path) -> (u32, u32, u32, Vec<String>) {
    let meta = path.symlink_metadata().unwrap();
    (meta.uid(), meta.gid(), meta.mode(), if path.is_dir() { names(path) } else { Vec::new() })
}

// Making a folder.

impl Place {
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
    let place = Place::new();
    if !is_root() {
        return;
    }
    let output = place.make_folder("a b/c/d", "");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(state(&place.at("a b/c/d")), (1234, 1234, 0o40750, vec![]));
    assert_eq!(state(&place.at("a b/c")), (0, 0, 0o40755, vec!["d".to_owned()]));
    // Once more, with another mode, and with nothing to change.
    let path = place.path("a b/c/d");
    for (words, expected) in [
        (["-", "-", "-"], (1234, 1234, 0o40750)),
        (["2770", "-", "0"], (1234, 0, 0o42770)),
        (["2755", "root", "-"], (0, 0, 0o42755)),
        // The user of an image is for a new folder alone.
        (["-", ":472", ":472"], (0, 0, 0o42755)),
    ] {
        let output = place.run(&[&["make-folder", &path], &words[..]].concat());
        assert!(output.status.success(), "{}", said(&output));
        let (uid, gid, mode, _) = state(&place.at("a b/c/d"));
        assert_eq!((uid, gid, mode), expected);
    }
    let output = place.run(&["make-folder", &place.path("new"), "-", ":472", ":472"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(state(&place.at("new")), (472, 472, 0o40755, vec![]));
}

#[test]
fn a_link_is_followed_only_if_root_alone_can_create_one() {
    if !is_root() {
        return;
    }
    let place = attacked();
    std::fs::create_dir_all(place.at("disk/data")).unwrap();
    symlink("disk/./data/../data", place.at("relative")).unwrap();
    symlink(place.at("relative"), place.at("absolute")).unwrap();
    symlink("loop", place.at("loop")).unwrap();
    let output = place.make_folder("absolute/new", "");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(state(&place.at("disk/data/new")).0, 1234);
    let output = place.make_folder("loop/new", "");
    assert!(said(&output).contains("too many symbolic links"), "{}", said(&output));
    // A link through a folder of another user, and a link in it, whoever made that.
    symlink("../victim", place.at("data/link")).unwrap();
    symlink("data/link", place.at("through")).unwrap();
    std::fs::write(place.at("data/file"), "").unwrap();
    let before = state(&place.at("victim"));
    for (path, why) in [
        ("through/new", "refusing to follow the symbolic link"),
        ("data/link", "refusing to follow the symbolic link"),
        ("data/link/new", "refusing to follow the symbolic link"),
        ("data/file/new", "cannot enter 'file'"),
        ("data/file", "cannot enter 'file'"),
    ] {
        let output = place.make_folder(path, "");
        assert_eq!(output.status.code(), Some(1), "{path}");
        assert!(said(&output).contains(why) && !said(&output).contains(": line "), "{}", said(&output));
    }
    assert_eq!(state(&place.at("victim")), before);
    // A folder that others can write to is theirs as well.
    for (mode, followed) in [(0o775, false), (0o757, false), (0o1777, false), (0o755, true)] {
        std::fs::create_dir_all(place.at("shared")).unwrap();
        std::fs::set_permissions(place.at("shared"), std::fs::Permissions::from_mode(mode)).unwrap();
        let _ = std::fs::remove_file(place.at("shared/link"));
        symlink("../disk", place.at("shared/link")).unwrap();
        let output = place.make_folder("shared/link/new", "");
        assert_eq!(output.status.success(), followed, "{mode:o}: {}", said(&output));
    }
    // In a sticky folder what is root's stays where it is.
    std::fs::set_permissions(place.at("shared"), std::fs::Permissions::from_mode(0o1777)).unwrap();
    std::fs::create_dir(place.at("shared/roots")).unwrap();
    symlink("../../disk", place.at("shared/roots/link")).unwrap();
    assert!(place.make_folder("shared/roots/link/new", "").status.success());
}

#[test]
fn links_below_a_folder_that_containers_write_to_are_not_followed() {
    if !is_root() {
        return;
    }
    let place = attacked();
    // The root user of a container owns what it makes as root does.
    std::fs::create_dir(place.at("volume")).unwrap();
    symlink("../victim", place.at("volume/link")).unwrap();
    let before = state(&place.at("victim"));
    for path in ["volume/link", "volume/link/new"] {
        let output = place.make_folder(path, "volume");
        assert!(said(&output).contains("refusing to follow"), "{}", said(&output));
    }
    assert_eq!(state(&place.at("victim")), before);
    // The link to the folder belongs to root.
    symlink("volume", place.at("link")).unwrap();
    for (path, shared) in [("link/link/new", "lin"), ("link", "link"), ("link/new", "link/")] {
        let output = place.make_folder(path, shared);
        assert!(output.status.success(), "{path}: {}", said(&output));
    }
}

#[test]
fn make_folder_changes_no_other_folder_while_a_user_swaps_links() {
    if !is_root() {
        return;
    }
    let place = attacked();
    std::fs::create_dir_all(place.at("victim/deep")).unwrap();
    std::fs::create_dir_all(place.at("data/real/deep")).unwrap();
    symlink("../victim", place.at("data/link")).unwrap();
    for path in ["data/real", "data/real/deep", "data/link"] {
        give(&place.at(path));
    }
    let state = || (state(&place.at("victim")), state(&place.at("victim/deep")));
    let before = state();
    let _attacker = Attacker::exchanging(&[(place.at("data/real"), place.at("data/link"))]);
    race(
        "make-folder",
        |i| {
            place.make_folder(["data/real", "data/real/deep", "data/real/new"][i % 3], "");
        },
        || {
            let won = state() != before;
            if won {
                let _ = std::fs::remove_dir(place.at("victim/new"));
                for path in ["victim", "victim/deep"] {
                    std::os::unix::fs::chown(place.at(path), Some(0), Some(0)).unwrap();
                    std::fs::set_permissions(place.at(path), std::fs::Permissions::from_mode(0o755)).unwrap();
                }
            }
            won
        },
    );
    assert!(place.make_folder("victim/mine", "").status.success());
    assert_eq!(place.at("victim/mine").metadata().unwrap().uid(), ATTACKER);
}

// Backing up into a folder below another user's.

/// A place for backups at `target`, whose producer writes one file.
fn with_backups(target: &str) -> Place {
    let mut place = attacked();
    let target = place.at(target);
    place.set("TARGET", &target).set("KEEP_DAYS", "0").set("KEEP_AT_LEAST", "0");
    place.target = target;
    place.produce("echo good >\"$1\"");
    place
}

#[test]
fn a_backup_folder_that_other_users_can_change_is_refused() {
    if !is_root() {
        return;
    }
    let place = with_backups("data/backups");
    let refused = |why: &str| {
        let output = place.run(&["backup", "produce"]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(why), "{why:?} is not in {}", said(&output));
    };
    // A new folder there may take the place of one that was renamed.
    refused("another user can change the folder above");
    assert_eq!(names(&place.at("data")), [""; 0]);
    std::fs::create_dir(&place.target).unwrap();
    let set = |mode| std::fs::set_permissions(&place.target, std::fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o777, 0o770, 0o1777] {
        set(mode);
        refused("run `chmod 0700 ");
    }
    set(0o700);
    give(&place.target);
    refused("belongs to another user");
    assert_eq!(names(&place.target), [""; 0]);
    std::os::unix::fs::lchown(&place.target, Some(0), Some(0)).unwrap();
    place.backup("produce");
    std::fs::remove_dir_all(&place.target).unwrap();
    symlink("../victim", &place.target).unwrap();
    refused("refusing to follow the symbolic link");
    assert_eq!(names(&place.at("victim")), [""; 0]);
}

#[test]
fn backup_changes_no_other_folder_while_a_user_swaps_links() {
    if !is_root() {
        return;
    }
    let place = with_backups("data/above/backups");
    let old = "database-2001-01-01T000000.dump";
    for folder in ["data/above/backups", "victim/backups", "data/direct"] {
        std::fs::create_dir_all(place.at(folder)).unwrap();
        std::fs::set_permissions(place.at(folder), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    symlink("../victim", place.at("data/link")).unwrap();
    symlink("../victim/backups", place.at("data/other")).unwrap();
    give(&place.at("data/above"));
    let victim = place.at("victim/backups");
    std::fs::write(victim.join(old), "old").unwrap();
    let _attacker = Attacker::exchanging(&[
        (place.at("data/above"), place.at("data/link")),
        (place.at("data/direct"), place.at("data/other")),
    ]);
    race(
        "backup",
        |i| {
            let mut backup = place.command(&["backup", "produce"]);
            if i % 2 == 0 {
                backup.env("TARGET", place.at("data/direct"));
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

#[test]
fn copy_folder_copies_no_other_file_while_a_user_swaps_links() {
    if !is_root() || !here(&["rsync"]) {
        return;
    }
    let mut place = attacked();
    let source = place.at("data/files");
    place.set("SOURCE", &source).set("PREVIOUS", "");
    std::fs::create_dir_all(place.at("victim/sub")).unwrap();
    std::fs::create_dir_all(place.at("data/files/sub")).unwrap();
    // They are as large, and as old.
    let secret = place.at("victim/sub/file");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::write(place.at("victim/file"), SECRET).unwrap();
    for path in ["data/files/file", "data/files/sub/file"] {
        std::fs::write(place.at(path), "x".repeat(SECRET.len())).unwrap();
    }
    symlink("../../victim/sub", place.at("data/files/link")).unwrap();
    symlink("../victim", place.at("data/link")).unwrap();
    for path in ["data/files", "data/files/sub", "data/files/file", "data/files/sub/file", "data/files/link"]
    {
        give(&place.at(path));
    }
    for path in [&secret, &place.at("victim/file")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::create_dir(&place.target).unwrap();
    let copy = place.target.join("copy");
    let _attacker = Attacker::exchanging(&[
        (place.at("data/files/sub"), place.at("data/files/link")),
        (place.at("data/files"), place.at("data/link")),
    ]);
    race(
        "copy-folder",
        |_| {
            let _ = std::fs::remove_dir_all(&copy);
            let mut run = place.command(&["copy-folder", "copy"]);
            let _ = run.current_dir(&place.target).stderr(Stdio::null()).status();
        },
        || copy.exists() && is_secret_in(&copy),
    );
}

// Copying a database.

/// A database of the attacker's in `data/above`, and one of root's with the secret in `victim`.
fn with_databases() -> Place {
    let mut place = attacked();
    std::fs::create_dir(place.at("data/above")).unwrap();
    for (file, text) in [("data/above/app.db", "public"), ("victim/app.db", SECRET)] {
        sqlite(&place.at(file), &format!("CREATE TABLE t AS SELECT '{text}' AS text"));
        std::fs::set_permissions(place.at(file), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    symlink("../victim", place.at("data/link")).unwrap();
    symlink("../../victim/app.db", place.at("data/above/link")).unwrap();
    for path in ["data/above", "data/above/app.db"] {
        give(&place.at(path));
    }
    std::fs::create_dir(&place.target).unwrap();
    let database = place.at("data/above/app.db");
    place.set("DATABASE_FILE", database);
    place
}

#[test]
fn copy_sqlite_copies_no_other_database_while_a_user_swaps_links() {
    if !is_root() || !here(&["sqlite3"]) {
        return;
    }
    let place = with_databases();
    let copy = place.target.join("copy");
    let run = || {
        let _ = std::fs::remove_file(&copy);
        place.command(&["copy-sqlite", "copy"]).current_dir(&place.target).output().unwrap()
    };
    let output = run();
    assert!(output.status.success(), "{}", said(&output));
    let meta = copy.metadata().unwrap();
    assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o7777), (0, 0, 0o600));
    assert_eq!(sqlite(&copy, "SELECT text FROM t"), "public");
    let before = names(&place.at("victim"));
    let attacker = Attacker::exchanging(&[
        (place.at("data/above"), place.at("data/link")),
        (place.at("data/above/app.db"), place.at("data/above/link")),
    ]);
    race(
        "copy-sqlite",
        |_| drop(run()),
        || is_secret_in(&place.target) || names(&place.at("victim")) != before,
    );
    drop(attacker);
}

#[test]
fn a_journal_of_another_user_deletes_no_file_of_root() {
    if !is_root() || !here(&["sqlite3"]) {
        return;
    }
    let place = with_databases();
    let victim = place.at("victim/file");
    std::fs::write(&victim, "of root's").unwrap();
    // A journal that was left by a crash names a "super-journal", which is deleted once it is rolled back
    // (https://www.sqlite.org/fileformat2.html#the_rollback_journal, and pager.c of SQLite).
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let name = victim.to_str().unwrap().as_bytes();
    let sum: u32 = name.iter().map(|byte| u32::from(*byte)).sum();
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    let mut journal = [&MAGIC[..], &numbers(&[0, 0, 2, 512, 4096])].concat();
    journal.resize(512, 0);
    journal.extend([&numbers(&[262_145]), name, &numbers(&[name.len() as u32, sum]), &MAGIC].concat());
    let file = place.at("data/above/app.db-journal");
    std::fs::write(&file, journal).unwrap();
    give(&file);
    let output = place.command(&["copy-sqlite", "copy"]).current_dir(&place.target).output().unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap_or_default(), "of root's", "{}", said(&output));
}

// Restoring a database.

#[test]
fn restore_sqlite_changes_no_other_file_while_a_user_swaps_links() {
    if !is_root() || !here(&["sqlite3"]) {
        return;
    }
    let mut place = with_databases();
    place.with_systemctl();
    place.set("UNITS", "");
    program(
        &place.at("bin/date"),
        "echo >>\"$HERE/dates\"; printf '2026-07-03T05%04d\\n' $(wc -l <\"$HERE/dates\")",
    );
    let backup = place.at("backup.sqlite");
    sqlite(&backup, "CREATE TABLE t AS SELECT 'restored' AS text");
    let work = "data/above/.app.db.homegen-restore";
    std::fs::create_dir(place.at("victim/sub")).unwrap();
    std::fs::write(place.at("victim/sub/copy"), "of root's").unwrap();
    let owner = |path: &str| place.at(path).symlink_metadata().map(|meta| (meta.uid(), meta.gid())).ok();
    let trees = || (tree(&place.at("victim")), owner("victim/sub/copy"), owner("victim/app.db"));
    let before = trees();
    let secret = std::fs::read(place.at("victim/app.db")).unwrap();
    let _attacker = Attacker::exchanging(&[
        (place.at("data/above"), place.at("data/link")),
        (place.at(work), place.at("data/above/way")),
    ]);
    race(
        "restore-sqlite",
        |_| {
            for folder in ["data/above", "data/link"] {
                let _ = std::fs::remove_file(place.at(folder).join("way"));
                let _ = std::fs::remove_dir_all(place.at(folder).join("way"));
                if !place.at(folder).is_symlink() {
                    let _ = symlink("../../victim/sub", place.at(folder).join("way"));
                }
            }
            let _ = std::fs::remove_file(place.at("victim/way"));
            place.run(&["restore-sqlite", "--yes", backup.to_str().unwrap()]);
        },
        || {
            let _ = std::fs::remove_file(place.at("victim/way"));
            let won = trees() != before;
            if won {
                let _ = std::fs::remove_dir_all(place.at("victim"));
                std::fs::create_dir_all(place.at("victim/sub")).unwrap();
                std::fs::write(place.at("victim/sub/copy"), "of root's").unwrap();
                std::fs::write(place.at("victim/app.db"), &secret).unwrap();
                let private = std::fs::Permissions::from_mode(0o600);
                std::fs::set_permissions(place.at("victim/app.db"), private).unwrap();
            }
            won
        },
    );
}
