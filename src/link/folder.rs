//! The host folders that homegen creates, with their owners.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;

use crate::bind;
use crate::form::{Account, Owner};
use crate::hir::{Folder, Host};
use crate::map::WritableFolders;
use crate::path::{Folders, ancestors, is_below};
use crate::podman::arguments::arguments;
use crate::setting::Settings;
use crate::setting::{self, VolumeSource};
use crate::tree::Text;
use crate::value::Value;

/// Finds the folders and mount points of every container.
pub(super) fn link(host: &mut Host) {
    let mounts = Mounts::of(&host.machine);
    for container in host.services.iter_mut().flat_map(|s| &mut s.containers) {
        // A numeric `user:` becomes the owner of folders that name no owner.
        let runs_as = user(&container.settings).filter(|user| matches!(user.value.user, Account::Id(_)));
        let image_user = image_user(&container.settings);
        let has_own_users = has_own_users(&container.settings);
        let mut needed: IndexSet<usize> = IndexSet::new();
        for volume in &container.volumes {
            let VolumeSource::Bind(path) = &volume.source else { continue };
            let value = path.value();
            let mount = mounts.places.innermost(&value).copied();
            // A container that mounts a folder above a mount point sees an empty folder instead of a disk that is mounted
            // after its start, unless the volume propagates later mounts (podman-run(1), `--volume`). A container that
            // mounts the whole host needs no particular disk, and also runs while one is missing.
            let propagates =
                |option: &Text| matches!(option.value().as_str(), "rslave" | "slave" | "rshared" | "shared");
            if value != "/" && !volume.options.iter().any(propagates) {
                let mut inside: Vec<usize> = mounts.places.below(&value).copied().collect();
                inside.sort_unstable();
                needed.extend(inside);
            }
            needed.extend(mount);
            let is_mount_point = mounts.places.at(&value).is_some();
            if bind::treatment(volume, &value, is_mount_point) != bind::Treatment::Created {
                continue;
            }
            // Its users have other IDs on the host, unless the mount maps them back.
            let is_mapped = has_own_users && !volume.options.iter().any(is_idmap);
            container.folders.push(Folder {
                path: path.clone(),
                owner: volume.owner.clone().or_else(|| runs_as.clone().filter(|_| !is_mapped)),
                owner_is_guessed: volume.owner.is_none(),
                image_user,
                group: volume.group.clone(),
                mode: volume.mode.clone(),
                by_tmpfiles: mount.is_none() && !is_below(&value, "/home"),
                shared: None,
                span: volume.span,
            });
        }
        container.mounts.extend(needed.into_iter().map(|place| mounts.points[place].clone()));
    }
    share(host);
    let written = WritableFolders::of(host);
    let owned: HashSet<String> = host
        .services
        .iter()
        .flat_map(|s| &s.containers)
        .flat_map(|c| &c.folders)
        .filter(|f| f.owner.as_ref().is_some_and(|o| !o.value.user.is_root()))
        .map(|f| f.path.value().trim_end_matches('/').to_owned())
        .collect();
    for folder in host.services.iter_mut().flat_map(|s| &mut s.containers).flat_map(|c| &mut c.folders) {
        let path = folder.path.value();
        folder.shared = written.above(&path).map(|writer| writer.folder.clone());
        // systemd-tmpfiles refuses a path through a folder that root does not own ("unsafe path transition"), and follows a
        // link that the root user of a container created.
        if folder.shared.is_some() || ancestors(&path).skip(1).any(|folder| owned.contains(folder)) {
            folder.by_tmpfiles = false;
        }
    }
}

/// The user of a container. The last declaration counts. A user under `podman_args` was not decoded as an owner, so that
/// only numbers count there.
fn user(settings: &Settings) -> Option<Value<Owner>> {
    let given = arguments(&settings.podman_args).into_iter().rfind(|argument| argument.name == "user");
    match given.and_then(|argument| argument.value) {
        Some(text) => Value::of(text).filter(|owner: &Value<Owner>| {
            matches!(owner.value, Owner { user: Account::Id(_), group: None | Some(Account::Id(_)) })
        }),
        None => settings.user.clone(),
    }
}

/// Reports whether the users of a container have other IDs on the host.
fn has_own_users(settings: &Settings) -> bool {
    let is_auto = |mode: &Text| mode.value().split(':').next() == Some("auto");
    settings.userns_mode.as_ref().is_some_and(|mode| is_auto(&mode.text))
        || arguments(&settings.podman_args).iter().any(|argument| match argument.name.as_str() {
            "userns" => argument.value.as_ref().is_some_and(is_auto),
            "uidmap" | "subuidname" => true,
            _ => false,
        })
}

/// Reports whether a volume option maps the owners of files to the users of the container.
fn is_idmap(option: &Text) -> bool {
    option.value().split('=').next() == Some("idmap")
}

/// The numeric user of the image, if the file does not set a user and the IDs in the container equal those on the host.
fn image_user(settings: &Settings) -> Option<u32> {
    let is_about_users = |name: &str| matches!(name, "user" | "userns" | "uidmap" | "subuidname");
    let has_users = settings.user.is_some()
        || settings.userns_mode.is_some()
        || arguments(&settings.podman_args).iter().any(|argument| is_about_users(&argument.name));
    settings.image.value.starts_as().filter(|_| !has_users)
}

/// The declared mount points.
pub(super) struct Mounts {
    points: Vec<Text>,
    /// The index of each mount point, by folder.
    places: Folders<usize>,
}

impl Mounts {
    pub(super) fn of(machine: &setting::Host) -> Mounts {
        let points: Vec<Text> = machine.mounts.entries.iter().map(|(path, _)| path.clone()).collect();
        let places = points.iter().enumerate().map(|(place, point)| (point.value(), place));
        Mounts { places: Folders::of(places), points }
    }

    /// The mount point that contains a path.
    pub(super) fn of_path(&self, path: &str) -> Option<&Text> {
        self.places.innermost(path).map(|place| &self.points[*place])
    }
}

/// Unifies the folders that several containers share. An owner, a group or a mode that one container declares holds for
/// all. Without a declared owner, the user of the container that declares a mode or a group becomes the owner, because
/// another user could be locked out. Without any declaration and with different users, the folder keeps its owner.
fn share(host: &mut Host) {
    let mut by_path: HashMap<String, Vec<&mut Folder>> = HashMap::new();
    for folder in host.services.iter_mut().flat_map(|s| &mut s.containers).flat_map(|c| &mut c.folders) {
        by_path.entry(folder.path.value().trim_end_matches('/').to_owned()).or_default().push(folder);
    }
    for folders in by_path.values_mut().filter(|folders| folders.len() > 1) {
        let written = folders.iter().find(|f| !f.owner_is_guessed).and_then(|f| f.owner.clone());
        let user = |f: &Folder| f.owner.as_ref().map(|o| o.value.clone());
        let agreed = folders.iter().all(|f| user(f) == user(folders[0]));
        let limited = folders.iter().find(|f| f.mode.is_some() || f.group.is_some());
        let limited = limited.and_then(|f| f.owner.clone());
        let owner = written.or(limited).or_else(|| folders[0].owner.clone().filter(|_| agreed));
        let group = folders.iter().find_map(|f| f.group.clone());
        let mode = folders.iter().find_map(|f| f.mode.clone());
        let first = folders[0].image_user;
        let image_user = first.filter(|_| folders.iter().all(|f| f.image_user == first));
        for folder in folders.iter_mut() {
            if folder.owner_is_guessed {
                folder.owner = owner.clone();
            }
            folder.image_user = image_user;
            folder.group = folder.group.take().or_else(|| group.clone());
            folder.mode = folder.mode.take().or_else(|| mode.clone());
        }
    }
}
