//! A temporary host folder for the scripts of jobs: the scripts by name, stand-ins for other programs, and data.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::folder::{names, tree};
use super::scripts::{program, scripts};
const SCRIPTS: [&str; 17] = [
    "backup",
    "check-repository",
    "copy-folder",
    "copy-sqlite",
    "dump-mysql",
    "dump-postgres",
    "load-dump",
    "load-mysql",
    "make-folder",
    "mysql-client",
    "restic-client",
    "restore-mysql",
    "restore-postgres",
    "restore-snapshot",
    "restore-sqlite",
    "snapshot",
    "take-snapshot",
];
/// The files that scripts source, by a name on the PATH.
const SOURCED: [&str; 3] = ["enter-folder.sh", "in-postgres.sh", "restoring.sh"];

/// The file of a script.
pub fn script(name: &str) -> PathBuf {
    scripts().join(format!("{name}.sh"))
}

/// Prints a clear notice that a test was skipped.
pub fn skipped<T>(why: &str) -> Option<T> {
    println!("\n################ SKIPPED: {why}\n");
    None
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A temporary folder with a backup folder `target` and with `bin`, which is first on the PATH and has every script by
/// its name.
pub struct Sandbox {
    pub folder: tempfile::TempDir,
    pub target: PathBuf,
    pub variables: BTreeMap<&'static str, String>,
}

impl Sandbox {
    pub fn new() -> Sandbox {
        Sandbox::with_target("backups")
    }

    /// A sandbox whose backup folder has another name.
    pub fn with_target(target: &str) -> Sandbox {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for name in SCRIPTS {
            let script = script(name);
            program(
                &bin.join(name),
                &format!("exec bash -o errexit -o nounset -o pipefail '{}' \"$@\"", script.display()),
            );
        }
        for name in SOURCED {
            std::fs::copy(scripts().join(name), bin.join(name)).unwrap();
        }
        let target = folder.path().join(target);
        let variables =
            [("NAME", "database"), ("SUFFIX", ".dump"), ("KEEP_DAYS", "30"), ("KEEP_AT_LEAST", "3")];
        let mut variables: BTreeMap<_, _> = variables.map(|(name, value)| (name, value.to_owned())).into();
        variables.insert("TARGET", target.to_str().unwrap().to_owned());
        Sandbox { folder, target, variables }
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn set(&mut self, variable: &'static str, value: impl AsRef<OsStr>) -> &mut Sandbox {
        self.variables.insert(variable, value.as_ref().to_str().expect("text").to_owned());
        self
    }

    /// Writes the producer `produce` in bash: `$1` is the path that it has to write, and `$here` is the sandbox's folder.
    pub fn set_producer(&self, code: &str) -> &Sandbox {
        let here = self.folder.path().display();
        program(&self.at("bin/produce"), &format!("set -eu\nhere='{here}'\n{code}"));
        self
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let path = std::env::var("PATH").expect("there is a PATH");
        let mut command = Command::new(self.at("bin").join(words[0]));
        command
            .args(&words[1..])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it runs")
    }

    /// Makes a backup, asserts that it succeeds, and returns its path.
    pub fn backup(&self, producer: &str) -> PathBuf {
        let output = self.run(&["backup", producer]);
        assert!(output.status.success(), "{}", stderr(&output));
        let (name, suffix) = (&self.variables["NAME"], &self.variables["SUFFIX"]);
        let newest = self.backups(name, suffix).pop().expect("a backup");
        assert_eq!(self.unfinished(), [""; 0]);
        newest
    }

    /// Makes a backup, and asserts that it fails for the reason `why` and changes nothing.
    pub fn backup_fails(&self, producer: &str, why: &str) {
        let before = self.target.exists().then(|| tree(&self.target));
        let output = self.run(&["backup", producer]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why:?} is not in {}", stderr(&output));
        let mut after = self.target.exists().then(|| tree(&self.target));
        if let Some(after) = &mut after {
            after.retain(|path, _| !path.to_string_lossy().ends_with(".lock"));
        }
        match before {
            Some(mut before) => {
                before.retain(|path, _| !path.to_string_lossy().ends_with(".lock"));
                assert_eq!(after, Some(before));
            }
            None => assert!(after.is_none_or(|after| after.len() == 1), "something was left"),
        }
    }

    /// The backups, the oldest first.
    pub fn backups(&self, name: &str, suffix: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(&self.target)
            .expect("a folder")
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                let stamp = file.strip_prefix(&format!("{name}-")).and_then(|rest| rest.strip_suffix(suffix));
                stamp.is_some_and(|stamp| stamp.len() == 17 && stamp.as_bytes()[10] == b'T')
            })
            .collect();
        found.sort();
        found
    }

    /// The hidden files in the folder of backups, except the lock.
    pub fn unfinished(&self) -> Vec<String> {
        let all = names(&self.target);
        all.into_iter().filter(|name| name.starts_with('.') && !name.ends_with(".lock")).collect()
    }

    /// Creates an old backup.
    pub fn add_old_backup(&self, file: &str) -> PathBuf {
        std::fs::create_dir_all(&self.target).unwrap();
        std::fs::set_permissions(&self.target, std::fs::Permissions::from_mode(0o700)).unwrap();
        let path = self.target.join(file);
        std::fs::write(&path, "old").unwrap();
        path
    }

    /// Adds a stand-in for systemctl. A unit is active unless a file of its name has another state. The script
    /// `on-systemctl` is run when systemctl is called to change a unit.
    pub fn add_systemctl(&mut self) {
        let (lock, here) = (self.at("restore.lock"), self.folder.path().to_path_buf());
        self.set("LOCK", lock).set("HERE", here);
        program(
            &self.at("bin/systemctl"),
            "if [ \"$1\" = is-active ]; then
                 state=active
                 [ ! -e \"$HERE/$3\" ] || state=$(<\"$HERE/$3\")
                 echo \"$state\"
                 [ \"$state\" = active ] && exit 0 || exit 3
             fi
             echo \"$*\" >>\"$HERE/systemctl.log\"
             if [ -e \"$HERE/on-systemctl\" ]; then . \"$HERE/on-systemctl\"; fi",
        );
    }

    /// The calls of systemctl since the last call of this function, one per line.
    pub fn systemctl_calls(&self) -> String {
        let log = std::fs::read_to_string(self.at("systemctl.log")).unwrap_or_default();
        let _ = std::fs::remove_file(self.at("systemctl.log"));
        log
    }

    /// Runs a command in a terminal, with one answer as input. Returns its exit code and the output of the terminal.
    pub fn run_at_a_terminal(&self, words: &[&str], answer: &str) -> (Option<i32>, String) {
        let line = "printf -v line '%q ' \"$@\"; exec script --quiet --return --command \"$line\" /dev/null";
        program(&self.at("bin/at-a-terminal"), line);
        let mut child = self
            .command(&[&["at-a-terminal"], words].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The input stays open until the command ends, because the end of the input is not an answer.
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Waits until a condition is true.
pub fn wait_for(mut condition: impl FnMut() -> bool) {
    // The limit is far above the time that any machine needs.
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(600), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills a command and all its child processes.
pub fn kill_group(child: &mut Child) {
    let id = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
    let _ = child.wait();
}

/// Runs a shell script in its own mount namespace. Prints a notice and returns `None` if mounts are not permitted.
pub fn with_mounts(sandbox: &Sandbox, script: &str) -> Option<Output> {
    program(&sandbox.at("bin/in-mounts"), "exec unshare --mount --map-root-user bash -euc \"$1\"");
    if !sandbox.run(&["in-mounts", "mkdir probe; mount -t tmpfs none probe"]).status.success() {
        return skipped("nothing may be mounted here");
    }
    std::fs::remove_dir(sandbox.at("probe")).unwrap();
    Some(sandbox.run(&["in-mounts", script]))
}

/// Runs SQL in an SQLite database, and returns its output.
pub fn sqlite(database: &Path, sql: &str) -> String {
    let output = Command::new("sqlite3").args(["-cmd", ".timeout 60000"]).arg(database).arg(sql).output();
    let output = output.expect("sqlite3 runs");
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub const STOPPED_AND_STARTED: &str =
    "stop -- podman-ml.service podman-server.service\nstart -- podman-ml.service podman-server.service\n";
