//! Rules about secrets.

mod acl_order;
mod encrypted_file;
mod generated_secret;
mod literal_secret;
mod placeholder;
mod recipient_list;
mod recipients;
mod rendered_line;
mod secret_file;
mod secret_file_missing;
mod secret_store;
mod secret_unreadable;
mod undeclared_file;
mod unused_secret;
mod variable_twice;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    acl_order::check,
    encrypted_file::check,
    generated_secret::check,
    literal_secret::check,
    placeholder::check,
    recipient_list::check,
    recipients::check,
    rendered_line::check,
    secret_file::check,
    secret_file_missing::check,
    secret_store::check,
    secret_unreadable::check,
    undeclared_file::check,
    unused_secret::check,
    variable_twice::check,
];
