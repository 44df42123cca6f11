//! Rules about volumes, folders and disks.

mod absent_path;
mod backup_in_volume;
pub(super) mod beside;
mod container_file;
mod created_paths;
mod data_folder;
mod data_in_memory;
mod data_unmounted;
mod database_on_nfs;
mod disposable;
mod docker_socket;
mod folder_in_folder;
mod folder_owners;
mod folder_users;
mod host_path;
mod linked_file;
mod not_backed_up;
mod postgres_volume;
mod shared_data;
mod snapshots;
mod swapped_volume;
mod target_twice;
mod unclear_bind;
mod uncreated_folder;
mod undescribed_disk;
mod volume_names;
mod volumes_on_late_disk;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    absent_path::check,
    backup_in_volume::check,
    container_file::check,
    data_folder::check,
    data_in_memory::check,
    data_unmounted::check,
    database_on_nfs::check,
    disposable::check,
    docker_socket::check,
    folder_in_folder::check,
    folder_owners::check,
    folder_users::check,
    host_path::check,
    linked_file::check,
    not_backed_up::check,
    postgres_volume::check,
    shared_data::check,
    snapshots::check,
    swapped_volume::check,
    target_twice::check,
    unclear_bind::check,
    uncreated_folder::check,
    undescribed_disk::check,
    volume_names::check,
    volumes_on_late_disk::check,
];
