//! HAProxy, and its sites.

use super::{Id, Notification, Service, SitePath, Upstream};
use crate::form::{ClientRange, Interface, ListenAddress};
use crate::setting::{Number, Spanned};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// HAProxy.
#[derive(Debug)]
pub(crate) struct HaProxy {
    /// The span of the mapping.
    pub(crate) span: Span,
    /// The interfaces on which the firewall opens the ports of the sites.
    pub(crate) interfaces: Vec<Value<Interface>>,
    /// The address of the statistics page.
    pub(crate) stats: Option<Value<ListenAddress>>,
    /// The notification when it fails.
    pub(crate) notification: Notification,
    /// The sites with a valid target.
    pub(crate) sites: Vec<PlainSite>,
    /// True if one of the sites that belong to no service is not valid; a diagnostic was emitted.
    pub(crate) has_broken_site: bool,
}

impl HaProxy {
    /// The unit.
    pub(crate) const UNIT: &'static str = "haproxy";
}

/// A site in plain HTTP.
#[derive(Debug)]
pub(crate) struct PlainSite {
    /// The port that it listens on.
    pub(crate) listen: Value<ListenAddress>,
    /// Its names. Without a name, it answers every name that no other site on the port has.
    pub(crate) names: Vec<Text>,
    /// The service of the site.
    pub(crate) service: Option<Id<Service>>,
    /// The target.
    pub(crate) upstream: Upstream,
    /// The port on the host in the file.
    pub(crate) port: Option<Number>,
    /// Other targets for some paths, the most specific path first.
    pub(crate) paths: Vec<SitePath>,
    /// The only clients that the site answers, if it does not answer all.
    pub(crate) allow_from: Option<Spanned<Vec<Value<ClientRange>>>>,
}
