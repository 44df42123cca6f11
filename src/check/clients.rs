//! Rules about the machines that use the services.

mod client_other;

use super::Rule;

pub(super) const RULES: &[Rule] = &[client_other::check];
