//! Rules about names.

mod alias_ambiguous;
mod alias_taken;
mod entry_name;
mod run_folder;
mod short_name;
mod variable_name;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    alias_ambiguous::check,
    alias_taken::check,
    entry_name::check,
    run_folder::check,
    short_name::check,
    variable_name::check,
];
