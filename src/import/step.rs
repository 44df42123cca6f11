//! What a person does on the host before the first switch.

/// A step on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostStep {
    /// Copies a folder or a file of the project.
    CopyPath {
        /// The path as in the Compose file, relative to the project's folder.
        from: String,
        /// The absolute path that the container has.
        to: String,
    },
    /// Copies a volume of Docker into a volume of Podman.
    CopyVolume {
        /// Docker's name of the volume.
        from: String,
        /// Podman's name.
        to: String,
    },
}

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
