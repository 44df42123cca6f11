//! Programs that decide who may use a site.

use super::front::Certificate;
use super::{Id, Upstream};
use crate::form::{HeaderName, UrlPaths};
use crate::setting::Number;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// A program that decides who may use a site.
#[derive(Debug)]
pub(crate) struct AuthProvider {
    /// The name.
    pub(crate) name: Text,
    /// The address.
    pub(crate) upstream: Upstream,
    /// The port on the host in the file.
    pub(crate) port: Option<Number>,
    /// How the certificate of the program is verified.
    pub(crate) certificate: Certificate,
    /// The path that answers whether a request is allowed.
    pub(crate) uri: Text,
    /// The headers of the answer that the application gets.
    pub(crate) headers: Vec<Value<HeaderName>>,
    /// The paths of each site that belong to the program.
    pub(crate) own_paths: Option<&'static str>,
}

/// The login of a site.
#[derive(Debug)]
pub(crate) struct SiteAuth {
    /// The name of the program.
    pub(crate) provider: Id<AuthProvider>,
    /// The paths that need no login.
    pub(crate) except: Vec<Value<UrlPaths>>,
    /// The span of the name.
    pub(crate) span: Span,
}
