//! The steps on the host before the first switch.

use crate::report::HostStep;

/// The steps so far, each once.
#[derive(Debug, Default)]
pub(super) struct Steps(Vec<HostStep>);

impl Steps {
    /// Adds a step.
    pub(super) fn add(&mut self, step: HostStep) {
        if !self.0.contains(&step) {
            self.0.push(step);
        }
    }

    /// The steps, in order.
    pub(super) fn into_list(self) -> Vec<HostStep> {
        self.0
    }
}
