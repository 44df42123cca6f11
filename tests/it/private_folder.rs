//! The folder that `homegen import` writes beside the file: secrets in plain text, and the script that moves the data.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::folder::names;
use crate::common::scripts::are_installed;

/// The contents of the secrets, which no output and no file outside of the folder may have.
const CONTENTS: [&str; 2] = ["canary-one-2sx", "canary-two-9qd"];

const COMPOSE: &str = "services:
  web:
    image: docker.io/library/nginx:1.29
    environment:
      DB_PASSWORD: canary-one-2sx
      MAIL_TOKEN: ${MAIL_TOKEN}
    env_file: mail.env
    volumes: ['./data:/data', 'vol:/vol']
volumes: { vol: {} }
";

/// A project `shop`.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), COMPOSE).unwrap();
    std::fs::write(folder.path().join("mail.env"), "USER=me\nMAIL_PASSWORD=canary-two-9qd\n").unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homegen"));
    command.args(["import", "--name", "shop"]).args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs an import. No output has the content of a secret.
fn import(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(folder, arguments).output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    for content in CONTENTS {
        assert!(!out.contains(content) && !err.contains(content), "a secret was printed: {out}{err}");
    }
    (status.code().unwrap(), out, err)
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

/// The files of a project that no import has touched.
const UNTOUCHED: [&str; 2] = ["compose.yaml", "mail.env"];

#[test]
fn the_folder_has_each_secret_and_is_for_its_owner_alone() {
    let project = project();
    let (code, out, err) = import(project.path(), &[]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(names(project.path()), ["compose.yaml", "homeserver.yaml", "mail.env", "shop-import"]);
    let folder = project.path().join("shop-import");
    assert_eq!(names(&folder), [".gitignore", "move-data.sh", "secrets"]);
    assert_eq!((mode(&folder), mode(&folder.join("secrets"))), (0o700, 0o700));
    assert_eq!(std::fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
    let secrets = folder.join("secrets");
    let written: Vec<(String, String)> = names(&secrets)
        .into_iter()
        .map(|name| {
            let text = std::fs::read_to_string(secrets.join(&name)).unwrap();
            (name, text)
        })
        .collect();
    assert_eq!(written.len(), 2, "{written:?}");
    assert!(written.iter().any(|(_, text)| text == CONTENTS[0]), "{written:?}");
    assert!(written.iter().any(|(_, text)| text.contains("MAIL_PASSWORD=canary-two-9qd\n")), "{written:?}");
    for (name, _) in &written {
        assert_eq!(mode(&secrets.join(name)), 0o600, "{name}");
        assert_eq!(secrets.join(name).metadata().unwrap().uid(), rustix::process::geteuid().as_raw());
    }
    let script = std::fs::read_to_string(folder.join("move-data.sh")).unwrap();
    assert!(script.contains("\ncopy_path ./data /var/lib/shop/data\n"), "{script}");
    for (path, text) in [("homeserver.yaml", project.path()), ("shop-import/move-data.sh", project.path())] {
        let text = std::fs::read_to_string(text.join(path)).unwrap();
        assert!(CONTENTS.iter().all(|content| !text.contains(content)), "{path} has a secret");
    }
    let end = out.split("\nWritten:\n").nth(1).unwrap_or_else(|| panic!("{out}"));
    insta::assert_snapshot!(end, @"
      homeserver.yaml
      shop-import/: 2 secrets in plain text, move-data.sh for the data

    Next:
      1. fill in the values marked `# import:` in homeserver.yaml
      2. add `recipients` to `agenix` in homeserver.yaml: your public key and the key of the host (`cat /etc/ssh/ssh_host_ed25519_key.pub`)
      3. write secrets without a value to files in shop-import/secrets: shop-mail-token
      4. homegen secrets encrypt shop-import/secrets
      5. homegen check
      6. homegen build
      7. on the host, stop Docker and copy the data: sudo bash shop-import/move-data.sh
      8. on the host: sudo nixos-rebuild switch --flake .
    ");
}

#[test]
fn the_report_for_programs_names_the_folder_and_the_secrets() {
    let project = project();
    let (code, out, err) = import(project.path(), &["--report", "json"]);
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["written"], &report["folder"]), (&json!("homeserver.yaml"), &json!("shop-import")));
    assert_eq!(
        report["secrets"],
        json!([
            { "name": "shop-db-password", "has_content": true, "format": "plain" },
            { "name": "shop-mail-token", "has_content": false, "format": "plain" },
            { "name": "shop-mail-env", "has_content": true, "format": "env" },
        ])
    );
}

#[test]
fn nothing_to_keep_needs_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let compose = "services: { web: { image: 'docker.io/library/nginx:1.29' } }\n";
    std::fs::write(folder.path().join("compose.yaml"), compose).unwrap();
    let (code, out, err) = import(folder.path(), &[]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(names(folder.path()), ["compose.yaml", "homeserver.yaml"]);
    assert!(!out.contains("secrets encrypt") && !out.contains("move-data"), "{out}");
    let report = import(folder.path(), &["--report", "json", "-o", "other.yaml"]).1;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["folder"], &report["secrets"]), (&json!(null), &json!([])));
}

#[test]
fn the_folder_is_beside_the_written_file() {
    let project = project();
    let hosts = project.path().join("my hosts");
    std::fs::create_dir(&hosts).unwrap();
    let (code, out, err) = import(project.path(), &["-o", "my hosts/a.yaml"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(names(&hosts), ["a.yaml", "shop-import"]);
    let line = "homegen secrets encrypt 'my hosts/shop-import/secrets' 'my hosts/a.yaml'\n";
    assert!(out.contains(line), "{out}");
    // The name of a second service is free.
    let (code, _, err) = import(project.path(), &["--into", "my hosts/a.yaml"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(names(&hosts), ["a.yaml", "shop-2-import", "shop-import"]);
}

#[test]
fn whatever_has_the_name_of_the_folder_is_left_alone_and_nothing_is_written() {
    let project = project();
    let at = |name: &str| project.path().join(name);
    std::fs::create_dir(at("elsewhere")).unwrap();
    type Make = fn(&Path);
    let makes: [(&str, Make); 4] = [
        ("shop-import", |path| std::fs::create_dir(path).unwrap()),
        ("shop-import", |path| std::fs::write(path, "mine").unwrap()),
        ("shop-import", |path| symlink("elsewhere", path).unwrap()),
        (".shop-import.part", |path| symlink("elsewhere", path).unwrap()),
    ];
    for (name, make) in makes {
        make(&at(name));
        let before = names(project.path());
        let (code, out, err) = import(project.path(), &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.starts_with(&format!("homegen: {name}: ")), "{err}");
        assert!(err.contains("nothing was written") && err.lines().count() == 1, "{err}");
        assert_eq!(names(project.path()), before);
        assert_eq!(names(&at("elsewhere")), [""; 0]);
        let _ = std::fs::remove_file(at(name)).or_else(|_| std::fs::remove_dir(at(name)));
    }
    // The file exists: no folder is written either.
    std::fs::write(at("homeserver.yaml"), "mine").unwrap();
    let (code, _, err) = import(project.path(), &[]);
    assert_eq!(code, 2);
    assert!(err.contains("homeserver.yaml: the file exists"), "{err}");
    assert_eq!(names(project.path()), ["compose.yaml", "elsewhere", "homeserver.yaml", "mail.env"]);
}

#[test]
fn a_full_disk_and_a_folder_that_is_read_only_leave_neither_the_file_nor_the_folder() {
    if !are_installed(&["unshare"]) {
        return;
    }
    let project = project();
    std::fs::create_dir(project.path().join("out")).unwrap();
    // Pages and inodes end at every step of the run. The file system is seen by the command alone.
    let mut mounts = vec!["mount -t tmpfs -o ro none out".to_owned()];
    mounts.extend((2..9).map(|inodes| format!("mount -t tmpfs -o nr_inodes={inodes} none out")));
    mounts.extend((1..6).map(|pages| format!("mount -t tmpfs -o size={}k none out", 4 * pages)));
    let mut failures = 0;
    for mount in mounts {
        let homegen = env!("CARGO_BIN_EXE_homegen");
        let script = format!(
            "{mount} || exit 77; {homegen} import --name shop -o out/a.yaml >log; echo code=$?; ls -A out"
        );
        let output = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .current_dir(project.path())
            .output()
            .unwrap();
        // A sandbox may forbid user namespaces.
        if matches!(output.status.code(), Some(1 | 77)) {
            println!("skipped: no mount in a user namespace: {output:?}");
            return;
        }
        let printed = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        match printed.as_str() {
            "code=0\na.yaml\nshop-import\n" => {}
            _ => {
                failures += 1;
                assert_eq!(printed, "code=2\n", "{mount}: {err}");
                assert_eq!(err.lines().count(), 1, "{mount}: {err}");
            }
        }
    }
    assert!(failures >= 8, "{failures} of the disks were full");
}

#[test]
fn a_killed_import_leaves_no_secrets_that_the_next_one_does_not_name() {
    let mut kills = 0;
    for delay in 0..60 {
        let project = project();
        let mut child =
            command(project.path(), &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(delay * 400));
        let _ = child.kill();
        kills += usize::from(child.wait().unwrap().code().is_none());
        let left: Vec<String> =
            names(project.path()).into_iter().filter(|name| !UNTOUCHED.contains(&name.as_str())).collect();
        let has = |name: &str| left.iter().any(|one| one == name);
        assert!(!has("homeserver.yaml") || has("shop-import"), "{left:?}");
        if has("shop-import") {
            let folder = project.path().join("shop-import");
            assert_eq!(names(&folder), [".gitignore", "move-data.sh", "secrets"]);
            assert_eq!(names(&folder.join("secrets")).len(), 2);
        }
        let secret = ["shop-import", ".shop-import.part"].into_iter().find(|name| has(name));
        let (code, _, err) = import(project.path(), &[]);
        match secret {
            // The file is complete too.
            Some("shop-import") if has("homeserver.yaml") => assert_eq!(code, 2, "{err}"),
            Some(name) => {
                assert_eq!(code, 2, "{err}");
                assert!(err.contains(&format!("{name}: ")) && err.contains("plain text"), "{err}");
            }
            None => assert_eq!(code, 0, "{err}"),
        }
    }
    assert!(kills > 0, "no import was killed");
}
