//! A temporary folder for a new output. The next run recognizes its name and removes it if this run is killed.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, Metadata, OpenOptions, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};

use homegen::output::{MARK, Update};
use rayon::prelude::*;

use super::*;

/// The infix of a stage's name. Six random characters follow.
const INFIX: &str = ".homegen-";
const RANDOM: usize = 6;

/// A folder that is filled and then moved into place. On drop, the folder that has its name is removed: after an
/// exchange, that is the old output.
pub(super) struct Stage(PathBuf);

impl Stage {
    /// Creates a stage beside `folder`, to be exchanged with it.
    pub(super) fn beside(folder: &Path) -> Result<Stage, Failure> {
        Stage::create(folder.parent().unwrap_or(folder), &prefix(folder))
    }

    /// Creates a stage inside `folder`, to move single files from.
    pub(super) fn inside(folder: &Path) -> Result<Stage, Failure> {
        Stage::create(folder, OsStr::new(INFIX))
    }

    fn create(parent: &Path, prefix: &OsStr) -> Result<Stage, Failure> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .rand_bytes(RANDOM)
            // The umask of the process applies.
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent)
            .map_err(at(parent))?;
        Ok(Stage(folder.keep()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes the new texts of a plan for the folder that messages call `name`. They are on the disk when this
    /// returns: after a power failure, an empty file would not be recognized as generated.
    pub(super) fn write(&self, plan: &Plan, name: &Path) -> Result<(), Failure> {
        let mut new: Vec<(&str, &str)> = Vec::new();
        let mut folders = BTreeSet::new();
        for (path, change) in plan {
            let (Change::Create(text) | Change::Update(Update { new: text, .. })) = change else { continue };
            folders.extend(Path::new(path).parent());
            new.push((path, text));
        }
        for folder in folders {
            std::fs::create_dir_all(self.0.join(folder)).map_err(at(&name.join(folder)))?;
        }
        // In parallel, because most of the time is spent in the kernel, one file at a time.
        new.par_iter().try_for_each(|(path, text)| {
            // Nix reads the output, possibly as another user.
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o644);
            options
                .open(self.0.join(path))
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(at(&name.join(path)))
        })?;
        self.sync().map_err(at(name))
    }

    /// Writes everything to the disk in one call: one call per file takes many times as long.
    #[cfg(target_os = "linux")]
    fn sync(&self) -> std::io::Result<()> {
        match rustix::fs::syncfs(std::fs::File::open(&self.0)?) {
            // Some file systems do not support it.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
            done => Ok(done?),
        }
    }

    /// Other systems have no such call. A power failure may leave broken files, which the next build replaces.
    #[cfg(not(target_os = "linux"))]
    fn sync(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Hard-links the files of `folder` that a plan does not change: the user's files, and unchanged generated
    /// ones. A hard link keeps all their attributes.
    pub(super) fn mirror(&self, folder: &Path, plan: &Plan) -> Result<(), Failure> {
        mirror(folder, &self.0, Path::new(""), plan)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        clear(&self.0);
    }
}

fn mirror(from: &Path, to: &Path, relative: &Path, plan: &Plan) -> Result<(), Failure> {
    let mut dropped = false;
    for entry in std::fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (old, new, relative) =
            (entry.path(), to.join(entry.file_name()), relative.join(entry.file_name()));
        if entry.file_type().map_err(at(&old))?.is_dir() {
            // A hidden folder such as `.git` belongs to a program that may have it open, and would continue in the
            // old folder.
            if entry.file_name().as_bytes().starts_with(b".") {
                return Err(at(&old)(ErrorKind::Unsupported));
            }
            DirBuilder::new().create(&new).map_err(at(&old))?;
            mirror(&old, &new, &relative, plan)?;
        } else if relative.to_str().and_then(|path| plan.get(path)).is_some_and(|change| !change.is_none()) {
            dropped = true;
        } else {
            std::fs::hard_link(&old, &new).map_err(at(&old))?;
        }
    }
    if dropped && !relative.as_os_str().is_empty() && std::fs::remove_dir(to).is_ok() {
        return Ok(());
    }
    make_alike(from, to).map_err(at(from))
}

/// Copies the owner, the mode and the extended attributes (an ACL, an SELinux label) of folder `old` to `new`.
fn make_alike(old: &Path, new: &Path) -> std::io::Result<()> {
    let (was, is) = (old.metadata()?, new.metadata()?);
    let owner = |of: &Metadata| (of.uid(), of.gid());
    if owner(&was) != owner(&is) {
        chown(new, Some(was.uid()), Some(was.gid()))?;
    }
    for name in attributes(old)? {
        let value = attribute(old, &name)?;
        if attribute(new, &name).ok().as_ref() != Some(&value) {
            rustix::fs::setxattr(new, name.as_os_str(), &value, rustix::fs::XattrFlags::empty())?;
        }
    }
    std::fs::set_permissions(new, was.permissions())
}

fn attributes(folder: &Path) -> std::io::Result<Vec<OsString>> {
    let mut names = vec![0; 64 << 10];
    match rustix::fs::listxattr(folder, &mut names[..]) {
        Ok(length) => names.truncate(length),
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| OsStr::from_bytes(name).to_owned()).collect())
}

fn attribute(folder: &Path, name: &OsStr) -> std::io::Result<Vec<u8>> {
    let mut value = vec![0; 64 << 10];
    let length = rustix::fs::getxattr(folder, name, &mut value[..])?;
    value.truncate(length);
    Ok(value)
}

fn prefix(folder: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(folder.file_name().unwrap_or_default());
    prefix.push(INFIX);
    prefix
}

/// True if `name` is the name of a stage.
fn is_stage(name: &OsStr, prefix: &OsStr) -> bool {
    let random = name.as_bytes().strip_prefix(prefix.as_bytes());
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

/// True if `name` is the name of a stage inside the output folder.
pub(super) fn is_inside(name: &OsStr) -> bool {
    is_stage(name, OsStr::new(INFIX))
}

/// Removes the stages of runs that were killed while they wrote `folder`. The caller has to hold its lock, because
/// the stage of an active run has the same form.
pub(super) fn clear_leftovers(folder: &Path) {
    let beside = folder.parent().map(|parent| (parent, prefix(folder)));
    for (parent, prefix) in beside.into_iter().chain([(folder, OsString::from(INFIX))]) {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            if is_stage(&entry.file_name(), &prefix) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                clear(&entry.path());
            }
        }
    }
}

/// Removes a stage: generated files, and files with another hard link. Any other file was saved while the folders
/// were exchanged, and stays.
fn clear(stage: &Path) {
    if stage.symlink_metadata().is_ok() && !clear_below(stage) {
        let _ = writeln!(
            std::io::stderr(),
            "homegen: a build left {}, with files that homegen did not generate; move them away, then delete the folder",
            shown(stage)
        );
    }
}

/// Removes the generated content of `folder`. Returns true if the folder could be removed too.
fn clear_below(folder: &Path) -> bool {
    let Ok(meta) = folder.symlink_metadata() else { return false };
    if meta.mode() & 0o700 != 0o700 {
        let _ = std::fs::set_permissions(folder, Permissions::from_mode(0o700));
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => {
                clear_below(&path);
            }
            Ok(meta) if meta.nlink() > 1 || (meta.is_file() && is_ours(&path)) => {
                let _ = std::fs::remove_file(&path);
            }
            _ => {}
        }
    }
    std::fs::remove_dir(folder).is_ok()
}

/// True if homegen generated the file, or was writing it when the run was killed.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    File::open(path)
        .and_then(|file| beginning(&file))
        .is_ok_and(|bytes| is_marked(name, &bytes) || MARK.as_bytes().starts_with(&bytes))
}
