//! Rules about limits.

mod limits_contradict;
mod memory_small;
mod memory_sum;

use super::Rule;

pub(super) const RULES: &[Rule] = &[limits_contradict::check, memory_small::check, memory_sum::check];
