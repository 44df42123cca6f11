//! Other machines that use the services.

use crate::application::Uploader;
use crate::form::{HomePath, SecretName};
use crate::setting::{Format, UsedSecret};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A Mac.
#[derive(Debug)]
pub struct Client {
    /// Its name in the file, which is that of its folder in the output.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// What it uploads.
    pub upload: Upload,
}

/// A folder whose files go to a service.
#[derive(Debug)]
pub struct Upload {
    /// The service.
    pub service: String,
    /// How they get there.
    pub uploader: &'static Uploader,
    /// Where its name is written.
    pub to: Text,
    /// The name of its site.
    pub site: Text,
    /// The folder.
    pub folder: Value<HomePath>,
    /// The secret of the Mac's with the API key.
    pub api_key: Value<SecretName>,
    /// The secret of the Mac's with what Pushover asks for.
    pub notify: Option<Value<SecretName>>,
}

impl Upload {
    /// The secrets of the Mac's that it uses.
    pub fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let notify = self.notify.iter().map(|notify| (notify, Some(Format::Env)));
        std::iter::once((&self.api_key, Some(Format::Raw))).chain(notify).collect()
    }
}
