//! Knowledge of single applications besides their images, which are in `data/`: jobs and uploads that use an
//! application's own interface. Each application has a folder here, and no other code names one.

mod immich;

use crate::form::{Image, SecretName};
use crate::script::{Script, ShellFile};
use crate::setting::Format;
use crate::shape::part;
use crate::tree::Text;
use crate::value::Value;

pub(crate) use immich::ImmichAlbum;

part! {
    /// The data that a clean-up removes.
    Cleaning {
        /// The album of Immich to empty.
        immich_album: ImmichAlbum,
    }
}

impl Cleaning {
    /// The task of the clean-up.
    pub(crate) fn task(self) -> Task {
        self.immich_album.task()
    }
}

/// A script that sends requests to a service at its address on the host.
#[derive(Debug)]
pub(crate) struct Task {
    /// The script.
    pub script: Script,
    /// The action, before `of` and the service: `empty an album`.
    pub action: &'static str,
    /// The action as a title: `Clean-up of an album`.
    pub title: &'static str,
    /// The script's variable for the service's address.
    pub address: &'static str,
    /// The secrets of the script, by the variables for their paths.
    pub secrets: Vec<(&'static str, Value<SecretName>, Format)>,
    /// Its other variables.
    pub variables: Vec<(&'static str, Text)>,
}

/// The upload of files from another machine to a service.
#[derive(Debug)]
pub(crate) struct Uploader {
    /// The application.
    pub application: &'static str,
    /// The script that uploads the files of a folder.
    pub script: ShellFile,
    /// The nixpkgs package of the upload program.
    pub package: &'static str,
    /// The program in the package.
    pub program: &'static str,
    /// Returns true if an image contains the service.
    pub is_served_by: fn(&Image) -> bool,
}

/// All uploaders.
pub(crate) static UPLOADERS: [&Uploader; 1] = [&immich::UPLOADER];
