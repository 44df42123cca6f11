//! Rules about a container's access to the host.

pub(super) mod grants;
mod host_capability;
mod host_device;
mod host_namespace;
mod host_privileges;
mod mount_propagation;
mod root_user;
mod unconfined;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    host_capability::check,
    host_device::check,
    host_namespace::check,
    host_privileges::check,
    mount_propagation::check,
    root_user::check,
    unconfined::check,
];
