//! Folders of the host, and what each gets.

use std::sync::Arc;

use crate::form::{Mode, Owner};
use crate::source::Span;
use crate::tree::{Reference, Text};
use crate::value::Value;

/// A folder on the host, which is made for a container.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Its path.
    pub(crate) path: Text,
    /// The owner that the file gives it, or the container's user where that is a number.
    pub(crate) owner: Option<Value<Owner>>,
    /// The group that the file gives it.
    pub(crate) group: Option<Value<Owner>>,
    /// The mode that the file gives it.
    pub(crate) mode: Option<Value<Mode>>,
    /// Whether the owner is the default, and not written.
    pub(crate) owner_is_guessed: bool,
    /// The user of the image by number, who owns the folder if it is new and has no owner.
    pub(crate) image_user: Option<u32>,
    /// Whether tmpfiles can make it: not on a disk that comes late, nor below a user's own folder.
    pub(crate) by_tmpfiles: bool,
    /// The outermost folder above it that a container writes to.
    pub(crate) shared: Option<Text>,
    /// Where it is asked for.
    pub(crate) span: Span,
}

/// The mode of a folder with an owner, a group or neither, and without a mode in the file.
const MODE: &str = "0755";

/// Who a folder gets as its owner, or as its group.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    /// Who has it: an image may have given the folder to its own user.
    Kept,
    /// A number, and who has it where the folder is there already.
    OfNew(u32),
    /// A user or a group.
    Given(Text),
    /// A part of a `user:group` that a constant brings whole, by its place.
    Part(Arc<Reference>, usize),
}

impl Folder {
    /// Its mode. `None` leaves it as it is: nobody asked for anything.
    pub(crate) fn final_mode(&self) -> Option<Text> {
        let is_asked = self.owner.is_some() || self.group.is_some();
        let default = is_asked.then(|| Text::literal(MODE, self.span));
        self.mode.as_ref().map(|mode| mode.text.clone()).or(default)
    }

    /// Its owner and its group.
    pub(crate) fn holders(&self) -> (Holder, Holder) {
        let group = self.group.as_ref().map(|group| Holder::Given(group.text.clone()));
        let Some(owner) = self.owner.as_ref().map(|owner| &owner.text) else {
            let user = self.image_user.map_or(Holder::Kept, Holder::OfNew);
            return (user.clone(), group.unwrap_or(user));
        };
        // `uid:gid` that a constant brings whole is taken apart where the constant is known.
        if let Some(whole) = owner.reference().filter(|reference| reference.value.text().contains(':')) {
            let part = |place| Holder::Part(whole.clone(), place);
            return (part(0), group.unwrap_or_else(|| part(1)));
        }
        if let Some((user, own_group)) = owner.split_once(':') {
            return (Holder::Given(user), group.unwrap_or(Holder::Given(own_group)));
        }
        // A uid of a container has no group of its own on the host but the same number.
        let is_number = owner.value().bytes().all(|b| b.is_ascii_digit());
        let default = || if is_number { Holder::Given(owner.clone()) } else { Holder::Kept };
        (Holder::Given(owner.clone()), group.unwrap_or_else(default))
    }
}
