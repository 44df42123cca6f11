//! The tunnel of Cloudflare.

use crate::form::{SecretName, TunnelId};
use crate::setting::{Allow, NotifyOn, Spanned};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// The tunnel of Cloudflare through which sites are reached from the internet.
    Cloudflared such as "{ tunnel: 6ff42ae2-765d-4adf-8112-31c55c1551ef, credentials: tunnel }" {
        /// The ID of the tunnel.
        tunnel: Value<TunnelId>,
        /// The secret with the content of the file `ID.json` that `cloudflared tunnel create` writes.
        credentials: Value<SecretName>,
        /// Sends a notification when cloudflared fails. Default: `never`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}
