//! Folders of the host, with their owner, group and mode.

use std::sync::Arc;

use crate::form::{Mode, Owner};
use crate::source::Span;
use crate::tree::{Reference, Text};
use crate::value::Value;

/// A folder on the host that is created for a container.
#[derive(Debug)]
pub(crate) struct Folder {
    /// The path.
    pub(crate) path: Text,
    /// The owner in the file, or the container's user if that is a number.
    pub(crate) owner: Option<Value<Owner>>,
    /// The group in the file.
    pub(crate) group: Option<Value<Owner>>,
    /// The mode in the file.
    pub(crate) mode: Option<Value<Mode>>,
    /// True if the owner is a default and not in the file.
    pub(crate) owner_is_guessed: bool,
    /// The number of the image's user, who becomes the owner of a new folder without another owner.
    pub(crate) image_user: Option<u32>,
    /// True if systemd-tmpfiles can create it: not on a disk that is mounted late, and not below a folder of a
    /// user.
    pub(crate) by_tmpfiles: bool,
    /// The outermost parent folder that a container can write to.
    pub(crate) shared: Option<Text>,
    /// The span of the volume that needs it.
    pub(crate) span: Span,
}

/// The default mode.
const MODE: &str = "0755";

/// The owner or the group of a folder.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    /// Unchanged, because an image may have changed the owner to its own user.
    Kept,
    /// A number for a new folder; unchanged for an existing one.
    OfNew(u32),
    /// A user or a group.
    Given(Text),
    /// A part, by its index, of a constant with the value `user:group`.
    Part(Arc<Reference>, usize),
}

impl Holder {
    /// The user and the group of an owner. A constant with the value `uid:gid` is split by Nix code in the output.
    pub(crate) fn split(owner: &Text) -> (Holder, Option<Holder>) {
        if let Some(whole) = owner.reference().filter(|reference| reference.value.text().contains(':')) {
            return (Holder::Part(whole.clone(), 0), Some(Holder::Part(whole.clone(), 1)));
        }
        match owner.split_once(':') {
            Some((user, group)) => (Holder::Given(user), Some(Holder::Given(group))),
            None => (Holder::Given(owner.clone()), None),
        }
    }
}

impl Folder {
    /// The mode. `None` keeps the mode, because the file sets neither mode, owner nor group.
    pub(crate) fn final_mode(&self) -> Option<Text> {
        let is_asked = self.owner.is_some() || self.group.is_some();
        let default = is_asked.then(|| Text::literal(MODE, self.span));
        self.mode.as_ref().map(|mode| mode.text.clone()).or(default)
    }

    /// The owner and the group.
    pub(crate) fn holders(&self) -> (Holder, Holder) {
        let group = self.group.as_ref().map(|group| Holder::Given(group.text.clone()));
        let Some(owner) = self.owner.as_ref().map(|owner| &owner.text) else {
            let user = self.image_user.map_or(Holder::Kept, Holder::OfNew);
            return (user.clone(), group.unwrap_or(user));
        };
        let (user, own_group) = Holder::split(owner);
        if let Some(own_group) = own_group {
            return (user, group.unwrap_or(own_group));
        }
        // A user ID of a container has no named group on the host, so it gets the group of the same number.
        let is_number = owner.value().bytes().all(|b| b.is_ascii_digit());
        let default = || if is_number { Holder::Given(owner.clone()) } else { Holder::Kept };
        (user, group.unwrap_or_else(default))
    }
}
