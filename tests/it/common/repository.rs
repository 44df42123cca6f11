//! A restic repository in a folder, for the scripts of a sandbox.

use std::path::PathBuf;

use serde_json::Value;

use super::folder::names;
use super::sandbox::{Sandbox, stderr};
use super::scripts::{are_installed, program};

/// The number of calls of restic before the one that waits to be killed, in the file `calls`.
const RESTIC: &str = r#"
PATH=${PATH#*:}
if [ -e "$HERE/calls" ]; then
    echo >>"$HERE/called"
    if [ "$(wc -l <"$HERE/called")" -gt "$(<"$HERE/calls")" ] && mkdir "$HERE/reached" 2>/dev/null; then
        [ -e "$HERE/before" ] || restic "$@" || true
        mkdir "$HERE/begun"
        sleep 100
        exit 1
    fi
fi
exec restic "$@""#;

impl Sandbox {
    /// Adds a repository, and a producer or SOURCE is saved into it by `snapshot`. Returns `None` without restic.
    pub fn with_repository(mut self) -> Option<Sandbox> {
        if !are_installed(&["restic", "flock", "unshare"]) {
            return None;
        }
        for folder in ["cache", "state"] {
            std::fs::create_dir(self.at(folder)).unwrap();
        }
        std::fs::write(self.at("repository-password"), "right\n").unwrap();
        let paths = [
            ("REPOSITORY", "repository"),
            ("REPOSITORY_PASSWORD", "repository-password"),
            ("CACHE", "cache"),
            ("CACHE_DIRECTORY", "cache"),
            ("STATE_DIRECTORY", "state"),
            ("HERE", ""),
        ];
        for (variable, path) in paths {
            let path = self.at(path);
            self.set(variable, path);
        }
        self.set("HOST", "box").set("RESTIC", "of-repository").set("TAKE", "take-snapshot");
        // The scripts of other programs have a PASSWORD_FILE too.
        program(
            &self.at("bin/of-repository"),
            "PASSWORD_FILE=$REPOSITORY_PASSWORD exec restic-client \"$@\"",
        );
        program(&self.at("bin/restic"), RESTIC);
        Some(self)
    }

    /// Runs restic, and returns its output.
    pub fn restic(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["of-repository"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a snapshot, and asserts that it succeeds.
    pub fn snapshot(&self) {
        let output = self.run(&["snapshot"]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(self.temporary(), [""; 0]);
    }

    /// Runs `snapshot`, and asserts that it fails for a reason, and makes no snapshot that counts as a backup.
    pub fn snapshot_fails(&self, why: &str) {
        let before = (self.snapshots("database"), names(&self.at("state")));
        let output = self.run(&["snapshot"]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why:?} is not in {}", stderr(&output));
        assert_eq!((self.snapshots("database"), names(&self.at("state"))), before);
        assert_eq!(self.temporary(), [""; 0]);
    }

    /// The IDs of the snapshots with a tag, the oldest first.
    pub fn snapshots(&self, tag: &str) -> Vec<String> {
        if !self.at("repository").exists() {
            return Vec::new();
        }
        let all: Value = serde_json::from_str(&self.restic(&["snapshots", "--json", "--tag", tag])).unwrap();
        let ids = all.as_array().into_iter().flatten().map(|one| one["id"].as_str().unwrap().to_owned());
        ids.collect()
    }

    /// The folder in which the content of a snapshot was restored.
    pub fn restored(&self, snapshot: &str) -> PathBuf {
        let target = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        self.restic(&["restore", snapshot, "--target", target.to_str().unwrap()]);
        target
    }

    /// The name of the file with the ID of the newest snapshot.
    pub fn stamps(&self) -> Vec<String> {
        names(&self.at("state")).into_iter().filter(|name| name.ends_with(".snapshot")).collect()
    }

    /// Temporary files of `snapshot` and `restore-snapshot`.
    pub fn temporary(&self) -> Vec<String> {
        let kept = ["lock", "restic", "restore.lock"];
        names(&self.at("cache")).into_iter().filter(|name| !kept.contains(&name.as_str())).collect()
    }
}
