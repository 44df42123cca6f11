//! The output folder. Whatever happens, it is wholly the old one or wholly the new one: the new folder is
//! built beside it, and the two change places in one step.

mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use homegen::output::{BEGINNING, Change, Existing, LastBuild, is_marked};
use homegen::record;
use rustix::fs::{Access, AtFlags, CWD, FlockOperation, RenameFlags, accessat, flock, renameat_with};
use rustix::io::Errno;

use super::{Stop, failed, shown};
use stage::Stage;

/// What happens to each path of the folder.
pub(super) type Plan = BTreeMap<String, Change>;

/// How deep homegen's own folders lie, and one more, to find what a person put there.
const DEPTH: usize = 4;

/// How long to wait for another build. Writing the largest folder takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// The output folder of a run, kept from other runs while this lives.
pub(super) struct Folder {
    /// As the user calls it.
    name: PathBuf,
    /// Where it is, with links followed: a link stays one, and what it leads to is exchanged.
    path: PathBuf,
    /// Held on the folder around, because the folder itself is another one after the exchange. There is
    /// none where the file system cannot lock.
    lock: Option<File>,
    /// Held on the folder itself, so that no output in it is written meanwhile: it would be lost in the exchange.
    _own_lock: Option<File>,
}

/// What could not be done, and with which path.
struct Failure {
    path: PathBuf,
    error: std::io::Error,
}

/// For `map_err`: the failure of something that was done with `path`.
fn at<E: Into<std::io::Error>>(path: &Path) -> impl FnOnce(E) -> Failure {
    move |error| Failure { path: path.to_path_buf(), error: error.into() }
}

impl Failure {
    /// Whether it is this place that does not allow it (a mount point, a file system without links, a
    /// parent of somebody else's), so that another way may be open.
    fn is_of_the_place(&self) -> bool {
        matches!(
            self.error.kind(),
            ErrorKind::PermissionDenied
                | ErrorKind::ReadOnlyFilesystem
                | ErrorKind::CrossesDevices
                | ErrorKind::ResourceBusy
                | ErrorKind::InvalidInput
                | ErrorKind::InvalidFilename
                | ErrorKind::TooManyLinks
                | ErrorKind::Unsupported
        )
    }

    /// What the person can do about it.
    fn advice(&self) -> &'static str {
        match self.error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "make room on the disk, and run it again"
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "run it as someone who may write there, or choose another folder with -o"
            }
            ErrorKind::AlreadyExists => "somebody else made it meanwhile; run it again",
            _ => "run it again, or choose another folder with -o",
        }
    }
}

impl Folder {
    /// The folder for a run that only looks.
    pub(super) fn to_read(name: &Path) -> Result<Folder, Stop> {
        Folder::open(name, FlockOperation::NonBlockingLockShared)
    }

    /// The folder for a run that writes: the way to it exists then, and what a killed run left is gone.
    pub(super) fn to_write(name: &Path) -> Result<Folder, Stop> {
        if let Some(around) = name.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(around).map_err(|e| failed(shown(around), &e))?;
        }
        let folder = Folder::open(name, FlockOperation::NonBlockingLockExclusive)?;
        if folder.lock.is_some() {
            stage::clear_leftovers(&folder.path);
        }
        Ok(folder)
    }

    fn open(name: &Path, lock: FlockOperation) -> Result<Folder, Stop> {
        let path = match name.canonicalize() {
            Ok(path) if path.is_dir() => path,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(shown(name), &error)),
            Err(_) if !name.is_symlink() => std::path::absolute(name).map_err(|e| failed(shown(name), &e))?,
            _ => return Err(Stop::Failed(format!("{}: is not a folder", shown(name)))),
        };
        let hold = |folder: &Path| {
            hold(folder, lock).ok_or_else(|| {
                Stop::Failed(format!(
                    "another homegen has been at work in {} for {} seconds\n{} is as it was: run it again when the other is done",
                    shown(folder),
                    PATIENCE.as_secs(),
                    shown(name)
                ))
            })
        };
        // From the outside in, so that two builds never wait for each other.
        let around = path.parent().map_or(Ok(None), hold)?;
        let own = hold(&path)?;
        Ok(Folder { name: name.to_path_buf(), path, lock: around, _own_lock: own })
    }

    /// What is in the folder, by path with `/`. A folder that does not exist has nothing in it.
    pub(super) fn read(&self) -> Result<BTreeMap<String, Existing>, Stop> {
        let mut found = BTreeMap::new();
        if self.path.exists() {
            read_below(&self.path, "", DEPTH, &mut found)?;
        }
        Ok(found)
    }

    /// Whether the program was started in the folder, or below it.
    pub(super) fn is_around_us(&self) -> bool {
        std::env::current_dir().is_ok_and(|here| here.starts_with(&self.path))
    }

    /// Carries a plan out. Gives back whether the folder is another one than before.
    pub(super) fn write(&self, plan: &Plan) -> Result<bool, Stop> {
        if plan.values().all(Change::is_none) {
            return Ok(false);
        }
        let unharmed = |failure: Failure| {
            Stop::Failed(format!(
                "cannot write {}: {}\n{} is as it was; {}",
                shown(&failure.path),
                failure.error,
                shown(&self.name),
                failure.advice()
            ))
        };
        self.may_change(plan).map_err(unharmed)?;
        match self.at_once(plan) {
            Err(failure) if failure.is_of_the_place() && self.path.exists() => {
                let stage = self.staged_inside(plan).map_err(unharmed)?;
                self.one_by_one(&stage, plan).map(|()| false).map_err(|failure| {
                    Stop::Failed(format!(
                        "cannot write {}: {}\nsome files of {} are new by now and others are not; {}",
                        shown(&failure.path),
                        failure.error,
                        shown(&self.name),
                        failure.advice()
                    ))
                })
            }
            done => done.map_err(unharmed),
        }
    }

    /// Whether every folder in which something changes may be written. An exchange would not ask.
    fn may_change(&self, plan: &Plan) -> Result<(), Failure> {
        let changing = plan.iter().filter(|(_, change)| !change.is_none());
        let around: BTreeSet<&Path> = changing.filter_map(|(path, _)| Path::new(path).parent()).collect();
        for folder in around {
            let mut above = folder.ancestors().map(|above| self.path.join(above));
            let Some(nearest) = above.find(|above| above.exists()) else { continue };
            accessat(CWD, &nearest, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
                .map_err(at(&nearest))?;
        }
        Ok(())
    }

    /// Carries the plan out in one step: a file takes the place of another, or the folder does.
    fn at_once(&self, plan: &Plan) -> Result<bool, Failure> {
        let stage = Stage::beside(&self.path)?;
        if !self.path.exists() {
            stage.write(plan, &self.name)?;
            renameat_with(CWD, stage.path(), CWD, &self.path, RenameFlags::NOREPLACE)
                .or_else(|error| match error {
                    // There is nothing yet, so that a plain rename replaces nothing.
                    Errno::INVAL | Errno::NOSYS => rustix::fs::rename(stage.path(), &self.path),
                    error => Err(error),
                })
                .map_err(at(&self.name))?;
            return Ok(false);
        }
        if let Some(path) = self.only_file(plan) {
            stage.write(plan, &self.name)?;
            std::fs::rename(stage.path().join(path), self.path.join(path))
                .map_err(at(&self.name.join(path)))?;
            return Ok(false);
        }
        stage.mirror(&self.path, plan)?;
        stage.write(plan, &self.name)?;
        renameat_with(CWD, stage.path(), CWD, &self.path, RenameFlags::EXCHANGE).map_err(at(&self.name))?;
        Ok(true)
    }

    /// The one file that a plan writes, where there is nothing else to it. The folder can stay then.
    fn only_file<'a>(&self, plan: &'a Plan) -> Option<&'a str> {
        let mut changes = plan.iter().filter(|(_, change)| !change.is_none());
        match (changes.next()?, changes.next()) {
            ((path, Change::Create(_) | Change::Update(_)), None) => {
                self.path.join(path).parent()?.is_dir().then_some(path)
            }
            _ => None,
        }
    }

    /// All new texts, in the folder itself: where nothing can be put beside it.
    fn staged_inside(&self, plan: &Plan) -> Result<Stage, Failure> {
        let stage = Stage::inside(&self.path)?;
        stage.write(plan, &self.name)?;
        Ok(stage)
    }

    /// Carries the plan out file by file, each of which is the old or the new one. All texts are on the
    /// disk by now, so that a full one is no reason to stop in between.
    fn one_by_one(&self, stage: &Stage, plan: &Plan) -> Result<(), Failure> {
        // Until all else is written, the record is that of the build before.
        let (record, others): (Vec<_>, Vec<_>) = plan.iter().partition(|(path, _)| *path == record::PATH);
        for (path, change) in others.into_iter().chain(record) {
            let target = self.path.join(path);
            let around = target.parent().unwrap_or(&self.path);
            match change {
                Change::Create(_) | Change::Update(_) => {
                    std::fs::create_dir_all(around).map_err(at(around))?;
                    std::fs::rename(stage.path().join(path), &target).map_err(at(&target))?;
                }
                // It may have become a person's since it was read.
                Change::Prune
                    if File::open(&target)
                        .and_then(|file| beginning(&file))
                        .is_ok_and(|bytes| is_marked(path, &bytes)) =>
                {
                    std::fs::remove_file(&target).map_err(at(&target))?;
                    if around != self.path {
                        // Fails where something is left in it, which is as it should be.
                        let _ = std::fs::remove_dir(around);
                    }
                }
                Change::Prune | Change::Unchanged | Change::Keep | Change::Refuse(_) => {}
            }
        }
        Ok(())
    }
}

/// A lock on `folder`, waited for; `Some(None)` where there is no such thing, and `None` after too long.
fn hold(folder: &Path, operation: FlockOperation) -> Option<Option<File>> {
    let start = Instant::now();
    loop {
        // The folder may be another one since the last attempt: a build exchanges its output.
        let Ok(file) = File::open(folder) else { return Some(None) };
        match flock(&file, operation) {
            Ok(()) if !is_at(&file, folder) => {}
            Ok(()) => return Some(Some(file)),
            Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => return None,
            Err(_) => return Some(None),
        }
    }
}

/// Whether `folder` is still the open one.
fn is_at(file: &File, folder: &Path) -> bool {
    match (file.metadata(), folder.metadata()) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => true,
    }
}

fn read_below(
    folder: &Path,
    prefix: &str,
    depth: usize,
    found: &mut BTreeMap<String, Existing>,
) -> Result<(), Stop> {
    for entry in std::fs::read_dir(folder).map_err(|e| failed(shown(folder), &e))? {
        let entry = entry.map_err(|e| failed(shown(folder), &e))?;
        // A name that is not text is none of homegen's.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(|e| failed(shown(&entry.path()), &e))?;
        if kind.is_dir() {
            // What a killed run left is not what the folder holds.
            if prefix.is_empty() && stage::is_inside(entry.file_name().as_os_str()) {
                continue;
            }
            if depth > 1 {
                read_below(&entry.path(), &format!("{path}/"), depth - 1, found)?;
            }
            found.insert(path, Existing::Folder);
        } else if kind.is_file() {
            let bytes = read_if_marked(&entry.path(), &path).map_err(|e| failed(shown(&entry.path()), &e))?;
            found.insert(path, Existing::File(bytes));
        } else {
            found.insert(path, Existing::Other);
        }
    }
    Ok(())
}

/// The content of a file of homegen's at `path` of the output, and the first bytes of another: they show that
/// it is not, and the rest may be large.
fn read_if_marked(file: &Path, path: &str) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let mut bytes = beginning(&file)?;
    if path == record::PATH {
        // One byte more shows that it is too large.
        file.take((record::MAX_BYTES + 1 - bytes.len()) as u64).read_to_end(&mut bytes)?;
    } else if is_marked(path, &bytes) {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// As many bytes as show whether homegen generated the file, where there are so many.
fn beginning(file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(BEGINNING as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the last build left in the folder `name`, for a run that does not lock it.
pub(super) fn last_build(name: &Path) -> LastBuild {
    let path = name.join(record::PATH);
    // A link or a pipe is not homegen's, and a build refuses to write there.
    if !path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return LastBuild::Absent;
    }
    match read_if_marked(&path, record::PATH) {
        Ok(bytes) if is_marked(record::PATH, &bytes) => {
            LastBuild::of(&BTreeMap::from([(record::PATH.to_owned(), Existing::File(bytes))]))
        }
        _ => LastBuild::Absent,
    }
}

/// The way from one folder to another, such as `..`: in a repository both move together.
pub(super) fn way(from: &Path, to: &Path) -> String {
    let absolute = |path: &Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let mut parts: Vec<String> = Vec::new();
        for part in whole.components() {
            match part {
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::ParentDir => {
                    parts.pop();
                }
                _ => {}
            }
        }
        parts
    };
    let (from, to) = (absolute(from), absolute(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - shared);
    let way: Vec<String> = up.chain(to[shared..].iter().cloned()).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::way;
    use std::path::Path;

    #[test]
    fn the_way_between_folders() {
        assert_eq!(way(Path::new("/a/b/generated"), Path::new("/a/b")), "..");
        assert_eq!(way(Path::new("/a"), Path::new("/a")), ".");
        assert_eq!(way(Path::new("/tmp/out"), Path::new("/etc/nixos")), "../../etc/nixos");
        assert_eq!(way(Path::new("/a/x/../out"), Path::new("/a")), "..");
    }
}
