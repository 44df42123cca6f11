//! Rules that compare the file with the last build.

mod backups_left;
mod exchanged_volumes;
mod folder_left;
mod mount_left;
pub(super) mod moves;
mod volume_left;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    backups_left::check,
    exchanged_volumes::check,
    folder_left::check,
    mount_left::check,
    volume_left::check,
];
