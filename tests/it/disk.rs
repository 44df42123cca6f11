//! The effect of `homegen build` on the disk: the folder is always completely old or completely new, and the user's
//! files stay.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::folder::{Tree, names, tree};
use homegen::output::is_marked;
use rustix::fs::{FlockOperation, flock};

const HOMEGEN: &str = env!("CARGO_BIN_EXE_homegen");

/// A server of `services` services. Two tags give outputs that differ in every service, and `other` ones
/// have a file that the first has not, and the other way around.
fn server(services: usize, tag: &str) -> String {
    let services: String = (0..services)
        .map(|i| {
            format!("  s{i}:\n    containers:\n      web: {{ image: \"docker.io/library/nginx:{tag}\" }}\n")
        })
        .collect();
    format!(
        "homegen: 1\nhost: {{ name: box, nixos: \"26.05\", timezone: Europe/Berlin }}\nservices:\n  tag-{}:\n    containers:\n      web: {{ image: docker.io/library/nginx:{tag} }}\n{services}",
        tag.replace('.', "-")
    )
}

/// A folder with `old.yaml` and `new.yaml`, and the output of the old one in `generated`.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(services: usize) -> Place {
        let place = Place { folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(place.at("old.yaml"), server(services, "1.27")).unwrap();
        std::fs::write(place.at("new.yaml"), server(services, "1.28")).unwrap();
        place.build("old.yaml");
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn generated(&self) -> PathBuf {
        self.at("generated")
    }

    fn homegen(&self, arguments: &[&str]) -> Output {
        Command::new(HOMEGEN).args(arguments).current_dir(self.folder.path()).output().expect("homegen runs")
    }

    fn build(&self, file: &str) -> Output {
        let output = self.homegen(&["build", file]);
        assert!(output.status.success(), "{file}: {}", said(&output));
        assert_eq!(said(&output), "", "{file}");
        output
    }

    /// The tree of the old and of the new output, beside what else is in the folder.
    fn both(&self) -> (Tree, Tree) {
        let old = tree(&self.generated());
        self.build("new.yaml");
        let new = tree(&self.generated());
        self.build("old.yaml");
        assert_eq!(tree(&self.generated()), old);
        assert_ne!(old, new);
        (old, new)
    }

    /// The files in the folder that a build should have removed.
    fn litter(&self) -> Vec<String> {
        let known = ["generated", "old.yaml", "new.yaml"];
        names(self.folder.path()).into_iter().filter(|name| !known.contains(&name.as_str())).collect()
    }

    /// Runs a build without root's capabilities, which override read-only modes. Prints a notice and returns `None`
    /// if they cannot be dropped.
    fn build_without_powers(&self, arguments: &[&str]) -> Option<Output> {
        if !rustix::process::geteuid().is_root() {
            return Some(self.homegen(arguments));
        }
        let powerless = |program: &str| {
            let mut command = Command::new("setpriv");
            command.args(["--bounding-set", "-all", "--inh-caps", "-all", program]);
            command
        };
        if !powerless("true").status().is_ok_and(|status| status.success()) {
            return skipped("setpriv cannot take root's powers");
        }
        Some(
            powerless(HOMEGEN)
                .args(arguments)
                .current_dir(self.folder.path())
                .output()
                .expect("homegen runs"),
        )
    }
}

/// Prints a clear notice that a test was skipped.
fn skipped<T>(why: &str) -> Option<T> {
    println!("\n################ SKIPPED: {why}\n");
    None
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Creates files that a user may have in the output folder.
fn keep_things_in(folder: &Path) {
    std::fs::create_dir_all(folder.join("mine/deep/deeper/still")).unwrap();
    std::fs::create_dir(folder.join("empty")).unwrap();
    for file in ["notes.txt", "services/by-hand.nix", "mine/deep/deeper/still/a", "mine/b"] {
        std::fs::write(folder.join(file), format!("{file} is mine")).unwrap();
    }
    symlink("../nowhere", folder.join("dangling")).unwrap();
    symlink("mine", folder.join("mine/deep/link")).unwrap();
    for (path, mode) in
        [("mine/b", 0o600), ("mine/deep/deeper", 0o711), ("empty", 0o555), ("services", 0o775)]
    {
        std::fs::set_permissions(folder.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Starts a build, and kills it so long after the first trace of it on the disk. Gives back whether it was
/// killed before it ended.
fn kill(place: &Place, file: &str, delay: Duration) -> bool {
    let mut child = Command::new(HOMEGEN)
        .args(["build", file])
        .current_dir(place.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("homegen runs");
    let before = place.litter();
    while place.litter() == before && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(100));
    }
    let start = Instant::now();
    while start.elapsed() < delay {
        std::hint::spin_loop();
    }
    let _ = child.kill();
    !child.wait().unwrap().success()
}

#[test]
fn a_killed_build_leaves_the_complete_old_or_new_folder() {
    let place = Place::new(40);
    keep_things_in(&place.generated());
    for i in 0..400 {
        std::fs::write(place.generated().join(format!("mine/{i}")), "mine").unwrap();
    }
    let (old, new) = place.both();
    let mut seen = [0, 0];
    let mut delay = Duration::ZERO;
    for round in 0.. {
        let to = ["new.yaml", "old.yaml"][round % 2];
        let killed = kill(&place, to, delay);
        let now = tree(&place.generated());
        assert!(now == old || now == new, "after {delay:?} it is neither the old nor the new one");
        seen[usize::from(now == if round % 2 == 0 { new.clone() } else { old.clone() })] += 1;
        assert!(place.litter().len() <= 1, "{:?}", place.litter());
        if !killed && round > 10 {
            break;
        }
        assert!(round < 1_000, "it never ends by itself");
        // Short steps at first, and after some hundred rounds longer than any build takes.
        delay += Duration::from_micros(700) + delay / 50;
    }
    println!("{} times the old one, {} times the new one", seen[0], seen[1]);
    place.build("new.yaml");
    place.build("old.yaml");
    assert_eq!(tree(&place.generated()), old);
    assert_eq!(place.litter(), [""; 0]);
}

#[test]
fn a_killed_first_build_leaves_no_folder_or_a_complete_one() {
    let place = Place::new(40);
    let whole = tree(&place.generated());
    for i in 0..12 {
        std::fs::remove_dir_all(place.generated()).unwrap();
        kill(&place, "old.yaml", Duration::from_millis(i));
        assert!(!place.generated().exists() || tree(&place.generated()) == whole, "after {i} ms");
        place.build("old.yaml");
        assert_eq!(place.litter(), [""; 0], "after {i} ms");
    }
}

/// Inode and time of writing, by path.
fn identities(folder: &Path) -> BTreeMap<PathBuf, (u64, i64, i64)> {
    tree(folder)
        .into_keys()
        .filter(|path| !folder.join(path).is_dir() || folder.join(path).is_symlink())
        .map(|path| {
            let meta = folder.join(&path).symlink_metadata().unwrap();
            (path, (meta.ino(), meta.mtime(), meta.mtime_nsec()))
        })
        .collect()
}

#[test]
fn files_of_the_user_keep_their_inode_and_time() {
    let place = Place::new(3);
    keep_things_in(&place.generated());
    std::fs::set_permissions(place.generated(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let before = (tree(&place.generated()), identities(&place.generated()));
    place.build("new.yaml");
    let after = (tree(&place.generated()), identities(&place.generated()));
    for (path, (_, text)) in &before.0 {
        let ours = is_marked(path.to_str().unwrap(), text);
        if ours && before.0.get(path) != after.0.get(path) {
            continue;
        }
        assert_eq!(after.0.get(path), before.0.get(path), "{}", path.display());
        assert_eq!(after.1.get(path), before.1.get(path), "{}", path.display());
    }
    let links = place.generated().join("notes.txt").metadata().unwrap().nlink();
    assert_eq!(links, 1, "the old folder is still somewhere");
    assert_eq!(place.litter(), [""; 0]);
}

#[test]
fn a_build_that_restores_one_file_does_not_replace_the_folder() {
    let place = Place::new(3);
    let inode = place.generated().metadata().unwrap().ino();
    let before = tree(&place.generated());
    std::fs::remove_file(place.generated().join("host.nix")).unwrap();
    place.build("old.yaml");
    assert_eq!(place.generated().metadata().unwrap().ino(), inode);
    assert_eq!(tree(&place.generated()), before);
    assert_eq!(place.litter(), [""; 0]);
}

#[test]
fn a_file_and_the_record_are_replaced_together() {
    // Killed between two renames, a build would leave a file that the record does not have.
    let place = Place::new(3);
    let inode = place.generated().metadata().unwrap().ino();
    std::fs::write(place.at("old.yaml"), server(3, "1.27").replace("Berlin", "Vienna")).unwrap();
    place.build("old.yaml");
    assert_ne!(place.generated().metadata().unwrap().ino(), inode);
    assert!(std::fs::read_to_string(place.generated().join("host.nix")).unwrap().contains("Vienna"));
    assert_eq!(place.litter(), [""; 0]);
}

#[test]
fn an_output_folder_around_others_leaves_them_unchanged() {
    let place = Place::new(3);
    for host in ["a", "b", "c"] {
        std::fs::create_dir_all(place.at("hosts").join(host)).unwrap();
        std::fs::copy(place.at("old.yaml"), place.at("hosts").join(host).join("homeserver.yaml")).unwrap();
        assert!(place.homegen(&["build", &format!("hosts/{host}/homeserver.yaml")]).status.success());
        // A file that a user adopted from an output still begins with the mark.
        let adopted = place.at("hosts").join(host).join("adopted.nix");
        std::fs::copy(place.generated().join("services/s0.nix"), adopted).unwrap();
    }
    std::fs::copy(place.generated().join("services/s0.nix"), place.at("hosts/adopted.nix")).unwrap();
    let before = tree(&place.at("hosts"));
    for file in ["old.yaml", "new.yaml", "old.yaml"] {
        let output = place.homegen(&["build", file, "-o", "hosts"]);
        assert!(output.status.success(), "{}", said(&output));
        let after = tree(&place.at("hosts"));
        for (path, content) in before.iter().filter(|(path, _)| *path != Path::new("")) {
            assert_eq!(after.get(path), Some(content), "{file}: {}", path.display());
        }
    }
    // And it prunes its own.
    assert!(place.at("hosts/services/tag-1-27.nix").exists());
    assert!(!place.at("hosts/services/tag-1-28.nix").exists());
}

#[test]
fn nested_output_folders_survive_builds_at_the_same_time() {
    let place = Place::new(20);
    assert!(place.homegen(&["build", "old.yaml", "-o", "generated/inner"]).status.success());
    for round in 0..6 {
        let (outer, inner) = (["new.yaml", "old.yaml"][round % 2], ["old.yaml", "new.yaml"][round / 2 % 2]);
        let children =
            [vec!["build", outer], vec!["build", inner, "-o", "generated/inner"]].map(|arguments| {
                Command::new(HOMEGEN)
                    .args(arguments)
                    .current_dir(place.folder.path())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            });
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        }
        for (file, folder) in [(outer, "generated"), (inner, "generated/inner")] {
            let output = place.homegen(&["build", file, "-o", folder, "--check"]);
            assert!(output.status.success(), "{file} in {folder}: {}", said(&output));
        }
        assert_eq!(place.litter(), [""; 0]);
    }
}

#[test]
fn an_unusable_record_prunes_no_file_and_keeps_edits() {
    let place = Place::new(3);
    let record = std::fs::read_to_string(place.generated().join("homegen.json")).unwrap();
    let before = tree(&place.generated());
    let edited = place.generated().join("services/s0.nix");
    let text = std::fs::read_to_string(&edited).unwrap();
    for (name, damaged) in [
        ("empty", String::new()),
        ("truncated", record[..record.len() / 3].to_owned()),
        ("older", record.replace("\"version\": 1", "\"version\": 0")),
        ("newer", record.replace("\"version\": 1", "\"version\": 7")),
        (
            "conflict",
            record.replacen("  \"services\"", "<<<<<<< HEAD\n=======\n>>>>>>> a\n  \"services\"", 1),
        ),
    ] {
        std::fs::write(place.generated().join("homegen.json"), &damaged).unwrap();
        std::fs::write(&edited, format!("{text}# by hand\n")).unwrap();
        let damaged = tree(&place.generated());
        let output = place.homegen(&["build", "new.yaml"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", said(&output));
        assert!(said(&output).contains("services/s0.nix") && said(&output).contains("--force"), "{name}");
        let difference = String::from_utf8_lossy(&output.stdout);
        assert!(difference.contains("\n-# by hand\n"), "{name}: {difference}");
        assert_eq!(tree(&place.generated()), damaged, "{name}");
        // Without the edit, a file that some part of the record knows is overwritten.
        std::fs::write(&edited, &text).unwrap();
        let output = place.homegen(&["build", "new.yaml", "--force"]);
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert!(said(&output).contains("homegen.json"), "{name}: {}", said(&output));
        assert!(said(&output).contains("services/tag-1-27.nix"), "{name}: {}", said(&output));
        assert!(place.generated().join("services/tag-1-27.nix").exists(), "{name}");
        std::fs::remove_dir_all(place.generated()).unwrap();
        place.build("old.yaml");
        assert_eq!(tree(&place.generated()), before, "{name}");
    }
}

#[test]
fn an_output_without_a_record_gets_one_and_loses_no_file() {
    let place = Place::new(3);
    std::fs::remove_file(place.generated().join("homegen.json")).unwrap();
    assert_eq!(place.homegen(&["build", "old.yaml", "--check"]).status.code(), Some(1));
    let output = place.homegen(&["build", "new.yaml"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("services/tag-1-27.nix"), "{}", said(&output));
    assert!(place.generated().join("services/tag-1-27.nix").exists());
    assert!(place.generated().join("services/tag-1-28.nix").exists());
    place.build("old.yaml");
    assert!(!place.generated().join("services/tag-1-28.nix").exists());
}

#[test]
fn a_foreign_entry_in_place_of_the_record_is_kept() {
    let place = Place::new(1);
    let record = place.generated().join("homegen.json");
    let text = std::fs::read(&record).unwrap();
    std::fs::write(place.at("kept"), &text).unwrap();
    let make: [(&str, &dyn Fn()); 4] = [
        ("a file", &|| std::fs::write(&record, "{ \"mine\": true }").unwrap()),
        ("a binary file", &|| std::fs::write(&record, [0u8, 255, 1, 0]).unwrap()),
        ("a folder", &|| std::fs::create_dir(&record).unwrap()),
        ("a link", &|| symlink("../kept", &record).unwrap()),
    ];
    for (name, make) in make {
        std::fs::remove_file(&record).or_else(|_| std::fs::remove_dir(&record)).unwrap();
        make();
        let before = tree(place.folder.path());
        for arguments in
            [&["build", "new.yaml"][..], &["build", "old.yaml", "--force"], &["check", "new.yaml"]]
        {
            let output = place.homegen(arguments);
            let code = if arguments[0] == "check" { 0 } else { 2 };
            assert_eq!(output.status.code(), Some(code), "{name}: {}", said(&output));
            assert_eq!(code == 2, said(&output).contains("homegen.json"), "{name}: {}", said(&output));
            assert_eq!(tree(place.folder.path()), before, "{name}");
        }
    }
}

#[test]
fn a_record_larger_than_32_mib_is_not_read() {
    let place = Place::new(1);
    let record = place.generated().join("homegen.json");
    let file = std::fs::File::options().append(true).open(&record).unwrap();
    file.set_len(3 << 30).unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 1000000; exec \"$0\" build old.yaml", HOMEGEN])
        .current_dir(place.folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("is larger than 32 MiB"), "{}", said(&output));
    assert!(record.metadata().unwrap().len() < 10_000);
}

#[test]
fn an_edited_file_is_kept_without_force() {
    let place = Place::new(3);
    let (kept, edited) = ("services/tag-1-27.nix", "services/s0.nix");
    for path in [kept, edited] {
        let text = std::fs::read_to_string(place.generated().join(path)).unwrap();
        std::fs::write(place.generated().join(path), text + "# by hand\n").unwrap();
    }
    let before = tree(&place.generated());
    for file in ["old.yaml", "new.yaml"] {
        let output = place.homegen(&["build", file]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(edited), "{}", said(&output));
        assert_eq!(place.homegen(&["build", file, "--check"]).status.code(), Some(1));
        assert_eq!(tree(&place.generated()), before);
    }
    // `--force` does not delete unused files.
    let output = place.homegen(&["build", "new.yaml", "--force"]);
    assert!(output.status.success() && said(&output).contains(kept), "{}", said(&output));
    assert_eq!(tree(&place.generated())[Path::new(kept)], before[Path::new(kept)]);
    assert_ne!(tree(&place.generated())[Path::new(edited)], before[Path::new(edited)]);
}

#[test]
fn a_reformatted_file_is_overwritten() {
    let place = Place::new(3);
    let (_, new) = place.both();
    for (path, (mode, text)) in tree(&place.generated()) {
        if mode & 0o170000 == 0o100000 {
            let text = String::from_utf8(text).unwrap();
            let wide = text.replace("  ", "\t").replace(" = ", "  =\n    ").replace('\n', "\r\n");
            std::fs::write(place.generated().join(path), wide).unwrap();
        }
    }
    place.build("new.yaml");
    assert_eq!(tree(&place.generated()), new);
}

#[test]
fn a_link_to_the_output_folder_is_kept() {
    let place = Place::new(3);
    let (_, new) = place.both();
    std::fs::create_dir(place.at("elsewhere")).unwrap();
    std::fs::rename(place.generated(), place.at("elsewhere/real")).unwrap();
    symlink("elsewhere/real", place.generated()).unwrap();
    place.build("new.yaml");
    assert_eq!(std::fs::read_link(place.generated()).unwrap(), Path::new("elsewhere/real"));
    assert_eq!(tree(&place.at("elsewhere/real")), new);
    assert_eq!(names(&place.at("elsewhere")), ["real"]);
    assert_eq!(place.litter(), ["elsewhere"]);
    std::fs::remove_dir_all(place.at("elsewhere/real")).unwrap();
    let output = place.homegen(&["build", "new.yaml"]);
    assert_eq!(output.status.code(), Some(2), "a link that leads nowhere is not replaced");
    assert!(place.generated().is_symlink());
}

#[test]
fn a_build_from_inside_the_output_folder_prints_a_cd_command() {
    let place = Place::new(3);
    let output =
        Command::new(HOMEGEN).args(["build", "../new.yaml"]).current_dir(place.generated()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("cd "), "nothing about the new folder");
}

#[test]
fn a_read_only_folder_is_unchanged() {
    let place = Place::new(3);
    let (old, new) = place.both();
    let set = |path: &str, mode: u32| {
        std::fs::set_permissions(place.at(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for folder in ["generated", "generated/services"] {
        set(folder, 0o555);
        let Some(output) = place.build_without_powers(&["build", "new.yaml"]) else {
            return set(folder, 0o755);
        };
        set(folder, 0o755);
        assert_eq!(output.status.code(), Some(2), "{folder}");
        assert!(said(&output).contains("generated was not changed"), "{}", said(&output));
        assert!(said(&output).contains("-o"), "{}", said(&output));
        assert_eq!(tree(&place.generated()), old);
        assert_eq!(place.litter(), [""; 0]);
    }
    // With nothing beside it the folder is written file by file.
    set(".", 0o555);
    let output = place.build_without_powers(&["build", "new.yaml"]).unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(tree(&place.generated()), new);
    set("generated", 0o555);
    let output = place.build_without_powers(&["build", "old.yaml"]).unwrap();
    set("generated", 0o755);
    set(".", 0o755);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(tree(&place.generated()), new);
    // There is no folder yet, and none can be made.
    std::fs::remove_dir_all(place.generated()).unwrap();
    set(".", 0o555);
    let output = place.build_without_powers(&["build", "old.yaml"]).unwrap();
    set(".", 0o755);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(place.litter(), [""; 0]);
}

#[test]
fn build_check_touches_no_file() {
    let place = Place::new(3);
    let leftover = place.at(".generated.homegen-abc123");
    std::fs::create_dir(&leftover).unwrap();
    let before = tree(place.folder.path());
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let times = (time(place.folder.path()), time(&place.generated()));
    for (file, code) in [("new.yaml", 1), ("old.yaml", 0)] {
        assert_eq!(place.homegen(&["build", file, "--check"]).status.code(), Some(code));
    }
    assert_eq!(place.homegen(&["build", "old.yaml", "--check", "-o", "no/such"]).status.code(), Some(1));
    assert_eq!(tree(place.folder.path()), before);
    assert_eq!((time(place.folder.path()), time(&place.generated())), times);
}

#[test]
fn only_leftovers_of_a_build_are_removed() {
    let place = Place::new(3);
    let marked = "# Generated by homegen\n";
    for folder in [".generated.homegen-abc123", "generated/.homegen-abc123"] {
        std::fs::create_dir_all(place.at(folder).join("services")).unwrap();
        std::fs::write(place.at(folder).join("services/a.nix"), marked).unwrap();
        std::fs::write(place.at(folder).join("half.nix"), &marked[..9]).unwrap();
        std::fs::hard_link(place.at("old.yaml"), place.at(folder).join("linked")).unwrap();
    }
    // A file that has one of these names, another output's folder, and a folder with a longer name.
    std::fs::write(place.at(".generated.homegen-file00"), "mine").unwrap();
    std::fs::create_dir(place.at(".other.homegen-abc123")).unwrap();
    std::fs::create_dir(place.at(".generated.homegen-backup1")).unwrap();
    // And a stage in which a user saved a file.
    std::fs::create_dir(place.at(".generated.homegen-saved0")).unwrap();
    std::fs::write(place.at(".generated.homegen-saved0/notes"), "mine").unwrap();
    std::fs::write(place.at(".generated.homegen-saved0/a.nix"), marked).unwrap();
    let output = place.homegen(&["build", "old.yaml"]);
    assert!(output.status.success());
    assert!(said(&output).contains(".generated.homegen-saved0"), "{}", said(&output));
    assert_eq!(
        place.litter(),
        [
            ".generated.homegen-backup1",
            ".generated.homegen-file00",
            ".generated.homegen-saved0",
            ".other.homegen-abc123"
        ]
    );
    assert_eq!(names(&place.at(".generated.homegen-saved0")), ["notes"]);
    assert!(!place.generated().join(".homegen-abc123").exists());
    assert!(place.at("old.yaml").exists());
}

#[test]
fn builds_at_the_same_time_succeed_and_leave_a_complete_folder() {
    let place = Place::new(20);
    let (old, new) = place.both();
    for _ in 0..3 {
        let children: Vec<_> = (0..6)
            .map(|i| {
                Command::new(HOMEGEN)
                    .args(["build", ["old.yaml", "new.yaml"][i % 2]])
                    .current_dir(place.folder.path())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        }
        let now = tree(&place.generated());
        assert!(now == old || now == new);
        assert_eq!(place.litter(), [""; 0]);
        // And once where there is nothing yet.
        std::fs::remove_dir_all(place.generated()).unwrap();
    }
}

#[test]
fn a_build_waits_for_a_running_build() {
    let place = Place::new(3);
    let (old, new) = place.both();
    let lock = std::fs::File::open(place.folder.path()).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let child = Command::new(HOMEGEN)
        .args(["build", "new.yaml"])
        .current_dir(place.folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Once it has opened the folder it asks for the lock, again and again.
    let opened = || {
        let files = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
        let mut targets = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        targets.any(|target| target == place.folder.path())
    };
    while !opened() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(tree(&place.generated()), old, "it did not wait");
    drop(lock);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(tree(&place.generated()), new);
}

#[test]
fn a_file_size_limit_leaves_the_old_folder() {
    let place = Place::new(3);
    let (old, _) = place.both();
    let limited = |before: &str| {
        Command::new("sh")
            .args(["-c", &format!("{before} ulimit -f 1; exec \"$0\" build new.yaml"), HOMEGEN])
            .current_dir(place.folder.path())
            .output()
            .unwrap()
    };
    let output = limited("trap '' XFSZ;");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("generated was not changed; free some space"), "{}", said(&output));
    assert_eq!(tree(&place.generated()), old);
    assert_eq!(place.litter(), [""; 0]);
    // By default the signal kills.
    assert!(!limited("").status.success());
    assert_eq!(tree(&place.generated()), old);
    place.build("old.yaml");
    assert_eq!(place.litter(), [""; 0]);
}

/// Runs a shell script in its own mount namespace, with the binary as `$0`. Prints a notice and returns `None` if
/// mounts are not permitted.
fn with_mounts(place: &Place, script: &str) -> Option<Output> {
    let run = |script: &str| {
        Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-euc", script, HOMEGEN])
            .current_dir(place.folder.path())
            .output()
    };
    if !run("mkdir probe; mount -t tmpfs none probe").is_ok_and(|output| output.status.success()) {
        return skipped("nothing may be mounted here");
    }
    std::fs::remove_dir(place.at("probe")).unwrap();
    Some(run(script).unwrap())
}

#[test]
fn a_full_disk_leaves_the_old_folder() {
    let place = Place::new(10);
    let Some(output) = with_mounts(
        &place,
        "
        mkdir disk new
        mount -t tmpfs -o size=256k,nr_inodes=200 none disk
        cp -r generated new/generated
        \"$0\" build new.yaml -o new/generated >/dev/null
        \"$0\" build old.yaml -o disk/generated >/dev/null
        cp -r disk/generated old
        failed=0
        for free in 0 4 8 16 24 32 40 48 56 64 80 128; do
            rm -f disk/fill
            dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null || true
            [ $free = 0 ] || truncate -s -${free}k disk/fill
            if \"$0\" build new.yaml -o disk/generated >/dev/null 2>said; then
                diff -r disk/generated new/generated
                rm disk/fill
                \"$0\" build old.yaml -o disk/generated >/dev/null
            else
                failed=$((failed + 1))
                grep -q 'was not changed; free some space' said
            fi
            diff -r disk/generated old
            [ \"$(ls -A disk | grep -v fill)\" = generated ]
        done
        echo $failed failed
        ",
    ) else {
        return;
    };
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", said(&output));
    let failed: usize = stdout.split(' ').next().unwrap().trim().parse().unwrap();
    assert!((2..12).contains(&failed), "the disk was never full, or always: {stdout}");
}

#[test]
fn a_mount_point_is_written_file_by_file() {
    let place = Place::new(3);
    let Some(output) = with_mounts(
        &place,
        "
        mkdir new
        \"$0\" build new.yaml -o new/generated >/dev/null
        cp -r generated old
        mount --bind generated generated
        \"$0\" build new.yaml
        diff -r generated new/generated
        mount -o remount,bind,ro generated
        if \"$0\" build old.yaml; then exit 1; fi
        diff -r generated new/generated
        umount generated
        mount --bind . .
        cd \"$PWD\"
        mount -o remount,bind,ro .
        if \"$0\" build old.yaml; then exit 1; fi
        diff -r generated new/generated
        ",
    ) else {
        return;
    };
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), said(&output));
    assert_eq!(said(&output).matches("generated was not changed").count(), 2, "{}", said(&output));
    assert_eq!(place.litter(), ["new", "old"]);
}
