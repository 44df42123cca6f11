//! The output folder. It is always completely the old output or completely the new one, even after a crash: the new
//! folder is built beside it, and the two are exchanged atomically.

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

/// The change of each path of the folder.
pub(super) type Plan = BTreeMap<String, Change>;

/// The depth of homegen's own folders plus one level, to find files that a user put there.
const DEPTH: usize = 4;

/// The time to wait for another build. Writing the largest folder takes 1 to 2 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// The output folder of a run. Locked against other runs until this value is dropped.
pub(super) struct Folder {
    /// The path that the user gave.
    name: PathBuf,
    /// The path with symbolic links resolved: a link stays in place, and its target is exchanged.
    path: PathBuf,
    /// The lock on the parent folder, because the exchange replaces the folder itself. `None` if the file system
    /// has no locks.
    lock: Option<File>,
    /// The lock on the folder itself, so that no other output is written into it meanwhile: the exchange would lose
    /// that.
    _own_lock: Option<File>,
}

/// A failed operation: its path and error.
struct Failure {
    path: PathBuf,
    error: std::io::Error,
}

/// For `map_err`: turns the error of an operation on `path` into a failure.
fn at<E: Into<std::io::Error>>(path: &Path) -> impl FnOnce(E) -> Failure {
    move |error| Failure { path: path.to_path_buf(), error: error.into() }
}

impl Failure {
    /// True if this location does not support the operation (a mount point, a file system without links, a parent
    /// folder of another user), so that another method may succeed.
    fn is_of_location(&self) -> bool {
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

    /// The action for the user.
    fn advice(&self) -> &'static str {
        match self.error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                "free some space on the disk, then run it again"
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "run it as a user with write access, or choose another folder with -o"
            }
            ErrorKind::AlreadyExists => "another program created it meanwhile; run it again",
            _ => "run it again, or choose another folder with -o",
        }
    }
}

impl Folder {
    /// Opens the folder for a run that only reads.
    pub(super) fn to_read(name: &Path) -> Result<Folder, Stop> {
        Folder::open(name, FlockOperation::NonBlockingLockShared)
    }

    /// Opens the folder for a run that writes. Creates its parent folders, and removes the leftovers of killed
    /// runs.
    pub(super) fn to_write(name: &Path) -> Result<Folder, Stop> {
        if let Some(parent) = name.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|e| failed(shown(parent), &e))?;
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
            _ => return Err(Stop::Failed(format!("{}: not a folder", shown(name)))),
        };
        let hold = |folder: &Path| {
            hold(folder, lock).ok_or_else(|| {
                Stop::Failed(format!(
                    "another homegen is running in {} (waited {} s)\n{} was not changed; run it again when the other run has finished",
                    shown(folder),
                    PATIENCE.as_secs(),
                    shown(name)
                ))
            })
        };
        // The parent is locked first, so that two builds never deadlock.
        let parent = path.parent().map_or(Ok(None), hold)?;
        let own = hold(&path)?;
        Ok(Folder { name: name.to_path_buf(), path, lock: parent, _own_lock: own })
    }

    /// The content of the folder, by path with `/`. Empty if the folder does not exist.
    pub(super) fn read(&self) -> Result<BTreeMap<String, Existing>, Stop> {
        let mut found = BTreeMap::new();
        if self.path.exists() {
            read_below(&self.path, "", DEPTH, &mut found)?;
        }
        Ok(found)
    }

    /// True if the working directory is the folder, or below it.
    pub(super) fn is_current(&self) -> bool {
        std::env::current_dir().is_ok_and(|here| here.starts_with(&self.path))
    }

    /// Applies a plan. Returns true if the folder was replaced by another one.
    pub(super) fn write(&self, plan: &Plan) -> Result<bool, Stop> {
        if plan.values().all(Change::is_none) {
            return Ok(false);
        }
        let unchanged = |failure: Failure| {
            Stop::Failed(format!(
                "cannot write {}: {}\n{} was not changed; {}",
                shown(&failure.path),
                failure.error,
                shown(&self.name),
                failure.advice()
            ))
        };
        self.may_change(plan).map_err(unchanged)?;
        match self.at_once(plan) {
            Err(failure) if failure.is_of_location() && self.path.exists() => {
                let stage = self.staged_inside(plan).map_err(unchanged)?;
                self.one_by_one(&stage, plan).map(|()| false).map_err(|failure| {
                    Stop::Failed(format!(
                        "cannot write {}: {}\nsome files of {} were already replaced, others were not; {}",
                        shown(&failure.path),
                        failure.error,
                        shown(&self.name),
                        failure.advice()
                    ))
                })
            }
            done => done.map_err(unchanged),
        }
    }

    /// Fails if a folder with changes is not writable. An exchange would replace it regardless of its permissions.
    fn may_change(&self, plan: &Plan) -> Result<(), Failure> {
        let changing = plan.iter().filter(|(_, change)| !change.is_none());
        let folders: BTreeSet<&Path> = changing.filter_map(|(path, _)| Path::new(path).parent()).collect();
        for folder in folders {
            let mut above = folder.ancestors().map(|above| self.path.join(above));
            let Some(nearest) = above.find(|above| above.exists()) else { continue };
            accessat(CWD, &nearest, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
                .map_err(at(&nearest))?;
        }
        Ok(())
    }

    /// Applies the plan atomically: by one rename of a file, or by an exchange of the folder.
    fn at_once(&self, plan: &Plan) -> Result<bool, Failure> {
        let stage = Stage::beside(&self.path)?;
        if !self.path.exists() {
            stage.write(plan, &self.name)?;
            renameat_with(CWD, stage.path(), CWD, &self.path, RenameFlags::NOREPLACE)
                .or_else(|error| match error {
                    // The folder does not exist yet, so a plain rename replaces nothing.
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

    /// The only file that a plan changes. `None` if it changes more: the folder has to be exchanged then.
    fn only_file<'a>(&self, plan: &'a Plan) -> Option<&'a str> {
        let mut changes = plan.iter().filter(|(_, change)| !change.is_none());
        match (changes.next()?, changes.next()) {
            ((path, Change::Create(_) | Change::Update(_)), None) => {
                self.path.join(path).parent()?.is_dir().then_some(path)
            }
            _ => None,
        }
    }

    /// Writes all new texts into a stage inside the folder, for a parent folder that is not writable.
    fn staged_inside(&self, plan: &Plan) -> Result<Stage, Failure> {
        let stage = Stage::inside(&self.path)?;
        stage.write(plan, &self.name)?;
        Ok(stage)
    }

    /// Applies the plan file by file; each file is replaced atomically. All texts are already on the disk, so a
    /// full disk cannot interrupt it.
    fn one_by_one(&self, stage: &Stage, plan: &Plan) -> Result<(), Failure> {
        // The record is written last. Until then, the old one describes the previous build.
        let (record, others): (Vec<_>, Vec<_>) = plan.iter().partition(|(path, _)| *path == record::PATH);
        for (path, change) in others.into_iter().chain(record) {
            let target = self.path.join(path);
            let parent = target.parent().unwrap_or(&self.path);
            match change {
                Change::Create(_) | Change::Update(_) => {
                    std::fs::create_dir_all(parent).map_err(at(parent))?;
                    std::fs::rename(stage.path().join(path), &target).map_err(at(&target))?;
                }
                // A user may have replaced it since it was read.
                Change::Prune
                    if File::open(&target)
                        .and_then(|file| beginning(&file))
                        .is_ok_and(|bytes| is_marked(path, &bytes)) =>
                {
                    std::fs::remove_file(&target).map_err(at(&target))?;
                    if parent != self.path {
                        // Fails on purpose if the folder is not empty.
                        let _ = std::fs::remove_dir(parent);
                    }
                }
                Change::Prune | Change::Unchanged | Change::Keep | Change::Refuse(_) => {}
            }
        }
        Ok(())
    }
}

/// Waits for a lock on `folder`. `Some(None)` if the file system has no locks, `None` after [`PATIENCE`].
fn hold(folder: &Path, operation: FlockOperation) -> Option<Option<File>> {
    let start = Instant::now();
    loop {
        // The folder may have been replaced since the last attempt: a build exchanges its output.
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

/// True if the path `folder` still leads to the open file.
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
        // homegen writes no names that are not UTF-8.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(|e| failed(shown(&entry.path()), &e))?;
        if kind.is_dir() {
            // The stage of a killed run is not part of the output.
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

/// The whole content of a file that homegen generated at `path` of the output. Only the first bytes of any other
/// file, which may be large.
fn read_if_marked(file: &Path, path: &str) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let mut bytes = beginning(&file)?;
    if path == record::PATH {
        // One byte more is enough to detect that it is too large.
        file.take((record::MAX_BYTES + 1 - bytes.len()) as u64).read_to_end(&mut bytes)?;
    } else if is_marked(path, &bytes) {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The first [`BEGINNING`] bytes: enough to detect that homegen generated the file.
fn beginning(file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(BEGINNING as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The last build in the folder `name`, for a run that does not lock it.
pub(super) fn last_build(name: &Path) -> LastBuild {
    let path = name.join(record::PATH);
    // homegen creates no link and no pipe; a build refuses to overwrite them.
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

/// The relative path from one folder to another, such as `..`. It stays valid when the repository is moved.
pub(super) fn relative_path(from: &Path, to: &Path) -> String {
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
    let parts: Vec<String> = up.chain(to[shared..].iter().cloned()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::relative_path;
    use std::path::Path;

    #[test]
    fn the_relative_path_between_two_folders_is_computed() {
        assert_eq!(relative_path(Path::new("/a/b/generated"), Path::new("/a/b")), "..");
        assert_eq!(relative_path(Path::new("/a"), Path::new("/a")), ".");
        assert_eq!(relative_path(Path::new("/tmp/out"), Path::new("/etc/nixos")), "../../etc/nixos");
        assert_eq!(relative_path(Path::new("/a/x/../out"), Path::new("/a")), "..");
    }
}
