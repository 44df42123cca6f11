//! What a container sees of the host, and its memory, as folders.

use schemars::json_schema;

use super::Flag;
use crate::form::{AbsolutePath, Mode, Owner, Size};
use crate::path::straight;
use crate::shape::{keyword, mapping, schema};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A folder, file or volume in a container.
#[derive(Clone, Debug)]
pub struct Volume {
    /// What is mounted.
    pub source: VolumeSource,
    /// Where, in the container.
    pub target: Text,
    /// Options of the mount, such as `ro`.
    pub options: Vec<Text>,
    /// Who owns a bound folder on the host.
    pub owner: Option<Value<Owner>>,
    /// Its group.
    pub group: Option<Value<Owner>>,
    /// Its mode.
    pub mode: Option<Value<Mode>>,
    /// Where it stands.
    pub span: Span,
}

impl Volume {
    /// What is mounted, as [`record::Container`](crate::record::Container) has it: a path of the host without
    /// steps that mean nothing, or the name of a volume. `None` for memory.
    pub fn recorded_source(&self) -> Option<String> {
        match &self.source {
            VolumeSource::Bind(path) => Some(straight(&path.value())),
            VolumeSource::Named(name) => Some(name.value()),
            VolumeSource::Tmpfs => None,
        }
    }
}

/// What a volume is made of.
#[derive(Clone, Debug)]
pub enum VolumeSource {
    /// A path on the host.
    Bind(Text),
    /// A volume that Podman keeps.
    Named(Text),
    /// Memory.
    Tmpfs,
}

mapping! {
    /// A volume in Compose's long form.
    LongVolume such as "{ source: /srv/notes, target: /data }" {
        /// What is mounted. Default: what the source looks like.
        r#type: Option<VolumeType>,
        /// A path on the host, or the name of a volume. Required except for tmpfs.
        source: Option<Text>,
        /// The path in the container.
        target: Value<AbsolutePath>,
        /// Whether it is read-only. The same as the option `ro`.
        read_only: Flag = "false",
        /// Options of the mount, such as `z` or `U`: those of `podman run --volume`.
        options: Vec<Text>,
        /// The owner of the folder on the host. Without it: the container's `user` where that is a number, unless its
        /// users are other ones on the host (`userns_mode: auto` without the option `idmap`); otherwise an existing
        /// folder keeps its owner, and a new one belongs to the user of the image where homegen knows it, or else to
        /// root.
        owner: Option<Value<Owner>>,
        /// Its group. Without it: for a numeric owner the same number; otherwise as it is.
        group: Option<Value<Owner>>,
        /// Its mode. Without it: `"0755"` where the owner is given; otherwise as it is.
        mode: Option<Value<Mode>>,
        /// The size of a tmpfs.
        size: Option<Value<Size>>,
    }
}

keyword! {
    /// The types of volumes.
    VolumeType {
        /// A path on the host.
        Bind = "bind",
        /// A volume that Podman keeps.
        Volume = "volume",
        /// Memory.
        Tmpfs = "tmpfs",
    }
}

schema!(Volume, |g| {
    let long = g.subschema_for::<LongVolume>();
    json_schema!({ "title": "[volume]", "anyOf": [{ "type": "string" }, long] })
});

/// The volumes of a container.
pub(crate) type Volumes = Vec<Volume>;
