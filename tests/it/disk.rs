//! The effect of `homegen build` on the disk: the folder is always completely old or completely new, and the files of
//! the user are kept.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::folder::{Tree, names, tree};
use homegen::output::is_marked;
use rustix::fs::{FlockOperation, flock};

const HOMEGEN: &str = env!("CARGO_BIN_EXE_homegen");

/// A host with `services` services. The outputs for two tags differ in every service, and each has a file that the
/// other does not have.
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
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new(services: usize) -> Project {
        let project = Project { folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(project.at("old.yaml"), server(services, "1.27")).unwrap();
        std::fs::write(project.at("new.yaml"), server(services, "1.28")).unwrap();
        project.build("old.yaml");
        project
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
        assert!(output.status.success(), "{file}: {}", stderr(&output));
        assert_eq!(stderr(&output), "", "{file}");
        output
    }

    /// The trees of the folder with the old and with the new output.
    fn old_and_new(&self) -> (Tree, Tree) {
        let old = tree(&self.generated());
        self.build("new.yaml");
        let new = tree(&self.generated());
        self.build("old.yaml");
        assert_eq!(tree(&self.generated()), old);
        assert_ne!(old, new);
        (old, new)
    }

    /// The files in the folder that a build should have removed.
    fn leftovers(&self) -> Vec<String> {
        let known = ["generated", "old.yaml", "new.yaml"];
        names(self.folder.path()).into_iter().filter(|name| !known.contains(&name.as_str())).collect()
    }

    /// Runs a build without root's capabilities, which override read-only modes. Prints a notice and returns `None`
    /// if they cannot be dropped.
    fn build_without_capabilities(&self, arguments: &[&str]) -> Option<Output> {
        if !rustix::process::geteuid().is_root() {
            return Some(self.homegen(arguments));
        }
        let without_capabilities = |program: &str| {
            let mut command = Command::new("setpriv");
            command.args(["--bounding-set", "-all", "--inh-caps", "-all", program]);
            command
        };
        if !without_capabilities("true").status().is_ok_and(|status| status.success()) {
            return skipped("setpriv cannot take root's powers");
        }
        Some(
            without_capabilities(HOMEGEN)
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

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Creates files that a user may have in the output folder.
fn add_user_files(folder: &Path) {
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

/// Starts a build, and kills it `delay` after its first change on the disk. Returns true if it was killed before its
/// end.
fn build_and_kill(project: &Project, file: &str, delay: Duration) -> bool {
    let mut child = Command::new(HOMEGEN)
        .args(["build", file])
        .current_dir(project.folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("homegen runs");
    let before = project.leftovers();
    while project.leftovers() == before && child.try_wait().unwrap().is_none() {
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
    let project = Project::new(40);
    add_user_files(&project.generated());
    for i in 0..400 {
        std::fs::write(project.generated().join(format!("mine/{i}")), "mine").unwrap();
    }
    let (old, new) = project.old_and_new();
    let mut seen = [0, 0];
    let mut delay = Duration::ZERO;
    for round in 0.. {
        let to = ["new.yaml", "old.yaml"][round % 2];
        let killed = build_and_kill(&project, to, delay);
        let now = tree(&project.generated());
        assert!(now == old || now == new, "after {delay:?} it is neither the old nor the new one");
        seen[usize::from(now == if round % 2 == 0 { new.clone() } else { old.clone() })] += 1;
        assert!(project.leftovers().len() <= 1, "{:?}", project.leftovers());
        if !killed && round > 10 {
            break;
        }
        assert!(round < 1_000, "it never ends by itself");
        // Short steps at first, and after some hundred rounds longer than any build takes.
        delay += Duration::from_micros(700) + delay / 50;
    }
    println!("{} times the old one, {} times the new one", seen[0], seen[1]);
    project.build("new.yaml");
    project.build("old.yaml");
    assert_eq!(tree(&project.generated()), old);
    assert_eq!(project.leftovers(), [""; 0]);
}

#[test]
fn a_killed_first_build_leaves_no_folder_or_a_complete_one() {
    let project = Project::new(40);
    let whole = tree(&project.generated());
    for i in 0..12 {
        std::fs::remove_dir_all(project.generated()).unwrap();
        build_and_kill(&project, "old.yaml", Duration::from_millis(i));
        assert!(!project.generated().exists() || tree(&project.generated()) == whole, "after {i} ms");
        project.build("old.yaml");
        assert_eq!(project.leftovers(), [""; 0], "after {i} ms");
    }
}

/// The inode and the modification time of each file, by path.
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
    let project = Project::new(3);
    add_user_files(&project.generated());
    std::fs::set_permissions(project.generated(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let before = (tree(&project.generated()), identities(&project.generated()));
    project.build("new.yaml");
    let after = (tree(&project.generated()), identities(&project.generated()));
    for (path, (_, text)) in &before.0 {
        let ours = is_marked(path.to_str().unwrap(), text);
        if ours && before.0.get(path) != after.0.get(path) {
            continue;
        }
        assert_eq!(after.0.get(path), before.0.get(path), "{}", path.display());
        assert_eq!(after.1.get(path), before.1.get(path), "{}", path.display());
    }
    let links = project.generated().join("notes.txt").metadata().unwrap().nlink();
    assert_eq!(links, 1, "the old folder is still somewhere");
    assert_eq!(project.leftovers(), [""; 0]);
}

#[test]
fn a_build_that_restores_one_file_does_not_replace_the_folder() {
    let project = Project::new(3);
    let inode = project.generated().metadata().unwrap().ino();
    let before = tree(&project.generated());
    std::fs::remove_file(project.generated().join("host.nix")).unwrap();
    project.build("old.yaml");
    assert_eq!(project.generated().metadata().unwrap().ino(), inode);
    assert_eq!(tree(&project.generated()), before);
    assert_eq!(project.leftovers(), [""; 0]);
}

#[test]
fn a_file_and_the_record_are_replaced_together() {
    // A build that is killed between two renames would leave a file without an entry in the record.
    let project = Project::new(3);
    let inode = project.generated().metadata().unwrap().ino();
    std::fs::write(project.at("old.yaml"), server(3, "1.27").replace("Berlin", "Vienna")).unwrap();
    project.build("old.yaml");
    assert_ne!(project.generated().metadata().unwrap().ino(), inode);
    assert!(std::fs::read_to_string(project.generated().join("host.nix")).unwrap().contains("Vienna"));
    assert_eq!(project.leftovers(), [""; 0]);
}

#[test]
fn an_output_folder_around_others_leaves_them_unchanged() {
    let project = Project::new(3);
    for host in ["a", "b", "c"] {
        std::fs::create_dir_all(project.at("hosts").join(host)).unwrap();
        std::fs::copy(project.at("old.yaml"), project.at("hosts").join(host).join("homeserver.yaml"))
            .unwrap();
        assert!(project.homegen(&["build", &format!("hosts/{host}/homeserver.yaml")]).status.success());
        // A file that a user adopted from an output still begins with the mark.
        let adopted = project.at("hosts").join(host).join("adopted.nix");
        std::fs::copy(project.generated().join("services/s0.nix"), adopted).unwrap();
    }
    std::fs::copy(project.generated().join("services/s0.nix"), project.at("hosts/adopted.nix")).unwrap();
    let before = tree(&project.at("hosts"));
    for file in ["old.yaml", "new.yaml", "old.yaml"] {
        let output = project.homegen(&["build", file, "-o", "hosts"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let after = tree(&project.at("hosts"));
        for (path, content) in before.iter().filter(|(path, _)| *path != Path::new("")) {
            assert_eq!(after.get(path), Some(content), "{file}: {}", path.display());
        }
    }
    // The build prunes its own files.
    assert!(project.at("hosts/services/tag-1-27.nix").exists());
    assert!(!project.at("hosts/services/tag-1-28.nix").exists());
}

#[test]
fn nested_output_folders_survive_builds_at_the_same_time() {
    let project = Project::new(20);
    assert!(project.homegen(&["build", "old.yaml", "-o", "generated/inner"]).status.success());
    for round in 0..6 {
        let (outer, inner) = (["new.yaml", "old.yaml"][round % 2], ["old.yaml", "new.yaml"][round / 2 % 2]);
        let children =
            [vec!["build", outer], vec!["build", inner, "-o", "generated/inner"]].map(|arguments| {
                Command::new(HOMEGEN)
                    .args(arguments)
                    .current_dir(project.folder.path())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            });
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
        for (file, folder) in [(outer, "generated"), (inner, "generated/inner")] {
            let output = project.homegen(&["build", file, "-o", folder, "--check"]);
            assert!(output.status.success(), "{file} in {folder}: {}", stderr(&output));
        }
        assert_eq!(project.leftovers(), [""; 0]);
    }
}

#[test]
fn an_unusable_record_prunes_no_file_and_keeps_edits() {
    let project = Project::new(3);
    let record = std::fs::read_to_string(project.generated().join("homegen.json")).unwrap();
    let before = tree(&project.generated());
    let edited = project.generated().join("services/s0.nix");
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
        std::fs::write(project.generated().join("homegen.json"), &damaged).unwrap();
        std::fs::write(&edited, format!("{text}# by hand\n")).unwrap();
        let damaged = tree(&project.generated());
        let output = project.homegen(&["build", "new.yaml"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains("services/s0.nix") && stderr(&output).contains("--force"), "{name}");
        let difference = String::from_utf8_lossy(&output.stdout);
        assert!(difference.contains("\n-# by hand\n"), "{name}: {difference}");
        assert_eq!(tree(&project.generated()), damaged, "{name}");
        // An unedited file is overwritten if a part of the record contains it.
        std::fs::write(&edited, &text).unwrap();
        let output = project.homegen(&["build", "new.yaml", "--force"]);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains("homegen.json"), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains("services/tag-1-27.nix"), "{name}: {}", stderr(&output));
        assert!(project.generated().join("services/tag-1-27.nix").exists(), "{name}");
        std::fs::remove_dir_all(project.generated()).unwrap();
        project.build("old.yaml");
        assert_eq!(tree(&project.generated()), before, "{name}");
    }
}

#[test]
fn an_output_without_a_record_gets_one_and_loses_no_file() {
    let project = Project::new(3);
    std::fs::remove_file(project.generated().join("homegen.json")).unwrap();
    assert_eq!(project.homegen(&["build", "old.yaml", "--check"]).status.code(), Some(1));
    let output = project.homegen(&["build", "new.yaml"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("services/tag-1-27.nix"), "{}", stderr(&output));
    assert!(project.generated().join("services/tag-1-27.nix").exists());
    assert!(project.generated().join("services/tag-1-28.nix").exists());
    project.build("old.yaml");
    assert!(!project.generated().join("services/tag-1-28.nix").exists());
}

#[test]
fn a_foreign_entry_in_place_of_the_record_is_kept() {
    let project = Project::new(1);
    let record = project.generated().join("homegen.json");
    let text = std::fs::read(&record).unwrap();
    std::fs::write(project.at("kept"), &text).unwrap();
    let make: [(&str, &dyn Fn()); 4] = [
        ("a file", &|| std::fs::write(&record, "{ \"mine\": true }").unwrap()),
        ("a binary file", &|| std::fs::write(&record, [0u8, 255, 1, 0]).unwrap()),
        ("a folder", &|| std::fs::create_dir(&record).unwrap()),
        ("a link", &|| symlink("../kept", &record).unwrap()),
    ];
    for (name, make) in make {
        std::fs::remove_file(&record).or_else(|_| std::fs::remove_dir(&record)).unwrap();
        make();
        let before = tree(project.folder.path());
        for arguments in
            [&["build", "new.yaml"][..], &["build", "old.yaml", "--force"], &["check", "new.yaml"]]
        {
            let output = project.homegen(arguments);
            let code = if arguments[0] == "check" { 0 } else { 2 };
            assert_eq!(output.status.code(), Some(code), "{name}: {}", stderr(&output));
            assert_eq!(code == 2, stderr(&output).contains("homegen.json"), "{name}: {}", stderr(&output));
            assert_eq!(tree(project.folder.path()), before, "{name}");
        }
    }
}

#[test]
fn a_record_larger_than_32_mib_is_not_read() {
    let project = Project::new(1);
    let record = project.generated().join("homegen.json");
    let file = std::fs::File::options().append(true).open(&record).unwrap();
    file.set_len(3 << 30).unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 1000000; exec \"$0\" build old.yaml", HOMEGEN])
        .current_dir(project.folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("is larger than 32 MiB"), "{}", stderr(&output));
    assert!(record.metadata().unwrap().len() < 10_000);
}

#[test]
fn an_edited_file_is_kept_without_force() {
    let project = Project::new(3);
    let (kept, edited) = ("services/tag-1-27.nix", "services/s0.nix");
    for path in [kept, edited] {
        let text = std::fs::read_to_string(project.generated().join(path)).unwrap();
        std::fs::write(project.generated().join(path), text + "# by hand\n").unwrap();
    }
    let before = tree(&project.generated());
    for file in ["old.yaml", "new.yaml"] {
        let output = project.homegen(&["build", file]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(edited), "{}", stderr(&output));
        assert_eq!(project.homegen(&["build", file, "--check"]).status.code(), Some(1));
        assert_eq!(tree(&project.generated()), before);
    }
    // `--force` does not delete unused files.
    let output = project.homegen(&["build", "new.yaml", "--force"]);
    assert!(output.status.success() && stderr(&output).contains(kept), "{}", stderr(&output));
    assert_eq!(tree(&project.generated())[Path::new(kept)], before[Path::new(kept)]);
    assert_ne!(tree(&project.generated())[Path::new(edited)], before[Path::new(edited)]);
}

#[test]
fn a_reformatted_file_is_overwritten() {
    let project = Project::new(3);
    let (_, new) = project.old_and_new();
    for (path, (mode, text)) in tree(&project.generated()) {
        if mode & 0o170000 == 0o100000 {
            let text = String::from_utf8(text).unwrap();
            let wide = text.replace("  ", "\t").replace(" = ", "  =\n    ").replace('\n', "\r\n");
            std::fs::write(project.generated().join(path), wide).unwrap();
        }
    }
    project.build("new.yaml");
    assert_eq!(tree(&project.generated()), new);
}

#[test]
fn a_link_to_the_output_folder_is_kept() {
    let project = Project::new(3);
    let (_, new) = project.old_and_new();
    std::fs::create_dir(project.at("elsewhere")).unwrap();
    std::fs::rename(project.generated(), project.at("elsewhere/real")).unwrap();
    symlink("elsewhere/real", project.generated()).unwrap();
    project.build("new.yaml");
    assert_eq!(std::fs::read_link(project.generated()).unwrap(), Path::new("elsewhere/real"));
    assert_eq!(tree(&project.at("elsewhere/real")), new);
    assert_eq!(names(&project.at("elsewhere")), ["real"]);
    assert_eq!(project.leftovers(), ["elsewhere"]);
    std::fs::remove_dir_all(project.at("elsewhere/real")).unwrap();
    let output = project.homegen(&["build", "new.yaml"]);
    assert_eq!(output.status.code(), Some(2), "a link that leads nowhere is not replaced");
    assert!(project.generated().is_symlink());
}

#[test]
fn a_build_from_inside_the_output_folder_prints_a_cd_command() {
    let project = Project::new(3);
    let output = Command::new(HOMEGEN)
        .args(["build", "../new.yaml"])
        .current_dir(project.generated())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("cd "), "nothing about the new folder");
}

#[test]
fn a_read_only_folder_is_unchanged() {
    let project = Project::new(3);
    let (old, new) = project.old_and_new();
    let set = |path: &str, mode: u32| {
        std::fs::set_permissions(project.at(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for folder in ["generated", "generated/services"] {
        set(folder, 0o555);
        let Some(output) = project.build_without_capabilities(&["build", "new.yaml"]) else {
            return set(folder, 0o755);
        };
        set(folder, 0o755);
        assert_eq!(output.status.code(), Some(2), "{folder}");
        assert!(stderr(&output).contains("generated was not changed"), "{}", stderr(&output));
        assert!(stderr(&output).contains("-o"), "{}", stderr(&output));
        assert_eq!(tree(&project.generated()), old);
        assert_eq!(project.leftovers(), [""; 0]);
    }
    // The folder is written file by file if no other folder can be created beside it.
    set(".", 0o555);
    let output = project.build_without_capabilities(&["build", "new.yaml"]).unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(tree(&project.generated()), new);
    set("generated", 0o555);
    let output = project.build_without_capabilities(&["build", "old.yaml"]).unwrap();
    set("generated", 0o755);
    set(".", 0o755);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(tree(&project.generated()), new);
    // There is no folder yet, and it cannot be created.
    std::fs::remove_dir_all(project.generated()).unwrap();
    set(".", 0o555);
    let output = project.build_without_capabilities(&["build", "old.yaml"]).unwrap();
    set(".", 0o755);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(project.leftovers(), [""; 0]);
}

#[test]
fn build_check_touches_no_file() {
    let project = Project::new(3);
    let leftover = project.at(".generated.homegen-abc123");
    std::fs::create_dir(&leftover).unwrap();
    let before = tree(project.folder.path());
    let time = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let times = (time(project.folder.path()), time(&project.generated()));
    for (file, code) in [("new.yaml", 1), ("old.yaml", 0)] {
        assert_eq!(project.homegen(&["build", file, "--check"]).status.code(), Some(code));
    }
    assert_eq!(project.homegen(&["build", "old.yaml", "--check", "-o", "no/such"]).status.code(), Some(1));
    assert_eq!(tree(project.folder.path()), before);
    assert_eq!((time(project.folder.path()), time(&project.generated())), times);
}

#[test]
fn only_leftovers_of_a_build_are_removed() {
    let project = Project::new(3);
    let marked = "# Generated by homegen\n";
    for folder in [".generated.homegen-abc123", "generated/.homegen-abc123"] {
        std::fs::create_dir_all(project.at(folder).join("services")).unwrap();
        std::fs::write(project.at(folder).join("services/a.nix"), marked).unwrap();
        std::fs::write(project.at(folder).join("half.nix"), &marked[..9]).unwrap();
        std::fs::hard_link(project.at("old.yaml"), project.at(folder).join("linked")).unwrap();
    }
    // A file with such a name, the folder of another output, and a folder with a longer name.
    std::fs::write(project.at(".generated.homegen-file00"), "mine").unwrap();
    std::fs::create_dir(project.at(".other.homegen-abc123")).unwrap();
    std::fs::create_dir(project.at(".generated.homegen-backup1")).unwrap();
    // A temporary folder in which a user saved a file.
    std::fs::create_dir(project.at(".generated.homegen-saved0")).unwrap();
    std::fs::write(project.at(".generated.homegen-saved0/notes"), "mine").unwrap();
    std::fs::write(project.at(".generated.homegen-saved0/a.nix"), marked).unwrap();
    let output = project.homegen(&["build", "old.yaml"]);
    assert!(output.status.success());
    assert!(stderr(&output).contains(".generated.homegen-saved0"), "{}", stderr(&output));
    assert_eq!(
        project.leftovers(),
        [
            ".generated.homegen-backup1",
            ".generated.homegen-file00",
            ".generated.homegen-saved0",
            ".other.homegen-abc123"
        ]
    );
    assert_eq!(names(&project.at(".generated.homegen-saved0")), ["notes"]);
    assert!(!project.generated().join(".homegen-abc123").exists());
    assert!(project.at("old.yaml").exists());
}

#[test]
fn builds_at_the_same_time_succeed_and_leave_a_complete_folder() {
    let project = Project::new(20);
    let (old, new) = project.old_and_new();
    for _ in 0..3 {
        let children: Vec<_> = (0..6)
            .map(|i| {
                Command::new(HOMEGEN)
                    .args(["build", ["old.yaml", "new.yaml"][i % 2]])
                    .current_dir(project.folder.path())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
        let now = tree(&project.generated());
        assert!(now == old || now == new);
        assert_eq!(project.leftovers(), [""; 0]);
        // The next round starts without an output folder.
        std::fs::remove_dir_all(project.generated()).unwrap();
    }
}

#[test]
fn a_build_waits_for_a_running_build() {
    let project = Project::new(3);
    let (old, new) = project.old_and_new();
    let lock = std::fs::File::open(project.folder.path()).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let child = Command::new(HOMEGEN)
        .args(["build", "new.yaml"])
        .current_dir(project.folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Once the build has opened the folder, it asks for the lock repeatedly.
    let opened = || {
        let files = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
        let mut targets = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        targets.any(|target| target == project.folder.path())
    };
    while !opened() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(tree(&project.generated()), old, "it did not wait");
    drop(lock);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(tree(&project.generated()), new);
}

#[test]
fn a_file_size_limit_leaves_the_old_folder() {
    let project = Project::new(3);
    let (old, _) = project.old_and_new();
    let limited = |before: &str| {
        Command::new("sh")
            .args(["-c", &format!("{before} ulimit -f 1; exec \"$0\" build new.yaml"), HOMEGEN])
            .current_dir(project.folder.path())
            .output()
            .unwrap()
    };
    let output = limited("trap '' XFSZ;");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("generated was not changed; free some space"), "{}", stderr(&output));
    assert_eq!(tree(&project.generated()), old);
    assert_eq!(project.leftovers(), [""; 0]);
    // By default the signal ends the build.
    assert!(!limited("").status.success());
    assert_eq!(tree(&project.generated()), old);
    project.build("old.yaml");
    assert_eq!(project.leftovers(), [""; 0]);
}

/// Runs a shell script in its own mount namespace, with the binary as `$0`. Prints a notice and returns `None` if
/// mounts are not permitted.
fn with_mounts(project: &Project, script: &str) -> Option<Output> {
    let run = |script: &str| {
        Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-euc", script, HOMEGEN])
            .current_dir(project.folder.path())
            .output()
    };
    if !run("mkdir probe; mount -t tmpfs none probe").is_ok_and(|output| output.status.success()) {
        return skipped("nothing may be mounted here");
    }
    std::fs::remove_dir(project.at("probe")).unwrap();
    Some(run(script).unwrap())
}

#[test]
fn a_full_disk_leaves_the_old_folder() {
    let project = Project::new(10);
    let Some(output) = with_mounts(
        &project,
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
            if \"$0\" build new.yaml -o disk/generated >/dev/null 2>stderr; then
                diff -r disk/generated new/generated
                rm disk/fill
                \"$0\" build old.yaml -o disk/generated >/dev/null
            else
                failed=$((failed + 1))
                grep -q 'was not changed; free some space' stderr
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
    assert!(output.status.success(), "{stdout}{}", stderr(&output));
    let failed: usize = stdout.split(' ').next().unwrap().trim().parse().unwrap();
    assert!((2..12).contains(&failed), "the disk was never full, or always: {stdout}");
}

#[test]
fn a_mount_point_is_written_file_by_file() {
    let project = Project::new(3);
    let Some(output) = with_mounts(
        &project,
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
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    assert_eq!(stderr(&output).matches("generated was not changed").count(), 2, "{}", stderr(&output));
    assert_eq!(project.leftovers(), ["new", "old"]);
}
