//! Another user of the host, which changes a folder while root works in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::sandbox::{skipped, wait_for};
use super::scripts::are_installed;

/// The user and group id of the attacker.
pub const ATTACKER: u32 = 1234;

/// The number of runs of each script. Without the check of `enter_folder`, the attacker wins at least 39 of 100 runs, and
/// so loses all of 30 once in 2.7 million times.
pub const RUNS: usize = 30;

/// A process that runs as [`ATTACKER`], without a capability, until it is dropped.
pub struct Attacker(Child, #[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

/// One attacker at a time, because each uses a whole processor.
static ALONE: Mutex<()> = Mutex::new(());

impl Attacker {
    /// Exchanges the two paths of each pair, one pair after the other, as often as possible.
    pub fn exchanging(pairs: &[(PathBuf, PathBuf)]) -> Attacker {
        // renameat2(2) with RENAME_EXCHANGE.
        let number = if cfg!(target_arch = "x86_64") { 316 } else { 276 };
        let exchange = format!(
            "my $parent = getppid;
             while (getppid == $parent) {{
                 for (my $i = 0; $i < @ARGV; $i += 2) {{
                     syscall({number}, -100, $ARGV[$i], -100, $ARGV[$i + 1], 2);
                 }}
             }}"
        );
        let mut command = Command::new("setpriv");
        command
            .args([format!("--reuid={ATTACKER}"), format!("--regid={ATTACKER}"), "--clear-groups".to_owned()])
            .args(["perl", "-e", &exchange])
            .stdin(Stdio::null());
        for (a, b) in pairs {
            command.arg(a).arg(b);
        }
        let is_link = |path: &PathBuf| path.is_symlink();
        let before = is_link(&pairs[0].0);
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let attacker = Attacker(command.spawn().expect("setpriv runs"), alone);
        wait_for(|| is_link(&pairs[0].0) != before);
        attacker
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns true if the tests run as root, the user under attack.
pub fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skipped::<()>("only root can become the user who attacks");
    }
    root && are_installed(&["perl", "setpriv"])
}

/// Gives a path to the attacker.
pub fn give(path: &Path) {
    std::os::unix::fs::lchown(path, Some(ATTACKER), Some(ATTACKER)).unwrap();
}

/// Runs a script [`RUNS`] times. `won` returns true if the attacker reached files of root, and restores them.
pub fn race(script: &str, mut run: impl FnMut(usize), mut won: impl FnMut() -> bool) {
    let mut wins = 0;
    for i in 0..RUNS {
        run(i);
        wins += usize::from(won());
    }
    assert_eq!(wins, 0, "the attacker won {wins} of {RUNS} runs of {script}");
}
