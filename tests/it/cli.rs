//! The command line: the files that it writes and keeps, its output and its exit codes.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use homegen::output::is_marked;

const MINIMAL: &str = "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nservices:\n  web:\n    containers:\n      web: { image: docker.io/library/nginx:1.27 }\n";
const WRONG: &str = "homegen: 1\nhost: { name: box, nixos: \"26.05\" }\n";

fn homegen(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_homegen"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .output()
        .expect("homegen runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// A folder with a `homeserver.yaml`.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("homeserver.yaml"), text).unwrap();
    folder
}

/// Every file below a folder, with its text and when it was written.
fn files(folder: &Path) -> Vec<(String, String, SystemTime)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.push((
                name,
                std::fs::read_to_string(&path).unwrap(),
                path.metadata().unwrap().modified().unwrap(),
            ));
        }
    }
    found.sort();
    found
}

#[test]
fn a_second_build_touches_no_file() {
    let folder = folder(MINIMAL);
    let first = homegen(folder.path(), &["build"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let written = files(&folder.path().join("generated"));
    assert!(written.iter().any(|(name, ..)| name == "default.nix"));
    assert!(written.iter().all(|(name, text, _)| is_marked(name, text.as_bytes())));
    let second = homegen(folder.path(), &["build"]);
    assert_eq!(code(&second), 0);
    assert!(stdout(&second).contains("up to date"), "{}", stdout(&second));
    assert_eq!(files(&folder.path().join("generated")), written, "an unchanged file was touched");
}

#[test]
fn build_writes_into_the_given_output_folder() {
    let folder = folder(MINIMAL);
    let output = homegen(folder.path(), &["build", "homeserver.yaml", "-o", "nix/host"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(folder.path().join("nix/host/default.nix").is_file());
    assert!(!folder.path().join("generated").exists());
}

#[test]
fn build_check_writes_nothing_and_fails_for_an_outdated_folder() {
    let folder = folder(MINIMAL);
    let output = homegen(folder.path(), &["build", "--check"]);
    assert_eq!(code(&output), 1);
    assert!(!folder.path().join("generated").exists());
    assert_eq!(code(&homegen(folder.path(), &["build"])), 0);
    assert_eq!(code(&homegen(folder.path(), &["build", "--check"])), 0);
    std::fs::write(folder.path().join("homeserver.yaml"), MINIMAL.replace("1.27", "1.28")).unwrap();
    let before = files(&folder.path().join("generated"));
    let output = homegen(folder.path(), &["build", "--check"]);
    assert_eq!(code(&output), 1);
    assert!(
        stdout(&output).contains("+      image") && stdout(&output).contains("1.28"),
        "{}",
        stdout(&output)
    );
    assert_eq!(files(&folder.path().join("generated")), before);
}

#[test]
fn build_prunes_only_files_that_it_wrote() {
    let folder = folder(MINIMAL);
    assert_eq!(code(&homegen(folder.path(), &["build"])), 0);
    std::fs::write(folder.path().join("generated/notes.txt"), "by hand").unwrap();
    std::fs::write(folder.path().join("homeserver.yaml"), MINIMAL.replace("  web:", "  other:")).unwrap();
    let output = homegen(folder.path(), &["build"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!folder.path().join("generated/services/web.nix").exists());
    assert!(folder.path().join("generated/services/other.nix").exists());
    assert!(folder.path().join("generated/notes.txt").exists());
}

#[test]
fn a_file_of_the_user_in_the_way_is_kept_and_no_file_is_written() {
    let folder = folder(MINIMAL);
    std::fs::create_dir(folder.path().join("generated")).unwrap();
    std::fs::write(folder.path().join("generated/host.nix"), "{ }\n").unwrap();
    let output = homegen(folder.path(), &["build"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("host.nix"), "{}", stderr(&output));
    let left: Vec<String> =
        files(&folder.path().join("generated")).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(left, ["host.nix"]);
}

#[test]
fn a_folder_or_a_link_in_the_way_is_kept() {
    let folder = folder(MINIMAL);
    std::fs::create_dir_all(folder.path().join("generated/host.nix")).unwrap();
    assert_eq!(code(&homegen(folder.path(), &["build"])), 2);
    std::fs::remove_dir(folder.path().join("generated/host.nix")).unwrap();
    std::fs::write(folder.path().join("elsewhere"), "# Generated by homegen\n").unwrap();
    std::os::unix::fs::symlink("../elsewhere", folder.path().join("generated/host.nix")).unwrap();
    assert_eq!(code(&homegen(folder.path(), &["build"])), 2);
    assert_eq!(std::fs::read_to_string(folder.path().join("elsewhere")).unwrap(), "# Generated by homegen\n");
}

#[test]
fn a_file_in_place_of_the_output_folder_is_an_error() {
    let folder = folder(MINIMAL);
    std::fs::write(folder.path().join("generated"), "x").unwrap();
    let output = homegen(folder.path(), &["build"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("generated"), "{}", stderr(&output));
}

#[test]
fn stdout_mode_prints_every_file_and_writes_none() {
    let folder = folder(MINIMAL);
    let output = homegen(folder.path(), &["build", "--stdout"]);
    assert_eq!(code(&output), 0);
    assert!(
        stdout(&output).contains("services/web.nix")
            && stdout(&output).contains("docker.io/library/nginx:1.27")
    );
    assert!(!folder.path().join("generated").exists());
    assert_eq!(stdout(&output), stdout(&homegen(folder.path(), &["build", "--stdout"])), "two runs differ");
}

#[test]
fn an_invalid_file_is_refused_and_the_output_is_kept() {
    let folder = folder(MINIMAL);
    assert_eq!(code(&homegen(folder.path(), &["build"])), 0);
    let before = files(&folder.path().join("generated"));
    std::fs::write(folder.path().join("homeserver.yaml"), WRONG).unwrap();
    for arguments in [&["build"][..], &["check"], &["build", "--check"], &["build", "--stdout"]] {
        let output = homegen(folder.path(), arguments);
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(
            stderr(&output).contains("HG0202") && stderr(&output).contains("timezone"),
            "{}",
            stderr(&output)
        );
    }
    assert_eq!(files(&folder.path().join("generated")), before);
}

#[test]
fn check_writes_nothing_and_fails_on_warnings_only_on_request() {
    let folder = folder(MINIMAL);
    let output = homegen(folder.path(), &["check"]);
    assert_eq!(code(&output), 0);
    assert_eq!(stdout(&output), "homeserver.yaml: no problems found\n");
    assert_eq!(stderr(&output), "");
    assert!(!folder.path().join("generated").exists());
    // A warning is not a failure without `--deny-warnings`.
    std::fs::write(
        folder.path().join("homeserver.yaml"),
        MINIMAL.replace(":1.27 }", ":1.27, ports: [\"0.0.0.0:80:80\"] }"),
    )
    .unwrap();
    let output = homegen(folder.path(), &["check"]);
    assert_eq!(code(&output), 0);
    assert!(stderr(&output).contains("HG0506"), "{}", stderr(&output));
    assert_eq!(code(&homegen(folder.path(), &["check", "--deny-warnings"])), 1);
}

#[test]
fn schema_prints_json() {
    let output = homegen(Path::new("/"), &["schema"]);
    assert_eq!(code(&output), 0);
    let schema: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert!(schema["properties"]["services"].is_object());
}

#[test]
fn init_writes_a_file_that_compiles_and_never_overwrites_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&homegen(folder.path(), &["init"])), 0);
    let check = homegen(folder.path(), &["check", "--deny-warnings"]);
    assert_eq!(code(&check), 0, "{}", stderr(&check));
    assert_eq!(code(&homegen(folder.path(), &["build"])), 0);
    std::fs::write(folder.path().join("homeserver.yaml"), "mine").unwrap();
    assert_eq!(code(&homegen(folder.path(), &["init"])), 2);
    assert_eq!(std::fs::read_to_string(folder.path().join("homeserver.yaml")).unwrap(), "mine");
}

#[test]
fn missing_files_folders_and_unknown_commands_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let output = homegen(folder.path(), &["build"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("homeserver.yaml"), "{}", stderr(&output));
    assert_eq!(code(&homegen(folder.path(), &["check", "."])), 2, "a folder in place of a file");
    assert_eq!(code(&homegen(folder.path(), &["no-such-command"])), 2);
}

#[test]
fn binary_and_empty_files_are_reported_as_diagnostics() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, expected) in [
        (&b"\xff\xfe\x00\x01"[..], "HG0102"),
        (&b""[..], "HG0202"),
        (&b"\n\n# nothing\n"[..], "HG0202"),
        (&b"\x00\x01\x02"[..], "HG01"),
    ] {
        std::fs::write(folder.path().join("homeserver.yaml"), bytes).unwrap();
        let output = homegen(folder.path(), &["check"]);
        assert_eq!(code(&output), 1, "{bytes:?}");
        assert!(stderr(&output).contains(expected), "{bytes:?}: {}", stderr(&output));
    }
}

#[test]
fn a_closed_output_pipe_causes_no_panic() {
    // As in `homegen schema | head -1`: the pipe is closed before all of the output is written.
    let mut child = Command::new(env!("CARGO_BIN_EXE_homegen"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
}

#[test]
fn builds_in_two_folders_are_identical() {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/greenhead/homeserver.yaml"),
    )
    .unwrap();
    let texts = |folder: &tempfile::TempDir| {
        assert_eq!(code(&homegen(folder.path(), &["build"])), 0);
        files(&folder.path().join("generated"))
            .into_iter()
            .map(|(name, text, _)| (name, text))
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&folder(&text)), texts(&folder(&text)));
}

#[test]
fn an_output_folder_with_a_hidden_folder_is_not_replaced() {
    let folder = folder(MINIMAL);
    let git = folder.path().join(".git");
    std::fs::create_dir(&git).unwrap();
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&path.metadata().unwrap());
    let before = (inode(folder.path()), inode(&git));
    assert_eq!(code(&homegen(folder.path(), &["build", "-o", "."])), 0);
    assert_eq!((inode(folder.path()), inode(&git)), before);
    assert!(folder.path().join("default.nix").exists() && folder.path().join("services").exists());
}

#[test]
fn output_without_a_terminal_has_no_colors() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create(folder.path().join("homeserver.yaml")).unwrap();
    file.write_all(WRONG.as_bytes()).unwrap();
    assert!(!stderr(&homegen(folder.path(), &["check"])).contains('\u{1b}'));
}

/// A service like Immich: two containers, volumes in volumes, and a path that both containers have.
const MAPPED: &str = r#"homegen: 1
host: { name: box, nixos: "26.05", timezone: Europe/Berlin }
constants: { data: /srv }
services:
  immich:
    containers:
      server:
        image: docker.io/library/nginx:1.27
        volumes: ["${data}/photos:/usr/src/app/upload", "${data}/cache:/usr/src/app/upload/upload", "/srv/one:/cache"]
      ml:
        image: docker.io/library/nginx:1.27
        volumes: ["/srv/two:/cache"]
"#;

#[test]
fn map_path_prints_the_path_on_the_host_and_writes_nothing() {
    let folder = folder(MAPPED);
    let output = homegen(folder.path(), &["map-path", "immich", "/usr/src/app/upload/upload/a/b c.png"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "/srv/cache/a/b c.png\n");
    let output = homegen(
        Path::new("/"),
        &[
            "map-path",
            "immich",
            "/usr/src/app/upload/library/x.png",
            "--file",
            folder.path().join("homeserver.yaml").to_str().unwrap(),
        ],
    );
    assert_eq!(stdout(&output), "/srv/photos/library/x.png\n", "{}", stderr(&output));
    assert!(!folder.path().join("generated").exists());
}

#[test]
fn map_path_reports_why_a_path_is_not_on_the_host() {
    let folder = folder(MAPPED);
    for (arguments, expected) in [
        (&["immich", "/etc/passwd"][..], &["/usr/src/app/upload/upload/ is /srv/cache/", "/cache/"][..]),
        (&["immich", "/cache/x"], &["--container", "immich-server: /srv/one/x", "immich-ml: /srv/two/x"]),
        (&["immich", "upload/x"], &["not a valid path"]),
        (&["imich", "/x"], &["did you mean `immich`?"]),
        (&["immich", "/x", "--container", "sever"], &["did you mean `server`?"]),
    ] {
        let output = homegen(folder.path(), &[&["map-path"], arguments].concat());
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
        for part in expected {
            assert!(stderr(&output).contains(part), "{arguments:?}: {}", stderr(&output));
        }
    }
    let output = homegen(folder.path(), &["map-path", "immich", "/cache/x", "--container", "ml"]);
    assert_eq!(stdout(&output), "/srv/two/x\n");
    // The command needs either a path or `--json`.
    assert_eq!(code(&homegen(folder.path(), &["map-path", "immich"])), 2);
    assert_eq!(code(&homegen(folder.path(), &["map-path", "immich", "/x", "--json"])), 2);
    // Errors in the file are reported, as in every command.
    std::fs::write(folder.path().join("homeserver.yaml"), WRONG).unwrap();
    let output = homegen(folder.path(), &["map-path", "immich", "/cache/x"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("HG0202"), "{}", stderr(&output));
}

#[test]
fn map_path_prints_the_whole_map_as_json() {
    let folder = folder(MAPPED);
    let output = homegen(folder.path(), &["map-path", "immich", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let map: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(
        map,
        serde_json::json!([
            { "container": "immich-server", "from": "/usr/src/app/upload/upload/", "to": "/srv/cache/" },
            { "container": "immich-server", "from": "/usr/src/app/upload/", "to": "/srv/photos/" },
            { "container": "immich-ml", "from": "/cache/", "to": "/srv/two/" },
            { "container": "immich-server", "from": "/cache/", "to": "/srv/one/" },
        ])
    );
    let output = homegen(folder.path(), &["map-path", "immich", "--json", "--container", "ml"]);
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&stdout(&output)).unwrap().len(), 1);
}

#[test]
fn the_folder_of_a_removed_client_is_pruned() {
    let client = "clients:\n  macbook:\n    upload: { to: web, folder: ~/Upload, api_key: key }\n";
    let site = MINIMAL
        .replace("  web:\n", "  web:\n    port: 8080\n    site: { host: a.example.org, to: \"web:80\" }\n");
    let site = format!("{site}caddy: {{ bind: all }}\n");
    let folder = folder(&format!("{site}{client}"));
    let of_client = folder.path().join("generated/clients/macbook");
    let output = homegen(folder.path(), &["build"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(of_client.join("default.nix").is_file() && of_client.join("upload-immich.sh").is_file());
    assert!(stdout(&homegen(folder.path(), &["build"])).contains("up to date"));
    std::fs::write(folder.path().join("homeserver.yaml"), &site).unwrap();
    assert_eq!(code(&homegen(folder.path(), &["build"])), 0);
    assert!(!of_client.exists());
    // A user's file there is not overwritten.
    std::fs::create_dir_all(&of_client).unwrap();
    std::fs::write(of_client.join("default.nix"), "{ }\n").unwrap();
    std::fs::write(folder.path().join("homeserver.yaml"), format!("{site}{client}")).unwrap();
    let output = homegen(folder.path(), &["build"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("clients/macbook/default.nix"), "{}", stderr(&output));
}

#[test]
fn a_list_and_the_page_of_a_host_are_printed_and_a_wrong_file_exits_with_1() {
    let folder = folder(MINIMAL);
    let images = homegen(folder.path(), &["list", "images"]);
    assert_eq!(code(&images), 0, "{}", stderr(&images));
    assert!(stdout(&images).contains("\nweb        docker.io/library/nginx:1.27  "), "{}", stdout(&images));
    let json = homegen(folder.path(), &["list", "images", "homeserver.yaml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&json)).expect("JSON");
    assert_eq!(json["items"][0]["image"], "docker.io/library/nginx:1.27");
    // The digest comes from the lock file beside the file.
    let digest = format!("sha256:{}", "0".repeat(64));
    let lock = format!(
        "services:\n  docker.io/library/nginx:1.27:\n    image: docker.io/library/nginx:1.27@{digest}\n"
    );
    std::fs::write(folder.path().join("compose.lock.yaml"), lock).unwrap();
    let locked = homegen(folder.path(), &["list", "images", "--format", "json"]);
    assert!(stdout(&locked).contains(&digest), "{}", stdout(&locked));
    let page = homegen(folder.path(), &["docs"]);
    assert!(stdout(&page).starts_with("# box\n") && stderr(&page).is_empty(), "{}", stderr(&page));
    std::fs::write(folder.path().join("homeserver.yaml"), WRONG).unwrap();
    for arguments in [&["list", "ports"][..], &["docs"]] {
        let wrong = homegen(folder.path(), arguments);
        assert_eq!(code(&wrong), 1);
        assert!(stdout(&wrong).is_empty() && stderr(&wrong).contains("timezone"), "{}", stderr(&wrong));
    }
    assert_eq!(code(&homegen(folder.path(), &["list", "everything"])), 2);
}
