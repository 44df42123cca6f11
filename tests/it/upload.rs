//! The script that uploads the photos of a Mac: the files that it deletes and keeps, and its messages. Immich's command
//! line, Immich and Pushover are stand-ins in a folder at the front of PATH.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::common::scripts::{Ran, Stage, are_installed};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/scripts/upload-immich.sh");
const KEY: &str = "aKeyThatNobodyMaySee";
const TOKEN: &str = "aTokenThatNobodyMaySee";

/// Records its arguments and environment, and adds the files to the server.
const IMMICH: &str = r#"printf '%s\n' "$@" >>"$STAGE/uploader-arguments"
printf '%s %s\n' "$IMMICH_INSTANCE_URL" "$IMMICH_API_KEY" >>"$STAGE/uploader-environment"
[ ! -e "$STAGE/uploader-hook" ] || . "$STAGE/uploader-hook"
[ "$1" = "@immich/cli" ] && shift
shift
for file in "$@"; do
  sha1sum <"$file" | cut -c-40 >>"$STAGE/server"
done
"#;

/// A stand-in for Immich and Pushover. Files control the answers, and the requests are recorded.
const CURL: &str = r#"printf '%s\n' "$*" >>"$STAGE/curl-arguments"
case "$*" in
  */api/server/ping*)
    [ ! -e "$STAGE/down" ] || exit 7
    echo '{"res":"pong"}'
    ;;
  */api/assets/bulk-upload-check*)
    cat >>"$STAGE/curl-configuration"
    [ ! -e "$STAGE/check-down" ] || exit 22
    sum=$(printf '%s' "$*" | grep -o '[0-9a-f]\{40\}')
    if grep -q "$sum" "$STAGE/server"; then
      printf '{"results":[{"id":"1","action":"reject","reason":"duplicate","assetId":"x","isTrashed":%s}]}' \
        "$([ -e "$STAGE/trashed" ] && echo true || echo false)"
    else
      echo '{"results":[{"id":"1","action":"accept"}]}'
    fi
    ;;
  *api.pushover.net*)
    [ ! -e "$STAGE/pushover-down" ] || exit 7
    cat >>"$STAGE/sent"
    ;;
  *) exit 99 ;;
esac
"#;

/// A Mac: a stage with photos.
struct Mac {
    stage: Stage,
    bash: String,
}

impl std::ops::Deref for Mac {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Mac {
    fn new() -> Mac {
        // The variable selects another bash, such as version 3.2 of macOS.
        let bash = std::env::var("HOMEGEN_TEST_BASH").unwrap_or_else(|_| "bash".to_owned());
        let mut stage = Stage::new();
        std::fs::create_dir(stage.at("Up load")).unwrap();
        stage.stand_in("immich", IMMICH);
        stage.stand_in("bunx", IMMICH);
        stage.stand_in("curl", CURL);
        // Each second of a wait is 0.1 s here.
        stage.stand_in("sleep", "exec /bin/sleep 0.1");
        stage.file("server", "");
        stage.set("CLIENT", "macbook");
        stage.set("URL", "https://photos.example.org");
        stage.set("FOLDER", stage.path("Up load"));
        stage.set("STATE", stage.path("Application Support/upload"));
        stage.set("API_KEY_FILE", stage.file("key", format!("{KEY}\n")));
        let pushover = format!("PUSHOVER_TOKEN={TOKEN}\nPUSHOVER_USER=aUser\n");
        stage.set("PUSHOVER_FILE", stage.file("pushover", pushover));
        stage.set("SETTLE", "1");
        Mac { stage, bash }
    }

    fn photo(&self, name: &str, content: &str) -> PathBuf {
        let path = self.at("Up load").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn left(&self) -> Vec<String> {
        names_below(&self.at("Up load"), "")
    }

    /// The command as launchd starts it: bash with an empty environment.
    fn command(&self) -> Command {
        self.program(&self.bash, &[SCRIPT])
    }

    fn run(&self) -> Ran {
        self.run_to_end(&mut self.command())
    }

    fn start(&self) -> Child {
        self.command().spawn().expect("bash runs")
    }
}

fn names_below(folder: &Path, before: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .flat_map(|entry| {
            let entry = entry.unwrap();
            let name = format!("{before}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => names_below(&entry.path(), &format!("{name}/")),
                false => vec![name],
            }
        })
        .collect();
    names.sort();
    names
}

fn printed(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err)
}

fn wait_for(condition: impl Fn() -> bool) {
    // The limit is far above the time that any machine needs.
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(600), "it never came to it");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn only_uploaded_photos_are_deleted_and_a_notification_is_sent() {
    let mac = Mac::new();
    for name in ["a.jpg", "B.HEIC", "trip/c d.MoV", "$(touch x) \"q\" 'r' \\.png", "two\nlines.gif"] {
        mac.photo(name, name);
    }
    for name in ["notes.txt", "png", ".hidden.jpg", ".cache/d.jpg", "e.jpg.download/e.jpg", "jpg.zip"] {
        mac.photo(name, name);
    }
    let output = mac.run();
    assert!(output.code == Some(0), "{}", printed(&output));
    let left = [".cache/d.jpg", ".hidden.jpg", "e.jpg.download/e.jpg", "jpg.zip", "notes.txt", "png"];
    assert_eq!(mac.left(), left);
    assert!(mac.read("sent").contains("message=macbook: 5 uploaded\""), "{}", mac.read("sent"));
    // Each line of the script has a date.
    let log = output.out;
    assert!(log.lines().all(|line| line.starts_with("20") && line.as_bytes()[10] == b' '), "{log}");
    assert!(!mac.at("Application Support/upload/lock").exists());
}

#[test]
fn the_uploader_gets_the_files_and_the_key_and_no_command_line_shows_it() {
    let mac = Mac::new();
    let photo = mac.photo("a b.jpg", "a");
    let output = mac.run();
    assert!(output.code == Some(0), "{}", printed(&output));
    assert_eq!(mac.read("uploader-arguments"), format!("upload\n{}\n", photo.display()));
    assert_eq!(mac.read("uploader-environment"), format!("https://photos.example.org/api {KEY}\n"));
    assert!(mac.read("curl-configuration").contains(&format!("header = \"x-api-key: {KEY}\"")));
    assert!(mac.read("sent").contains(&format!("token={TOKEN}\"")));
    for secret in [KEY, TOKEN] {
        assert!(!mac.read("curl-arguments").contains(secret) && !printed(&output).contains(secret));
        assert!(!mac.read("uploader-arguments").contains(secret));
    }
    // bun runs Immich's command line without an installation.
    mac.photo("b.jpg", "b");
    let output = mac.run_to_end(mac.command().env("UPLOADER", "bunx"));
    assert!(output.code == Some(0) && mac.left().is_empty(), "{}", printed(&output));
    assert!(mac.read("uploader-arguments").contains("@immich/cli\nupload\n"));
}

#[test]
fn a_folder_without_photos_causes_no_output_and_no_requests() {
    let mac = Mac::new();
    mac.photo("notes.txt", "x");
    let output = mac.run();
    assert!(output.code == Some(0));
    assert_eq!(printed(&output), "");
    assert_eq!((mac.read("curl-arguments"), mac.read("sent")), (String::new(), String::new()));
}

#[test]
fn an_unreachable_server_deletes_nothing_and_is_reported_once() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("down", "");
    for _ in 0..2 {
        let output = mac.run();
        assert_eq!(output.code, Some(1), "{}", printed(&output));
        assert!(printed(&output).contains("does not answer"), "{}", printed(&output));
    }
    assert_eq!(mac.left(), ["a.jpg"]);
    assert_eq!(mac.read("uploader-arguments"), "");
    assert_eq!(mac.read("sent").matches("message=").count(), 1, "{}", mac.read("sent"));
    // After the server answers again, the upload succeeds, and the next failure is reported.
    fs::remove_file(mac.at("down")).unwrap();
    assert!((mac.run().code == Some(0)));
    mac.photo("b.jpg", "b");
    mac.file("down", "");
    assert!(mac.run().code != Some(0));
    assert_eq!(mac.read("sent").matches("does not answer").count(), 2, "{}", mac.read("sent"));
}

#[test]
fn a_failed_upload_deletes_nothing() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("uploader-hook", "exit 3\n");
    let output = mac.run();
    assert_eq!(output.code, Some(1));
    assert_eq!(mac.left(), ["a.jpg"]);
    assert!(mac.read("sent").contains("failed (exit status 3)"), "{}", mac.read("sent"));
}

#[test]
fn a_photo_that_immich_does_not_have_is_kept() {
    // Immich's command line succeeds even if single files failed.
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.photo("refused.jpg", "r");
    mac.stand_in(
        "immich",
        "for f in \"$@\"; do case $f in */a.jpg) sha1sum <\"$f\" | cut -c-40 >>\"$STAGE/server\" ;; esac; done\n",
    );
    let output = mac.run();
    assert_eq!(output.code, Some(1));
    assert_eq!(mac.left(), ["refused.jpg"]);
    assert!(printed(&output).contains("refused.jpg"), "{}", printed(&output));
    assert!(mac.read("sent").contains("1 uploaded, 1 kept"), "{}", mac.read("sent"));
}

#[test]
fn a_photo_in_the_trash_of_immich_is_kept() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("trashed", "");
    assert_eq!(mac.run().code, Some(1));
    assert_eq!(mac.left(), ["a.jpg"]);
}

#[test]
fn a_failed_check_of_an_upload_deletes_nothing() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("check-down", "");
    assert_eq!(mac.run().code, Some(1));
    assert_eq!(mac.left(), ["a.jpg"]);
}

#[test]
fn photos_that_change_during_the_upload_are_kept_and_new_ones_follow() {
    let mac = Mac::new();
    let folder = mac.at("Up load");
    mac.photo("changes.jpg", "old");
    mac.photo("stays.jpg", "x");
    // The old content is uploaded. Then the file gets a new content, which Immich has from another file.
    let hook = "[ -e \"$STAGE/once\" ] || { : >\"$STAGE/once\"; sha1sum <\"$FOLDER/changes.jpg\" | cut -c-40 >>\"$STAGE/server\"; printf x >\"$FOLDER/changes.jpg\"; }\n";
    mac.file("uploader-hook", hook);
    mac.stand_in("immich", &IMMICH.replace("shift\nfor file", "set -- \"$FOLDER/stays.jpg\"\nfor file"));
    let output = mac.run();
    assert_eq!(output.code, Some(1));
    assert_eq!(mac.left(), ["changes.jpg"], "{}", printed(&output));
    assert_eq!(fs::read_to_string(folder.join("changes.jpg")).unwrap(), "x");

    // A file that is added during the upload was not listed. It is uploaded in a second round.
    let mac = Mac::new();
    mac.photo("first.jpg", "1");
    let hook = "[ -e \"$STAGE/once\" ] || { : >\"$STAGE/once\"; echo 2 >\"$FOLDER/later.jpg\"; }\n";
    mac.file("uploader-hook", hook);
    let output = mac.run();
    assert!(output.code == Some(0), "{}", printed(&output));
    let uploads = mac.read("uploader-arguments");
    let (first, second) = uploads.split_once("first.jpg\n").expect("the first");
    assert!(!first.contains("later.jpg") && second.contains("later.jpg"), "{uploads}");
    assert!(mac.left().is_empty());
}

#[test]
fn a_growing_file_is_uploaded_once_complete_and_kept_after_the_limit() {
    let mac = Mac::new();
    mac.photo("a.mov", "x");
    mac.file("uploader-hook", "wc -c <\"$FOLDER/a.mov\" >\"$STAGE/uploaded-size\"\n");
    // The file grows at each of the first calls of sleep.
    mac.stand_in(
        "sleep",
        r#"
        if [ "$(wc -c <"$FOLDER/a.mov" 2>/dev/null || echo 9)" -lt 5 ]; then
            [ ! -e "$STAGE/uploader-arguments" ] || touch "$STAGE/too-early"
            printf x >>"$FOLDER/a.mov"
        fi
        exec /bin/sleep 0.1"#,
    );
    assert!(mac.run().code == Some(0));
    assert!(!mac.at("too-early").exists(), "it was uploaded while it grew");
    assert_eq!(mac.read("uploaded-size").trim(), "5");
    assert!(mac.left().is_empty());

    let mac = Mac::new();
    mac.photo("done.jpg", "x");
    mac.photo("grows.mov", "x");
    // The file grows at each call of sleep.
    mac.stand_in("sleep", "echo x >>\"$FOLDER/grows.mov\"\nexec /bin/sleep 0.1\n");
    let output = mac.run_to_end(mac.command().env("SETTLE_LIMIT", "3"));
    assert!(printed(&output).contains("1 files still grow"), "{}", printed(&output));
    assert!(!mac.left().contains(&"done.jpg".to_owned()), "{}", printed(&output));
    assert_eq!(mac.left(), ["grows.mov"]);
}

#[test]
fn a_hanging_upload_is_stopped_with_its_child_processes() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("uploader-hook", "/bin/sleep 1000 & echo $! >\"$STAGE/child\"; wait\n");
    let output = mac.run_to_end(mac.command().env("UPLOAD_LIMIT", "20"));
    assert_eq!(output.code, Some(1), "{}", printed(&output));
    assert_eq!(mac.left(), ["a.jpg"]);
    assert!(mac.read("sent").contains("was stopped"), "{}", mac.read("sent"));
    let child = mac.read("child");
    assert!(!is_running(child.trim()), "process {child} still runs");
}

/// Returns true if a process is running and is not a zombie.
fn is_running(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

#[test]
fn a_second_run_at_the_same_time_uploads_nothing() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("uploader-hook", "while [ ! -e \"$STAGE/go\" ]; do /bin/sleep 0.1; done\n");
    let first = mac.start();
    wait_for(|| !mac.read("uploader-arguments").is_empty());
    let second = mac.run();
    assert!(second.code == Some(0));
    assert!(printed(&second).contains(&format!("process {}", first.id())), "{}", printed(&second));
    mac.file("go", "");
    let first = Ran::from(first.wait_with_output().unwrap());
    assert!(first.code == Some(0), "{}", printed(&first));
    assert_eq!(mac.read("uploader-arguments").matches("a.jpg").count(), 1);
}

#[test]
fn the_lock_of_a_killed_run_is_taken_over() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("uploader-hook", "while [ ! -e \"$STAGE/go\" ]; do /bin/sleep 0.1; done\n");
    let mut killed = mac.start();
    wait_for(|| !mac.read("uploader-arguments").is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(mac.at("Application Support/upload/lock/pid").exists());
    mac.file("go", "");
    let output = mac.run();
    assert!(output.code == Some(0), "{}", printed(&output));
    assert!(printed(&output).contains("took over"), "{}", printed(&output));
    assert!(mac.left().is_empty());
    // A reused process ID and a lock without a process ID are stale too.
    for pid in [Some(std::process::id().to_string()), None] {
        mac.photo("b.jpg", "b");
        let lock = mac.at("Application Support/upload/lock");
        fs::create_dir_all(&lock).unwrap();
        if let Some(pid) = pid {
            fs::write(lock.join("pid"), pid).unwrap();
        }
        let output = mac.run();
        assert!(output.code == Some(0) && mac.left().is_empty(), "{}", printed(&output));
    }
}

#[test]
fn a_stopped_run_stops_its_upload_and_releases_the_lock() {
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.file("uploader-hook", "echo $$ >\"$STAGE/child\"; exec /bin/sleep 1000\n");
    let run = mac.start();
    wait_for(|| mac.read("child").ends_with('\n'));
    let stop = Command::new("kill").args(["-TERM", &run.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let output = Ran::from(run.wait_with_output().unwrap());
    assert_eq!(output.code, Some(143), "{}", printed(&output));
    wait_for(|| !is_running(mac.read("child").trim()));
    assert!(!mac.at("Application Support/upload/lock").exists());
    assert_eq!(mac.left(), ["a.jpg"]);
}

#[test]
fn a_failed_notification_does_not_stop_the_upload() {
    for break_it in ["pushover-down", "no-file", "no-token"] {
        let mac = Mac::new();
        mac.photo("a.jpg", "a");
        match break_it {
            "pushover-down" => drop(mac.file("pushover-down", "")),
            "no-file" => fs::remove_file(mac.at("pushover")).unwrap(),
            _ => drop(mac.file("pushover", "PUSHOVER_TOKEN=\"a\nb\"\n")),
        }
        let output = mac.run();
        assert!(output.code == Some(0) && mac.left().is_empty(), "{break_it}: {}", printed(&output));
        assert!(printed(&output).contains("no notification sent"), "{break_it}: {}", printed(&output));
    }
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    let output = mac.run_to_end(mac.command().env_remove("PUSHOVER_FILE"));
    assert!(output.code == Some(0) && mac.left().is_empty(), "{}", printed(&output));
    // Without Pushover, no notification is expected and none is missing.
    assert!(!printed(&output).contains("notification"), "{}", printed(&output));
    assert!(!mac.read("curl-arguments").contains("pushover"), "{}", mac.read("curl-arguments"));
}

#[test]
fn an_invalid_key_fails_before_any_upload() {
    for content in ["", "two\nlines", "a\"key"] {
        let mac = Mac::new();
        mac.photo("a.jpg", "a");
        mac.file("key", content);
        let output = mac.run();
        assert_eq!(output.code, Some(1), "{content:?}: {}", printed(&output));
        assert!(output.err.contains("does not contain a valid key"), "{content:?}: {}", printed(&output));
        assert!(
            mac.read("sent").contains("does not contain a valid key"),
            "{content:?}: {}",
            mac.read("sent")
        );
        assert_eq!(mac.read("uploader-arguments"), "");
        assert_eq!(mac.left(), ["a.jpg"]);
    }
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    fs::remove_file(mac.at("key")).unwrap();
    let output = mac.run();
    assert_eq!(output.code, Some(1), "{}", printed(&output));
    assert!(output.err.contains("the API key does not exist"), "{}", printed(&output));
    assert_eq!(mac.read("uploader-arguments"), "");
}

#[test]
fn the_folder_of_agenix_in_home_manager_is_found() {
    // agenix writes the path as a shell command, and launchd does not run a shell.
    let mac = Mac::new();
    mac.photo("a.jpg", "a");
    mac.stand_in("getconf", "[ \"$1\" = DARWIN_USER_TEMP_DIR ] && echo \"$STAGE\"\n");
    let output = mac.run_to_end(
        mac.command()
            .env("API_KEY_FILE", "$(getconf DARWIN_USER_TEMP_DIR)/key")
            .env("PUSHOVER_FILE", "$(/nix/store/0123-getconf-1.0/bin/getconf DARWIN_USER_TEMP_DIR)/pushover"),
    );
    assert!(output.code == Some(0) && mac.left().is_empty(), "{}", printed(&output));
    assert!(mac.read("sent").contains(TOKEN));
    // Other shell commands are not run.
    mac.photo("b.jpg", "b");
    let code = format!("$(touch {})", mac.path("ran"));
    let output = mac.run_to_end(mac.command().env("API_KEY_FILE", code));
    assert!(output.code != Some(0));
    assert!(!mac.at("ran").exists());
}

#[test]
fn many_files_are_uploaded_in_several_command_lines() {
    let mac = Mac::new();
    for i in 0..120 {
        mac.photo(&format!("{i}.jpg"), &i.to_string());
    }
    let output = mac.run();
    assert!(output.code == Some(0) && mac.left().is_empty(), "{}", printed(&output));
    assert_eq!(mac.read("uploader-environment").lines().count(), 2);
}

#[test]
fn the_script_uses_only_features_of_bash_3_2_and_bsd_tools() {
    let text = fs::read_to_string(SCRIPT).unwrap();
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    // Features that bash 3.2 or the BSD tools lack.
    for newer in [
        "mapfile",
        "readarray",
        ",,}",
        "^^}",
        "declare -A",
        "local -n",
        "wait -n",
        "&>>",
        "|&",
        "flock",
        "timeout ",
        "EPOCHSECONDS",
        "realpath",
        "readlink -f",
        "-printf",
        "--parents",
        "%(",
        "@Q}",
    ] {
        assert!(!code.iter().any(|line| line.contains(newer)), "{newer}");
    }
    if !are_installed(&["shellcheck"]) {
        return;
    }
    let found = Command::new("shellcheck").args(["--shell=bash", SCRIPT]).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stdout));
}
