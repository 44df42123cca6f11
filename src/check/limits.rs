//! Rules about limits.

mod cpus_high;
mod limits_contradict;
mod memory_small;
mod memory_sum;

use super::Rule;

pub(super) const RULES: &[Rule] =
    &[cpus_high::check, limits_contradict::check, memory_small::check, memory_sum::check];
