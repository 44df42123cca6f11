//! Rules about the servers of the host that containers use.

mod database_name;
mod database_password;
mod shared_database;
mod unknown_database;

use super::Rule;

pub(super) const RULES: &[Rule] =
    &[database_name::check, database_password::check, shared_database::check, unknown_database::check];
