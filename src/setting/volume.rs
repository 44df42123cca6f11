//! Volumes of a container: folders, files, named volumes and tmpfs.

use schemars::json_schema;

use super::Flag;
use crate::form::{AbsolutePath, Mode, Owner, Reason, Size, VolumeName};
use crate::path::normalized;
use crate::shape::{keyword, mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A folder, file or volume in a container.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The mounted source.
    pub source: VolumeSource,
    /// The path in the container.
    pub target: Text,
    /// Options of the mount, such as `ro`.
    pub options: Vec<Text>,
    /// The owner of a bound folder on the host.
    pub owner: Option<Value<Owner>>,
    /// The group of the folder.
    pub group: Option<Value<Owner>>,
    /// The mode of the folder.
    pub mode: Option<Value<Mode>>,
    /// The reason for which its data needs no backup.
    pub disposable: Option<Text>,
    /// The span of the entry.
    pub span: Span,
}

impl Volume {
    /// The source as recorded in [`record::Container`](crate::record::Container): a normalized path of the host, or
    /// the name of a volume. `None` for a tmpfs.
    pub fn recorded_source(&self) -> Option<String> {
        match &self.source {
            VolumeSource::Bind(path) => Some(normalized(&path.value())),
            VolumeSource::Named(name) => Some(name.value()),
            VolumeSource::Tmpfs => None,
        }
    }
}

/// The source of a volume.
#[derive(Clone, Debug)]
pub enum VolumeSource {
    /// A path on the host.
    Bind(Text),
    /// A named volume of Podman.
    Named(Text),
    /// A folder in memory.
    Tmpfs,
}

mapping! {
    /// A volume in Compose's long form.
    LongVolume such as "{ source: /srv/notes, target: /data }" {
        /// The type of the source. Default: derived from `source`.
        r#type: Option<VolumeType>,
        /// A path on the host, or the name of a volume. Required, except for tmpfs.
        source: Option<Text>,
        /// The path in the container.
        target: Value<AbsolutePath>,
        /// Mounts the volume read-only, like the option `ro`.
        read_only: Flag = "false",
        /// Mount options of `podman run --volume`, such as `z` or `U`.
        options: Vec<Text>,
        /// The owner of the folder on the host. Without it, the owner is the container's `user` if that is a
        /// number, except with `userns_mode: auto` without the mount option `idmap`, which maps users to other
        /// numbers. Otherwise, an existing folder keeps its owner, and a new folder belongs to the image's user if
        /// homegen knows it, or to root.
        owner: Option<Value<Owner>>,
        /// The group of the folder. Without it, a numeric owner gets the group of the same number; otherwise the
        /// group is unchanged.
        group: Option<Value<Owner>>,
        /// The mode of the folder. Without it, `"0755"` if an owner is given; otherwise unchanged.
        mode: Option<Value<Mode>>,
        /// The size of a tmpfs.
        size: Option<Value<Size>>,
        /// The reason for which the data needs no backup: it can be created again, or is saved in another way. The reason
        /// applies to everything in the source. See HG0721.
        disposable: Option<Value<Reason>>,
    }
}

mapping! {
    /// A named volume of a service, with a name of its own in Podman.
    NamedVolume such as "{ name: pgdata }" called "data" {
        /// The name in Podman, in place of `SERVICE_NAME`. Podman creates a volume that does not exist. Services that give
        /// one name share the volume.
        name: Value<VolumeName>,
    }
}

keyword! {
    /// The types of volumes.
    VolumeType is "a volume type" {
        /// A path on the host.
        Bind = "bind",
        /// A named volume of Podman.
        Volume = "volume",
        /// A folder in memory.
        Tmpfs = "tmpfs",
    }
}

schema!(Volume, |g| {
    let long = g.subschema_for::<LongVolume>();
    json_schema!({ "title": "[volume]", "anyOf": [{ "type": "string" }, long] })
});

/// The volumes of a container.
pub(crate) type Volumes = Vec<Volume>;
