//! The ACL of Valkey, with a real server: what has to be denied is denied.

use std::process::{Child, Command, Stdio};

use crate::common::sandbox::wait_for;
use crate::common::scripts::{Stage, are_installed};

/// The rules that homegen emits for the user in the fixture `host-databases`.
fn rules(user: &str) -> String {
    let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshots/host-databases/valkey.snap.nix");
    let text = std::fs::read_to_string(snapshot).expect("a snapshot");
    let (_, after) = text.split_once(&format!("name = \"{user}\";")).expect("a user");
    let (_, after) = after.split_once("rules = \"").expect("rules");
    after.split_once('"').expect("the end of the rules").0.to_owned()
}

/// A server with the ACL that the script renders.
struct Valkey {
    stage: Stage,
    running: Child,
}

impl Drop for Valkey {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

const PASSWORD: &str = "pass word \" ' \\ #x";

impl Valkey {
    /// Starts the server. `with_admin` sets the password of `default`.
    fn start(with_admin: bool) -> Option<Valkey> {
        if !are_installed(&["redis-server", "redis-cli"]) {
            return None;
        }
        let mut stage = Stage::new();
        std::fs::create_dir(stage.at("credentials")).unwrap();
        for name in ["default", "immich", "notes"] {
            std::fs::write(stage.at("credentials").join(name), format!("{PASSWORD}{name}\n")).unwrap();
        }
        let credentials = stage.path("credentials");
        stage.set("CREDENTIALS_DIRECTORY", credentials);
        let file = stage.path("users.acl");
        let (admin, immich, notes) = (rules("default"), rules("immich"), rules("notes"));
        let admin = if with_admin { admin } else { String::new() };
        let arguments = [&file, "default", &admin, "immich", &immich, "notes", &notes];
        let ran = stage.run("render-acl", &arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let text = stage.read("users.acl");
        assert!(!text.contains("pass word"), "the file has hashes only: {text}");
        let socket = stage.path("redis.sock");
        let running = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", &socket, "--aclfile", &file, "--save", ""])
            // Otherwise the server refuses these commands to everybody.
            .args(["--enable-debug-command", "yes", "--enable-module-command", "yes"])
            .current_dir(stage.at(""))
            .stdout(Stdio::null())
            .spawn()
            .expect("the server runs");
        wait_for(|| stage.at("redis.sock").exists());
        Some(Valkey { stage, running })
    }

    /// The answer to a command of `user`. Without a user, the client does not log in.
    fn ask(&self, user: Option<&str>, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-s", &self.stage.path("redis.sock")]);
        if let Some(user) = user {
            command.args(["--user", user, "--pass", &format!("{PASSWORD}{user}"), "--no-auth-warning"]);
        }
        let output = command.args(words).output().expect("the client runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text + &String::from_utf8_lossy(&output.stderr)
    }
}

/// The dangerous commands of the server, each with arguments that have the right number.
fn dangerous(valkey: &Valkey) -> Vec<Vec<String>> {
    let names = valkey.ask(Some("default"), &["ACL", "CAT", "dangerous"]);
    let names: Vec<String> = names.lines().map(|name| name.trim().replace('|', " ")).collect();
    assert!(names.len() > 30, "{names:?}");
    let arity = |name: &str| {
        let answer = valkey.ask(Some("default"), &["COMMAND", "INFO", name]);
        let number = answer.lines().nth(1).and_then(|line| line.trim().parse::<i64>().ok());
        usize::try_from(number.unwrap_or(1).abs()).expect("a count")
    };
    names
        .into_iter()
        .map(|name| {
            let count = arity(name.split(' ').next().expect("a name"));
            let mut words: Vec<String> = name.split(' ').map(str::to_owned).collect();
            while words.len() < count {
                words.push("immich_bull:1".to_owned());
            }
            words
        })
        .collect()
}

#[test]
fn dangerous_commands_are_denied_except_the_granted_ones() {
    let Some(valkey) = Valkey::start(true) else { return };
    for words in dangerous(&valkey) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for (user, refusal) in [(Some("immich"), "NOPERM"), (Some("notes"), "NOPERM"), (None, "NOAUTH")] {
            if words[0] == "info" && user == Some("immich") {
                continue;
            }
            let answer = valkey.ask(user, &words);
            // A subcommand with another number of words is refused before the rights are checked.
            let is_refused = answer.contains(refusal) || answer.contains("wrong number of arguments");
            assert!(is_refused, "{user:?} {words:?}: {answer}");
        }
    }
    for words in
        [&["FLUSHALL"][..], &["KEYS", "*"], &["CONFIG", "GET", "*"], &["SWAPDB", "0", "1"], &["ACL", "LIST"]]
    {
        let answer = valkey.ask(Some("immich"), words);
        assert!(answer.contains("NOPERM"), "{words:?}: {answer}");
    }
}

#[test]
fn a_user_runs_its_commands_on_its_own_keys() {
    let Some(valkey) = Valkey::start(true) else { return };
    let ask = |words: &[&str]| valkey.ask(Some("immich"), words);
    assert_eq!(ask(&["SET", "immich_bull:1", "x"]).trim(), "OK");
    assert_eq!(ask(&["GET", "immich_bull:1"]).trim(), "x");
    assert_eq!(ask(&["EVAL", "return redis.call('get', KEYS[1])", "1", "immich_bull:1"]).trim(), "x");
    assert_eq!(ask(&["MULTI"]).trim(), "OK");
    assert!(ask(&["INFO", "server"]).contains("redis_version"));
    assert_eq!(ask(&["PUBLISH", "any", "x"]).trim(), "0");
    for words in [
        &["GET", "notes:1"][..],
        &["SET", "other", "x"],
        &["EVAL", "return redis.call('get', 'notes:1')", "0"],
    ] {
        let answer = ask(words);
        assert!(answer.contains("NOPERM") || answer.contains("can't access"), "{words:?}: {answer}");
    }
    let notes = |words: &[&str]| valkey.ask(Some("notes"), words);
    assert_eq!(notes(&["SET", "notes:1", "x"]).trim(), "OK");
    for words in
        [&["GET", "immich_bull:1"][..], &["EVAL", "return 1", "0"], &["PUBLISH", "notes:1", "x"], &["INFO"]]
    {
        let answer = notes(words);
        assert!(answer.contains("NOPERM"), "{words:?}: {answer}");
    }
}

#[test]
fn a_client_without_a_password_is_refused_with_and_without_an_admin() {
    for with_admin in [true, false] {
        let Some(valkey) = Valkey::start(with_admin) else { return };
        for words in [&["PING"][..], &["GET", "immich_bull:1"], &["SET", "x", "y"], &["INFO"], &["FLUSHALL"]]
        {
            let answer = valkey.ask(None, words);
            assert!(answer.contains("NOAUTH"), "{words:?}: {answer}");
        }
        let admin = valkey.ask(Some("default"), &["ACL", "WHOAMI"]);
        assert_eq!(admin.trim() == "default", with_admin, "{admin}");
    }
}

#[test]
fn the_check_before_a_start_passes_while_the_server_answers() {
    let Some(mut valkey) = Valkey::start(false) else { return };
    let socket = valkey.stage.path("redis.sock");
    valkey.stage.set("VALKEY_SOCKET", socket);
    assert_eq!(valkey.stage.run("require-valkey", &[]).code, Some(0));
    valkey.running.kill().unwrap();
    valkey.running.wait().unwrap();
    let ran = valkey.stage.run("require-valkey", &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("Valkey does not answer"), "{ran:?}");
}

#[test]
fn a_missing_or_empty_password_leaves_the_old_file() {
    let mut stage = Stage::new();
    std::fs::create_dir(stage.at("credentials")).unwrap();
    let credentials = stage.path("credentials");
    stage.set("CREDENTIALS_DIRECTORY", credentials);
    let file = stage.file("users.acl", "old");
    assert_ne!(stage.run("render-acl", &[&file, "notes", "~* +@all"]).code, Some(0));
    for password in ["", "\n", "a\nb"] {
        std::fs::write(stage.at("credentials/notes"), password).unwrap();
        assert_eq!(stage.run("render-acl", &[&file, "notes", "~* +@all"]).code, Some(1));
    }
    assert_eq!(stage.read("users.acl"), "old");
}
