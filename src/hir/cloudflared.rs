//! The tunnel of Cloudflare.

use super::Notification;
use crate::form::{SecretName, TunnelId};
use crate::setting::{Format, UsedSecret};
use crate::source::Span;
use crate::value::Value;

/// The tunnel of Cloudflare.
#[derive(Debug)]
pub(crate) struct Cloudflared {
    /// The span of the mapping.
    pub(crate) span: Span,
    /// The ID of the tunnel.
    pub(crate) tunnel: Value<TunnelId>,
    /// The secret with the credentials.
    pub(crate) credentials: Value<SecretName>,
    /// The notification when it fails.
    pub(crate) notification: Notification,
}

impl Cloudflared {
    /// The name of the unit, without `.service`.
    pub(crate) fn unit(&self) -> String {
        format!("cloudflared-tunnel-{}", self.tunnel.value.as_str())
    }

    /// The secrets that the tunnel uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        vec![UsedSecret::of(&self.credentials, Some(Format::Raw))]
    }
}
