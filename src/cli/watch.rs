//! `homegen build --watch`

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use homegen::lock;
use homegen::printable::printable;
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Input, MAX_BYTES, Stop, complain};

/// The time without an event after which a program has finished writing.
const QUIET: Duration = Duration::from_millis(50);

/// The longest wait for such a time.
const PATIENCE: Duration = Duration::from_secs(1);

/// The time after which files are compared without an event: a network mount has none for changes of other hosts, and
/// the number of watches is limited.
const INTERVAL: Duration = Duration::from_secs(2);

/// Builds, and builds again at each change, until the program is ended.
pub(super) fn run(input: &Input, build: impl Fn() -> Result<(), Stop>) -> Result<(), Stop> {
    if input.is_stdin() {
        return Err(Stop::Failed("--watch needs a file: standard input does not change".to_owned()));
    }
    // A file that was never there is a mistake in its name. Later, an editor may be replacing it.
    input.read()?;
    let (sender, events) = sync_channel(1);
    let wake = sender.clone();
    // A full channel has an event that was not handled yet.
    let handle = move |event: notify::Result<Event>| {
        if !event.is_ok_and(|event| is_read(&event.kind)) {
            let _ = wake.try_send(());
        }
    };
    let mut folders = Folders { watcher: notify::recommended_watcher(handle).ok(), watched: BTreeMap::new() };
    loop {
        input.asked.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // A change during the build is one after this.
        let texts = texts(input);
        match build() {
            Err(Stop::Failed(why)) => complain(&why),
            Ok(()) | Err(Stop::Wrong | Stop::Changes) => {}
        }
        let seen = Seen { texts, files: input.asked.lock().unwrap_or_else(PoisonError::into_inner).clone() };
        let _ = writeln!(
            std::io::stderr(),
            "homegen: waiting for a change of {}; Ctrl-C ends this",
            printable(&input.name())
        );
        loop {
            // Watched first: a change in between is seen by the comparison or has an event.
            folders.watch(&seen.folders(input));
            if seen.differs(input) {
                break;
            }
            wait(&events);
        }
    }
}

/// True if a program only read a file, as homegen does.
fn is_read(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if *access != AccessKind::Close(AccessMode::Write))
}

/// Waits for an event and the end of those that follow it, or for [`INTERVAL`].
fn wait(events: &Receiver<()>) {
    if events.recv_timeout(INTERVAL).is_ok() {
        let start = Instant::now();
        while start.elapsed() < PATIENCE && events.recv_timeout(QUIET).is_ok() {}
    }
}

/// The input of a build.
struct Seen {
    /// The contents of the file and the lock file.
    texts: [Option<Vec<u8>>; 2],
    /// The other paths beside the file, each with true if it was a file. Their contents are not part of the output.
    files: BTreeMap<String, bool>,
}

impl Seen {
    /// True if a build would read something else.
    fn differs(&self, input: &Input) -> bool {
        let folder = input.folder();
        self.texts != texts(input)
            || self.files.iter().any(|(path, was_file)| folder.join(path).is_file() != *was_file)
    }

    /// The folders in which a change of the input has an event.
    fn folders(&self, input: &Input) -> BTreeSet<PathBuf> {
        let folder = input.folder();
        let paths = self.files.keys().map(|path| folder.join(path)).chain(read(input));
        // A link leads to a file in another folder.
        paths
            .flat_map(|path| [path.canonicalize().ok(), Some(path)])
            .flatten()
            .filter_map(watchable)
            .collect()
    }
}

/// The folder of a path: an editor replaces the file itself. If the folder does not exist, the nearest one around it.
fn watchable(path: PathBuf) -> Option<PathBuf> {
    let named = path.ancestors().skip(1);
    let named = named.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    named.into_iter().find(|folder| folder.is_dir()).map(Path::to_path_buf)
}

/// The paths whose contents a build reads: the file and the lock file.
fn read(input: &Input) -> [PathBuf; 2] {
    [input.file.clone(), input.folder().join(lock::PATH)]
}

fn texts(input: &Input) -> [Option<Vec<u8>>; 2] {
    read(input).map(|path| {
        // Opening a pipe would wait for its writer.
        if !path.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    })
}

/// The watched folders.
struct Folders {
    /// `None` if the system has no watches left. [`INTERVAL`] remains.
    watcher: Option<RecommendedWatcher>,
    /// Each folder with its device and inode: another folder may take its place.
    watched: BTreeMap<PathBuf, (u64, u64)>,
}

impl Folders {
    fn watch(&mut self, folders: &BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        let folders: BTreeMap<PathBuf, (u64, u64)> = folders
            .iter()
            .filter_map(|folder| {
                let meta = folder.metadata().ok()?;
                Some((folder.clone(), (meta.dev(), meta.ino())))
            })
            .collect();
        for (folder, _) in self.watched.iter().filter(|(folder, id)| folders.get(*folder) != Some(*id)) {
            // Fails if the folder was deleted.
            let _ = watcher.unwatch(folder);
        }
        for (folder, _) in folders.iter().filter(|(folder, id)| self.watched.get(*folder) != Some(*id)) {
            let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
        }
        self.watched = folders;
    }
}
