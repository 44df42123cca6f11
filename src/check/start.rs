//! Rules about what a container needs to start, and what it waits for.

mod auto_start;
mod check_interval;
mod completed;
mod first_password;
mod healthy_without_check;
mod host_group;
mod image_user;
mod namespace_container;
mod native_unit;
mod no_shared_network;
mod own_localhost;

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    auto_start::check,
    check_interval::check,
    completed::check,
    first_password::check,
    healthy_without_check::check,
    host_group::check,
    image_user::check,
    namespace_container::check,
    native_unit::check,
    no_shared_network::check,
    own_localhost::check,
];
