//! Rules about jobs and notifications.

mod auto_update_label;
mod backup_in_source;
mod backup_lost;
mod backup_of_running;
mod backup_on_disk;
mod backup_password;
pub(super) mod backup_unseen;
mod created;
mod database_other;
mod exclude_pattern;
mod notify_address;
mod notify_missing;
mod notify_own_site;
mod own_job;
mod path_in_container;
mod ping_twice;
mod restic_path;
mod sqlite_other;
mod update_fixed;
mod update_pull;
mod update_soak;
mod update_twice;
mod update_unseen;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    auto_update_label::check,
    backup_in_source::check,
    backup_lost::check,
    backup_of_running::check,
    backup_on_disk::check,
    backup_unseen::check,
    database_other::check,
    backup_password::check,
    exclude_pattern::check,
    notify_address::check,
    notify_missing::check,
    notify_own_site::check,
    own_job::check,
    path_in_container::check,
    ping_twice::check,
    restic_path::check,
    sqlite_other::check,
    update_fixed::check,
    update_pull::check,
    update_soak::check,
    update_twice::check,
    update_unseen::check,
];
