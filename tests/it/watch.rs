//! `homegen build --watch`, with real writes in the ways of editors.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::common::scripts::are_installed;

/// A file with a secret, whose file is beside it.
const FILE: &str = "homegen: 1
host: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }
agenix: { directory: secrets }
secrets: { token: {} }
services:
  web:
    containers:
      web:
        image: docker.io/library/nginx:1.0
        environment: { TOKEN: \"a-${secrets.token}\" }
";

/// The last line of each build.
const END: &str = "homegen: waiting for a change of ";

/// The longest wait for a line.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `homegen build --watch`.
struct Watch {
    process: Child,
    lines: Receiver<String>,
    folder: tempfile::TempDir,
}

impl Watch {
    /// Starts it in a new folder, and waits for the first build.
    fn start(arguments: &[&str]) -> Watch {
        let mut watch = Watch::start_with(&[env!("CARGO_BIN_EXE_homegen")], arguments);
        watch.built();
        watch
    }

    fn start_with(command: &[&str], arguments: &[&str]) -> Watch {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("host/secrets")).unwrap();
        fs::write(folder.path().join("host/homeserver.yaml"), FILE).unwrap();
        fs::write(folder.path().join("host/secrets/token.age"), "").unwrap();
        // One pipe keeps the order of the lines.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 2>&1", "sh"])
            .args(command)
            .args(["build", "--watch"])
            .args(arguments)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("homegen runs");
        let (sender, lines) = channel();
        let output = process.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Watch { process, lines, folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Replaces a file in the way of most editors: another file is renamed.
    fn replace(&self, path: &str, text: &str) {
        let new = self.at("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.at(path)).unwrap();
    }

    /// The lines until the end of the next build.
    fn built(&mut self) -> String {
        let mut found = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.starts_with(END) => return found,
                Ok(line) => found += &format!("{line}\n"),
                Err(_) => panic!("no build: {found}"),
            }
        }
    }

    /// Waits for builds until the output has a text.
    fn built_with(&mut self, text: &str) {
        let file = self.at("host/generated/services/web.nix");
        while !fs::read_to_string(&file).is_ok_and(|module| module.contains(text)) {
            self.built();
        }
    }

    /// Presses Ctrl-C. Returns the lines that were not read.
    fn end(mut self) -> Vec<String> {
        kill_process(Pid::from_child(&self.process), Signal::INT).unwrap();
        let status = self.process.wait().unwrap();
        assert_eq!(status.signal(), Some(2), "{status:?}");
        self.lines.iter().collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn tagged(tag: usize) -> String {
    FILE.replace("nginx:1.0", &format!("nginx:1.{tag}"))
}

/// The names of the folders in which builds work.
fn stages(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains(".homegen-")).count()
}

#[test]
fn each_change_is_built_once_and_at_once() {
    let mut watch = Watch::start(&["host/homeserver.yaml"]);
    let start = Instant::now();
    for tag in 1..=10 {
        watch.replace("host/homeserver.yaml", &tagged(tag));
        let lines = watch.built();
        assert!(lines.contains("  ~ services/web.nix (1 added, 1 removed)"), "{lines}");
        let module = fs::read_to_string(watch.at("host/generated/services/web.nix")).unwrap();
        assert!(module.contains(&format!("nginx:1.{tag}\"")), "{module}");
    }
    // Without events, each change would be found after 2 s.
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    // Neither the output nor other files cause a build, and neither does the same text.
    fs::write(watch.at("host/notes"), "x").unwrap();
    fs::write(watch.at("host/generated/notes"), "x").unwrap();
    watch.replace("host/homeserver.yaml", &tagged(10));
    watch.replace("host/homeserver.yaml", &tagged(11));
    watch.built();
    let module = fs::read_to_string(watch.at("host/generated/services/web.nix")).unwrap();
    assert!(module.contains("nginx:1.11\""), "{module}");
    assert_eq!(stages(&watch.at("host")), 0);
    assert!(watch.end().is_empty());
}

#[test]
fn an_output_beside_the_file_causes_no_build() {
    let mut watch = Watch::start(&["host/homeserver.yaml", "-o", "host"]);
    for tag in 1..=3 {
        watch.replace("host/homeserver.yaml", &tagged(tag));
        assert!(watch.built().contains("  ~ services/web.nix"));
    }
    assert!(watch.end().is_empty());
}

#[test]
fn mistakes_are_reported_until_they_are_corrected() {
    let mut watch = Watch::start(&["host/homeserver.yaml"]);
    for (text, report) in [
        (FILE.replace("image", "imag"), "`imag` is not a valid key"),
        ("homegen: [".to_owned(), "1 error in host/homeserver.yaml"),
        (String::new(), "the file is empty"),
        (tagged(1), "  ~ services/web.nix"),
    ] {
        watch.replace("host/homeserver.yaml", &text);
        let lines = watch.built();
        assert!(lines.contains(report), "{report}: {lines}");
    }
    // A build that cannot write goes on too.
    let module = watch.at("host/generated/services/web.nix");
    fs::write(&module, "{ }\n").unwrap();
    watch.replace("host/homeserver.yaml", &tagged(2));
    let lines = watch.built();
    assert!(lines.contains("homegen: refusing to overwrite host/generated/services/web.nix"), "{lines}");
    fs::remove_file(&module).unwrap();
    watch.replace("host/homeserver.yaml", &tagged(3));
    watch.built_with("nginx:1.3\"");
}

#[test]
fn a_secret_and_the_lock_file_cause_a_build() {
    let mut watch = Watch::start(&["host/homeserver.yaml"]);
    fs::remove_file(watch.at("host/secrets/token.age")).unwrap();
    let lines = watch.built();
    assert!(lines.contains("HG0608"), "{lines}");
    // The folder is renamed away, with everything in it, and returns.
    fs::rename(watch.at("host/secrets"), watch.at("host/others")).unwrap();
    fs::create_dir(watch.at("host/secrets")).unwrap();
    fs::write(watch.at("host/secrets/token.age"), "").unwrap();
    while watch.built().contains("HG0608") {}
    let digest = "0".repeat(64);
    let lock = format!(
        "services:\n  docker.io/library/nginx:1.0:\n    image: docker.io/library/nginx:1.0@sha256:{digest}\n"
    );
    fs::write(watch.at("host/compose.lock.yaml"), lock).unwrap();
    watch.built_with(&digest);
    fs::remove_file(watch.at("host/compose.lock.yaml")).unwrap();
    watch.built_with("nginx:1.0\"");
}

#[test]
fn a_file_that_vanishes_is_built_when_it_returns() {
    let mut watch = Watch::start(&["host/homeserver.yaml"]);
    // An editor that makes a backup renames the file, and writes a new one.
    let file = watch.at("host/homeserver.yaml");
    fs::rename(&file, watch.at("host/homeserver.yaml~")).unwrap();
    assert!(watch.built().contains("host/homeserver.yaml: file not found"));
    fs::write(&file, tagged(1)).unwrap();
    watch.built_with("nginx:1.1\"");
    // A checkout of another branch deletes the whole folder.
    fs::remove_dir_all(watch.at("host")).unwrap();
    assert!(watch.built().contains("host/homeserver.yaml: file not found"));
    fs::create_dir_all(watch.at("host/secrets")).unwrap();
    fs::write(watch.at("host/secrets/token.age"), "").unwrap();
    fs::write(&file, tagged(2)).unwrap();
    watch.built_with("nginx:1.2\"");
    // The file is a link, whose target changes.
    fs::write(watch.at("target.yaml"), tagged(3)).unwrap();
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("../target.yaml", &file).unwrap();
    watch.built_with("nginx:1.3\"");
    fs::write(watch.at("target.yaml"), tagged(4)).unwrap();
    watch.built_with("nginx:1.4\"");
}

#[test]
fn changes_without_events_are_found() {
    // No inotify is left in this user namespace. A network mount has none for changes of other hosts.
    let without = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
    let command = ["unshare", "--user", "--map-root-user", "sh", "-c", without, "sh"];
    let is_possible = Command::new(command[0])
        .args(&command[1..])
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !are_installed(&["unshare"]) || !is_possible {
        println!("skipped: no user namespaces");
        return;
    }
    let mut watch = Watch::start_with(
        &[&command[..], &[env!("CARGO_BIN_EXE_homegen")]].concat(),
        &["host/homeserver.yaml"],
    );
    watch.built();
    watch.replace("host/homeserver.yaml", &tagged(1));
    watch.built_with("nginx:1.1\"");
}

#[test]
fn only_a_file_that_exists_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, reason) in [
        (&["missing.yaml"][..], "missing.yaml: file not found"),
        (&["-"], "--watch needs a file: standard input does not change"),
        (&["--check"], "cannot be used with"),
        (&["--stdout"], "cannot be used with"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_homegen"))
            .args(["build", "--watch"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(reason), "{output:?}");
    }
}
