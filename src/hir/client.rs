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
    /// Its name in the file, which is that of its folder in the output.
    pub(crate) name: String,
    /// What it uploads.
    pub(crate) upload: Upload,
}

/// A folder whose files go to a service.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The service. None is one that the host does not have, which is reported.
    pub(crate) service: Option<Id<Service>>,
    /// How they get there.
    pub(crate) uploader: &'static Uploader,
    /// Where its name is written.
    pub(crate) to: Text,
    /// The name of its site.
    pub(crate) site: Text,
    /// The folder.
    pub(crate) folder: Value<HomePath>,
    /// The secret of the Mac's with the API key.
    pub(crate) api_key: Value<SecretName>,
    /// The secret of the Mac's with what Pushover asks for.
    pub(crate) notify: Option<Value<SecretName>>,
}

impl Upload {
    /// The secrets of the Mac's that it uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let notify = self.notify.iter().map(|notify| (notify, Some(Format::Env)));
        std::iter::once((&self.api_key, Some(Format::Raw))).chain(notify).collect()
    }
}
