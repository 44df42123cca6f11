//! Other machines that use the services.

use super::{Id, Service};
use crate::application::Uploader;
use crate::form::{HomePath, SecretName};
use crate::setting::{Format, UsedSecret};
use crate::tree::Text;
use crate::value::Value;

/// A Mac.
#[derive(Debug)]
pub(crate) struct Client {
    /// The name in the file and of its folder in the output.
    pub(crate) name: String,
    /// The upload.
    pub(crate) upload: Upload,
}

/// A folder whose files are uploaded to a service.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The service. `None` if the host does not have it; a diagnostic was emitted.
    pub(crate) service: Option<Id<Service>>,
    /// The upload method.
    pub(crate) uploader: &'static Uploader,
    /// The name of the service in the file.
    pub(crate) to: Text,
    /// The name of the service's site.
    pub(crate) site: Text,
    /// The folder.
    pub(crate) folder: Value<HomePath>,
    /// The secret of the Mac's agenix with the API key.
    pub(crate) api_key: Value<SecretName>,
    /// The secret of the Mac's agenix with the variables of Pushover.
    pub(crate) notify: Option<Value<SecretName>>,
}

impl Upload {
    /// The secrets of the Mac's agenix that the upload uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let notify = self.notify.iter().map(|notify| UsedSecret::of(notify, Some(Format::Env)));
        std::iter::once(UsedSecret::of(&self.api_key, Some(Format::Raw))).chain(notify).collect()
    }
}
