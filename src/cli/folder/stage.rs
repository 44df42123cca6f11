//! A folder in the making, with a name that the next run knows if this one is killed.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, Metadata, OpenOptions, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};

use homegen::output::{MARK, Update};
use rayon::prelude::*;

use super::*;

/// What the name of a stage ends in, before six characters that make it the only one.
const INFIX: &str = ".homegen-";
const RANDOM: usize = 6;

/// A folder in which something new is put together. Whatever has its name in the end is taken away: after
/// an exchange, that is the old output.
pub(super) struct Stage(PathBuf);

impl Stage {
    /// Beside `folder`, where it can take its place.
    pub(super) fn beside(folder: &Path) -> Result<Stage, Failure> {
        Stage::create(folder.parent().unwrap_or(folder), &prefix(folder))
    }

    /// Inside of `folder`, from where single files can take their places.
    pub(super) fn inside(folder: &Path) -> Result<Stage, Failure> {
        Stage::create(folder, OsStr::new(INFIX))
    }

    fn create(around: &Path, prefix: &OsStr) -> Result<Stage, Failure> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .rand_bytes(RANDOM)
            // Without the bits of the umask.
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(around)
            .map_err(at(around))?;
        Ok(Stage(folder.keep()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes the new texts of a plan for the folder that is called `name`. When this returns they are on
    /// the disk: after a power failure, a file that is empty would be nobody's.
    pub(super) fn write(&self, plan: &Plan, name: &Path) -> Result<(), Failure> {
        let mut new: Vec<(&str, &str)> = Vec::new();
        let mut around = BTreeSet::new();
        for (path, change) in plan {
            let (Change::Create(text) | Change::Update(Update { new: text, .. })) = change else { continue };
            around.extend(Path::new(path).parent());
            new.push((path, text));
        }
        for folder in around {
            std::fs::create_dir_all(self.0.join(folder)).map_err(at(&name.join(folder)))?;
        }
        // Most of the time is spent in the kernel, on one file after another.
        new.par_iter().try_for_each(|(path, text)| {
            // What is generated is read by Nix, which may be another user.
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o644);
            options
                .open(self.0.join(path))
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(at(&name.join(path)))
        })?;
        self.sync().map_err(at(name))
    }

    /// Puts everything on the disk at once: file by file it takes many times as long.
    #[cfg(target_os = "linux")]
    fn sync(&self) -> std::io::Result<()> {
        match rustix::fs::syncfs(std::fs::File::open(&self.0)?) {
            // Some file systems know of no such thing.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
            done => Ok(done?),
        }
    }

    /// Elsewhere there is no such call, and a power failure may leave files that the next build mends.
    #[cfg(not(target_os = "linux"))]
    fn sync(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Takes over from `folder` what a plan leaves as it is: a person's files, and homegen's that did not
    /// change. They are the same files with a second name, so that nothing about them changes.
    pub(super) fn mirror(&self, folder: &Path, plan: &Plan) -> Result<(), Failure> {
        mirror(folder, &self.0, Path::new(""), plan)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        clear(&self.0);
    }
}

fn mirror(from: &Path, to: &Path, way: &Path, plan: &Plan) -> Result<(), Failure> {
    let mut dropped = false;
    for entry in std::fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (old, new, way) = (entry.path(), to.join(entry.file_name()), way.join(entry.file_name()));
        if entry.file_type().map_err(at(&old))?.is_dir() {
            // A hidden folder is a program's, such as `.git`, which would go on in the old one.
            if entry.file_name().as_bytes().starts_with(b".") {
                return Err(at(&old)(ErrorKind::Unsupported));
            }
            DirBuilder::new().create(&new).map_err(at(&old))?;
            mirror(&old, &new, &way, plan)?;
        } else if way.to_str().and_then(|way| plan.get(way)).is_some_and(|change| !change.is_none()) {
            dropped = true;
        } else {
            std::fs::hard_link(&old, &new).map_err(at(&old))?;
        }
    }
    if dropped && !way.as_os_str().is_empty() && std::fs::remove_dir(to).is_ok() {
        return Ok(());
    }
    make_alike(from, to).map_err(at(from))
}

/// Gives the folder `new` the owner, the mode and the attributes (an access list, a label) of `old`.
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

/// Whether `name` is one that a stage gets.
fn is_stage(name: &OsStr, prefix: &OsStr) -> bool {
    let random = name.as_bytes().strip_prefix(prefix.as_bytes());
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

/// Whether `name` is one of a stage inside of the output.
pub(super) fn is_inside(name: &OsStr) -> bool {
    is_stage(name, OsStr::new(INFIX))
}

/// Takes away the stages of runs that were killed while they wrote `folder`. Only for the holder of its
/// lock, because the stage of a run that lives looks the same.
pub(super) fn clear_leftovers(folder: &Path) {
    let around = folder.parent().map(|around| (around, prefix(folder)));
    for (place, prefix) in around.into_iter().chain([(folder, OsString::from(INFIX))]) {
        for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
            if is_stage(&entry.file_name(), &prefix) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                clear(&entry.path());
            }
        }
    }
}

/// Takes a stage away: what homegen wrote, and what has another name elsewhere. If there is more,
/// somebody saved it while the folders were exchanged, and it stays.
fn clear(stage: &Path) {
    if stage.symlink_metadata().is_ok() && !clear_below(stage) {
        let _ = writeln!(
            std::io::stderr(),
            "homegen: {} is left of a build; what is still in it may be yours: look, and take it away",
            shown(stage)
        );
    }
}

/// Whether everything below `folder`, and the folder, could go.
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

/// Whether a file is homegen's, or was about to be when the run was killed.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    File::open(path)
        .and_then(|file| beginning(&file))
        .is_ok_and(|bytes| is_marked(name, &bytes) || MARK.as_bytes().starts_with(&bytes))
}
