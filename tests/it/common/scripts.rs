//! Runs the scripts of `templates/scripts/` directly, with stand-ins for the programs that they start.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Returns true if all programs are installed. In CI, a missing one is a failure.
pub fn are_installed(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for program in programs {
        if !folders.iter().any(|folder| folder.join(program).is_file()) {
            assert!(std::env::var_os("HOMEGEN_REQUIRE_TOOLS").is_none(), "{program} is not installed");
            println!("skipped: {program} is not installed");
            return false;
        }
    }
    true
}

/// The exit status and the output of a script.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).expect("it speaks UTF-8");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A folder for one or several runs, with stand-ins in `bin`. The stand-in `notify` records its calls.
pub struct Stage {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Stage {
    pub fn new() -> Stage {
        let stage = Stage { folder: tempfile::tempdir().expect("a folder"), environment: Vec::new() };
        for folder in ["bin", "state", "tmp"] {
            std::fs::create_dir(stage.at(folder)).unwrap();
        }
        // If the file `notify-fails` exists, no notification is sent.
        stage.stand_in(
            "notify",
            r#"
            [ "$1" != --strict ] || { shift; [ ! -e "$STAGE/notify-fails" ] || exit 1; }
            printf '%s\0' "$#" "$@" >>"$STAGE/sent""#,
        );
        stage
    }

    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The path as text, for a variable.
    pub fn path(&self, path: &str) -> String {
        self.at(path).to_str().expect("a name in UTF-8").to_owned()
    }

    /// Writes a file, and returns its path.
    pub fn file(&self, path: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.at(path), text).unwrap();
        self.path(path)
    }

    /// The text of a file, or an empty text if there is no file.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    /// Writes a program that is found before those of the host. `$STAGE` is this folder.
    pub fn stand_in(&self, name: &str, script: &str) {
        program(&self.at("bin").join(name), script);
    }

    /// Sets a parameter for all runs.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.into()));
    }

    pub fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let file = scripts().join(format!("{script}.sh"));
        let mut all = vec!["-o", "errexit", "-o", "nounset", "-o", "pipefail", file.to_str().expect("text")];
        all.extend(arguments);
        self.program("bash", &all)
    }

    /// A command with the stand-ins first on the PATH, and with only the set parameters in its environment.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut path = vec![self.at("bin")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        // The parent process may ignore a signal, and a shell cannot trap a signal that is ignored at its start.
        let mut command = Command::new("env");
        command
            .args(["--default-signal", program])
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("LANG", "C")
            .env("LC_ALL", "C")
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.at("tmp"))
            .env("STAGE", self.folder.path())
            .env("STATE_DIRECTORY", self.at("state"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, script: &str, arguments: &[&str]) -> Ran {
        self.run_to_end(&mut self.command(script, arguments))
    }

    /// Runs a command of this stage to its end, and asserts that it leaves no temporary files.
    pub fn run_to_end(&self, command: &mut Command) -> Ran {
        let ran = command.output().expect("it runs").into();
        assert_eq!(std::fs::read_dir(self.at("tmp")).unwrap().count(), 0, "files were left behind: {ran:?}");
        ran
    }

    pub fn start(&self, script: &str, arguments: &[&str]) -> Child {
        self.command(script, arguments).spawn().expect("bash runs")
    }

    /// The arguments of each call of the stand-in `notify`.
    pub fn notifications(&self) -> Vec<Vec<String>> {
        let text = self.read("sent");
        let mut words = text.split_terminator('\0').map(str::to_owned);
        let mut sent = Vec::new();
        while let Some(count) = words.next() {
            sent.push(words.by_ref().take(count.parse().unwrap()).collect());
        }
        sent
    }
}

/// The folder of the scripts.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/scripts")
}

/// The shell scripts in it.
pub fn shell_scripts() -> Vec<PathBuf> {
    let files = std::fs::read_dir(scripts()).expect("a folder").map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "sh")).collect()
}

/// Writes a program in bash.
pub fn program(path: &Path, code: &str) {
    // A program that another test starts at the same time could inherit the file while it is open for writing. Such a
    // file cannot be run, so a separate process writes it.
    let mut install = Command::new("install")
        .args(["--mode=755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("install runs");
    let text = format!("#!/usr/bin/env bash\n{code}\n");
    install.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    assert!(install.wait().expect("it ends").success());
}
