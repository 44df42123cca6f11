//! What is known of single applications besides their images, which are in `data/`: jobs and uploads that use an
//! application's own interface. Each application has a folder here, and nothing else in homegen names one.

mod immich;

use crate::form::{Image, SecretName};
use crate::script::{Script, ShellFile};
use crate::setting::Format;
use crate::shape::part;
use crate::tree::Text;
use crate::value::Value;

pub(crate) use immich::ImmichAlbum;

part! {
    /// What a clean-up removes.
    Cleaning {
        /// An album of Immich that is emptied.
        immich_album: ImmichAlbum,
    }
}

impl Cleaning {
    /// The task that does it.
    pub(crate) fn task(self) -> Task {
        self.immich_album.task()
    }
}

/// A script that asks a service at its address on the host.
#[derive(Debug)]
pub(crate) struct Task {
    /// The script.
    pub script: Script,
    /// What it does, before `of` and the service: `empty an album`.
    pub action: &'static str,
    /// The same as a title: `Clean-up of an album`.
    pub title: &'static str,
    /// The variable that the script takes the service's address from.
    pub address: &'static str,
    /// The secrets that it reads, by the variables that it takes their paths from.
    pub secrets: Vec<(&'static str, Value<SecretName>, Format)>,
    /// Its other variables.
    pub variables: Vec<(&'static str, Text)>,
}

/// How files get from another machine to a service.
#[derive(Debug)]
pub(crate) struct Uploader {
    /// The application.
    pub application: &'static str,
    /// The script that uploads what is in a folder.
    pub script: ShellFile,
    /// The package of nixpkgs that the script uploads with.
    pub package: &'static str,
    /// The program in it.
    pub program: &'static str,
    /// Whether an image serves it.
    pub is_served_by: fn(&Image) -> bool,
}

/// All of them.
pub(crate) static UPLOADERS: [&Uploader; 1] = [&immich::UPLOADER];
