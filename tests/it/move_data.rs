//! The script `move-data.sh` of an import, with stand-ins for Docker and Podman.

use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use homegen::report::{HostStep, move_data};

use crate::common::attacker::{ATTACKER, Attacker, give, is_root, race};
use crate::common::folder::names;
use crate::common::scripts::{Ran, Stage, are_installed};

fn path(from: &str, to: &str) -> HostStep {
    HostStep::CopyPath { from: from.to_owned(), to: to.to_owned() }
}

/// A stage with the folder `project`, Docker's volume `shop_db`, and the script for `steps`.
struct Move(Stage);

impl Move {
    fn new(steps: &[HostStep]) -> Move {
        let stage = Stage::new();
        std::fs::set_permissions(stage.at(""), std::fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["project", "home", "docker", "podman"] {
            std::fs::create_dir(stage.at(folder)).unwrap();
        }
        stage.stand_in(
            "docker",
            r#"
            case "$1 $2" in
              'compose --project-name') echo "$3 $4" >>"$STAGE/stopped"; [ ! -e "$STAGE/docker-fails" ] ;;
              'volume inspect') [ -d "$STAGE/docker/${*: -1}" ] && echo "$STAGE/docker/${*: -1}" ;;
              *) exit 1 ;;
            esac"#,
        );
        stage.stand_in(
            "podman",
            r#"
            folder=$STAGE/podman/${*: -1}
            case "$1 $2" in
              'volume inspect') [ -d "$folder" ] && echo "$folder/_data" ;;
              'volume create') mkdir -p "$folder/_data" ;;
              *) exit 1 ;;
            esac"#,
        );
        stage.stand_in("getent", "echo \"me:x:1:1::$STAGE/home:/bin/sh\"");
        let moved = Move(stage);
        moved.write(steps);
        moved
    }

    fn write(&self, steps: &[HostStep]) {
        self.0.file("move-data.sh", move_data::script("sh'op", steps).expect("a script"));
    }

    /// A path of the stage as text.
    fn to(&self, path: &str) -> String {
        self.0.path(path)
    }

    fn command(&self) -> Command {
        let mut command = self.0.program("setsid", &["--wait", "bash", &self.to("move-data.sh")]);
        command.current_dir(self.0.at("project"));
        command
    }

    fn run(&self) -> Ran {
        self.command().output().unwrap().into()
    }
}

/// Owner, group, mode, kind and content of each path below a folder.
fn state(folder: &Path) -> Vec<(String, u32, u32, u32, u64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let meta = next.symlink_metadata().unwrap();
        let links = if meta.is_dir() { 0 } else { meta.nlink() };
        let content = match () {
            () if meta.is_dir() => {
                open.extend(names(&next).iter().map(|name| next.join(name)));
                Vec::new()
            }
            () if meta.is_symlink() => std::fs::read_link(&next).unwrap().to_str().unwrap().into(),
            () => std::fs::read(&next).unwrap(),
        };
        let name = next.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        found.push((name, meta.uid(), meta.gid(), meta.mode(), links, content));
    }
    found.sort();
    found
}

/// A folder with owners, modes, a hard link, links, and an extended attribute.
fn fill(folder: &Path) {
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    std::fs::write(folder.join("a"), "content").unwrap();
    std::fs::hard_link(folder.join("a"), folder.join("sub/hard")).unwrap();
    symlink("/etc/hostname", folder.join("link")).unwrap();
    symlink("nowhere", folder.join("sub/broken")).unwrap();
    rustix::fs::setxattr(folder.join("a"), "user.mark", b"value", rustix::fs::XattrFlags::empty()).unwrap();
    std::fs::set_permissions(folder.join("a"), std::fs::Permissions::from_mode(0o640)).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o2750)).unwrap();
    for (path, user, group) in [("", 999, 998), ("a", 70, 71), ("link", 1000, 100), ("sub", 33, 33)] {
        lchown(folder.join(path), Some(user), Some(group)).unwrap();
    }
    // Changing the owner removes the bit.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o2750)).unwrap();
}

#[test]
fn folders_files_and_volumes_are_copied_with_owners_and_links() {
    if !is_root() || !are_installed(&["unshare", "setsid"]) {
        return;
    }
    let moved = Move::new(&[path("./x", "/x")]);
    let odd = "da ta'\"$x";
    fill(&moved.0.at("project").join(odd));
    fill(&moved.0.at("home/conf"));
    fill(&moved.0.at("docker/shop_db"));
    std::fs::write(moved.0.at("beside.txt"), "beside").unwrap();
    let target = |name: &str| format!("{}/{name}", moved.to("lib/shop"));
    moved.write(&[
        path(&format!("./{odd}"), &target(odd)),
        path("~/conf", &target("conf")),
        path("../beside.txt", &target("beside.txt")),
        path("./missing", &target("missing")),
        HostStep::CopyVolume { from: "shop_db".to_owned(), to: "shop-db".to_owned() },
        HostStep::CopyVolume { from: "shop_none".to_owned(), to: "shop-none".to_owned() },
    ]);
    let ran = moved.run();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("/missing: does not exist; create "), "{ran:?}");
    assert!(ran.err.contains("shop_none: Docker has no such volume; skipped"), "{ran:?}");
    assert_eq!(moved.0.read("stopped"), "sh'op stop\n");
    let expected = state(&moved.0.at("project").join(odd));
    assert!(expected.iter().any(|(name, uid, _, mode, links, _)| {
        (name.as_str(), *uid, mode & 0o7777, *links) == ("a", 70, 0o640, 2)
    }));
    for copy in [&target(odd), &target("conf"), &moved.to("podman/shop-db/_data")] {
        let copy = Path::new(copy);
        assert_eq!(state(copy), expected, "{copy:?}");
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(copy.join("a"), "user.mark", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"value");
    }
    assert_eq!(names(&moved.0.at("lib/shop")), ["beside.txt", "conf", odd]);
    assert_eq!(names(&moved.0.at("podman")), ["shop-db"]);
    // The old data stays, and a second run changes no target.
    assert_eq!(state(&moved.0.at("project").join(odd)), expected);
    std::fs::write(moved.0.at("lib/shop/conf/new"), "new").unwrap();
    std::fs::remove_file(moved.0.at("lib/shop/beside.txt")).unwrap();
    symlink("nowhere", moved.0.at("lib/shop/beside.txt")).unwrap();
    let before = state(&moved.0.at("lib"));
    let ran = moved.run();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.err.matches(": exists; not changed\n").count(), 4, "{ran:?}");
    assert_eq!(state(&moved.0.at("lib")), before);
}

#[test]
fn nothing_is_copied_while_docker_may_write_to_it() {
    if !is_root() || !are_installed(&["unshare", "setsid"]) {
        return;
    }
    let moved = Move::new(&[path("./x", "/x")]);
    moved.write(&[path("./data", &moved.to("lib/data"))]);
    fill(&moved.0.at("project/data"));
    moved.0.file("docker-fails", "");
    let ran = moved.run();
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("Docker's containers were not stopped, and nothing was copied"), "{ran:?}");
    assert!(!moved.0.at("lib").exists());
}

#[test]
fn a_script_that_was_killed_at_any_command_can_run_again() {
    if !is_root() || !are_installed(&["unshare", "setsid"]) {
        return;
    }
    let moved = Move::new(&[path("./x", "/x")]);
    let steps = [
        path("./data", &moved.to("lib/data")),
        path("./file", &moved.to("lib/file")),
        HostStep::CopyVolume { from: "shop_db".to_owned(), to: "shop-db".to_owned() },
    ];
    fill(&moved.0.at("project/data"));
    fill(&moved.0.at("docker/shop_db"));
    moved.0.file("project/file", "file");
    let script = move_data::script("shop", &steps).unwrap();
    let expected = state(&moved.0.at("project/data"));
    // Commands of loops and of enter-folder.sh are many and alike.
    let commands = ["rm ", "mkdir ", "cp ", "sync ", "mv ", "rmdir ", "podman ", "mount "];
    let mut kills = 0;
    loop {
        // Subshells count together.
        moved.0.file("n", "");
        let trap = format!(
            "kill_at() {{ case $BASH_COMMAND in {}) printf x >>\"$STAGE/n\"; [ $(stat --format %s \"$STAGE/n\") != {} ] || kill -KILL 0 ;; esac; }}\nset -T\ntrap kill_at DEBUG\n",
            commands.map(|word| format!("{}*", word.replace(' ', "\\ "))).join("|"),
            kills + 1
        );
        moved.0.file(
            "move-data.sh",
            script.replacen("set -euo pipefail\n", &format!("set -euo pipefail\n{trap}"), 1),
        );
        let killed = moved.command().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let is_killed = !killed.success();
        if is_killed {
            moved.0.file("move-data.sh", &script);
            let ran = moved.run();
            assert_eq!(ran.code, Some(0), "after {kills} commands: {ran:?}");
        }
        for copy in ["lib/data", "podman/shop-db/_data"] {
            assert_eq!(state(&moved.0.at(copy)), expected, "after {kills} commands");
        }
        assert_eq!(names(&moved.0.at("lib")), ["data", "file"], "after {kills} commands");
        assert_eq!(names(&moved.0.at("podman/shop-db")), ["_data"], "after {kills} commands");
        assert_eq!(moved.0.read("lib/file"), "file");
        std::fs::remove_dir_all(moved.0.at("lib")).unwrap();
        std::fs::remove_dir_all(moved.0.at("podman/shop-db")).unwrap();
        if !is_killed {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 20, "the script was killed at {kills} commands");
}

#[test]
fn a_full_disk_leaves_no_part_of_a_copy() {
    if !is_root() || !are_installed(&["unshare", "setsid"]) {
        return;
    }
    let moved = Move::new(&[path("./x", "/x")]);
    moved.write(&[path("./data", &moved.to("lib/data")), path("./small", &moved.to("lib/small"))]);
    std::fs::create_dir(moved.0.at("lib")).unwrap();
    std::fs::create_dir(moved.0.at("project/data")).unwrap();
    std::fs::write(moved.0.at("project/data/large"), vec![1; 1 << 20]).unwrap();
    moved.0.file("project/small", "small");
    let script = "mount -t tmpfs -o size=128k none \"$1\" && bash \"$2\"; echo \"code=$?\"; ls -A \"$1\"";
    let (lib, file) = (moved.to("lib"), moved.to("move-data.sh"));
    let mut command = moved.0.program("unshare", &["--mount", "bash", "-c", script, "sh", &lib, &file]);
    let ran: Ran = command.current_dir(moved.0.at("project")).output().unwrap().into();
    assert!(ran.out.ends_with("code=1\nsmall\n"), "{ran:?}");
    assert!(ran.err.contains("No space left") && ran.err.contains("/data: not copied"), "{ran:?}");
}

#[test]
fn the_owner_of_a_target_folder_cannot_redirect_the_copy() {
    if !is_root() || !are_installed(&["unshare", "setsid"]) {
        return;
    }
    let moved = Move::new(&[path("./x", "/x")]);
    moved.write(&[path("./data", &moved.to("own/sub/data"))]);
    fill(&moved.0.at("project/data"));
    for folder in ["own", "own/sub", "victim"] {
        std::fs::create_dir(moved.0.at(folder)).unwrap();
    }
    symlink(moved.0.at("victim"), moved.0.at("own/link")).unwrap();
    for path in ["own", "own/sub", "own/link"] {
        give(&moved.0.at(path));
    }
    let _attacker = Attacker::exchanging(&[(moved.0.at("own/sub"), moved.0.at("own/link"))]);
    race(
        "move-data.sh",
        |_| {
            moved.run();
            for name in ["own/sub", "own/link"] {
                let _ = std::fs::remove_dir_all(moved.0.at(name).join("data"));
            }
        },
        || {
            let won = !names(&moved.0.at("victim")).is_empty();
            let _ = std::fs::remove_dir_all(moved.0.at("victim/data"));
            won
        },
    );
}

#[test]
fn the_owner_of_a_source_cannot_have_files_of_root_copied() {
    if !is_root() || !are_installed(&["unshare", "setsid"]) {
        return;
    }
    let moved = Move::new(&[path("./x", "/x")]);
    moved.write(&[path("./data", &moved.to("lib/data"))]);
    for folder in ["project/data", "project/data/sub", "victim"] {
        std::fs::create_dir(moved.0.at(folder)).unwrap();
    }
    // cp resolves the path of each folder, so the attacker has many chances in a run.
    let folders: Vec<String> = (0..30).map(|number| format!("d{number}")).collect();
    for name in &folders {
        std::fs::create_dir(moved.0.at("victim").join(name)).unwrap();
        std::fs::write(moved.0.at("victim").join(name).join("secret"), "of root").unwrap();
        std::fs::create_dir(moved.0.at("project/data/sub").join(name)).unwrap();
        give(&moved.0.at("project/data/sub").join(name));
    }
    symlink(moved.0.at("victim"), moved.0.at("project/data/link")).unwrap();
    for path in ["project/data", "project/data/sub", "project/data/link"] {
        give(&moved.0.at(path));
    }
    let pair = (moved.0.at("project/data/sub"), moved.0.at("project/data/link"));
    let _attacker = Attacker::exchanging(&[pair]);
    race(
        "move-data.sh",
        |_| {
            moved.run();
        },
        || {
            let copied = |name: &str| {
                let path = moved.0.at("lib/data").join(name);
                !path.is_symlink() && folders.iter().any(|name| path.join(name).join("secret").exists())
            };
            let won = copied("sub") || copied("link");
            let _ = std::fs::remove_dir_all(moved.0.at("lib"));
            won
        },
    );
    assert_eq!(moved.0.at("project/data").metadata().unwrap().uid(), ATTACKER);
}

#[test]
fn the_script_passes_shellcheck() {
    if !are_installed(&["shellcheck"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let volume = HostStep::CopyVolume { from: "a b".to_owned(), to: "b".to_owned() };
    for steps in [vec![path("./it's", "/x")], vec![path("~/x", "/x"), path("~", "/y")], vec![volume]] {
        let file = folder.path().join("move-data.sh");
        std::fs::write(&file, move_data::script("it's", &steps).unwrap()).unwrap();
        let found = Command::new("shellcheck").arg(&file).output().unwrap();
        assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
    }
}
