//! Rules about secrets.

mod acl_order;
mod literal_secret;
mod placeholder;
mod rendered_line;
mod secret_file;
mod secret_file_missing;
mod secret_store;
mod secret_unreadable;
mod unused_secret;
mod variable_twice;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    acl_order::check,
    literal_secret::check,
    placeholder::check,
    rendered_line::check,
    secret_file::check,
    secret_file_missing::check,
    secret_store::check,
    secret_unreadable::check,
    unused_secret::check,
    variable_twice::check,
];
