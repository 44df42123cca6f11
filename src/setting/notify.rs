//! The destinations of notifications.

use super::{Allow, Format, UsedSecret};
use crate::form::{Advice, SecretName, ServiceUnit, WebAddress};
use crate::shape::{keyword, mapping};
use crate::tree::{Kind, Node};
use crate::value::Value;

mapping! {
    /// The destinations of notifications. Each notification goes to all of them.
    Notify such as "{ ntfy: { url: https://ntfy.example.de/server } }" else event_as_destination {
        /// Pushover, <https://pushover.net>.
        pushover: Option<Pushover>,
        /// ntfy, <https://ntfy.sh>.
        ntfy: Option<Ntfy>,
        /// An address that accepts a POST of JSON with `title` and `message`.
        webhook: Option<Webhook>,
        /// Units of the host that send a notification when they fail, such as `plex`, `sshd` or `tailscaled`.
        units: Vec<Value<ServiceUnit>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

impl Notify {
    /// The secrets of all destinations.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let pushover =
            self.pushover.iter().map(|pushover| UsedSecret::of(&pushover.credentials, Some(Format::Env)));
        let webhook = self.webhook.iter().map(|webhook| &webhook.url);
        let ntfy = self.ntfy.iter().flat_map(|ntfy| ntfy.url_secret.iter().chain(&ntfy.token));
        pushover.chain(webhook.chain(ntfy).map(|secret| UsedSecret::of(secret, Some(Format::Raw)))).collect()
    }
}

mapping! {
    /// Pushover.
    Pushover such as "{ credentials: pushover }" {
        /// The secret of format `env` with PUSHOVER_TOKEN and PUSHOVER_USER.
        credentials: Value<SecretName>,
    }
}

mapping! {
    /// ntfy. The topic is in `url`, or in a secret if it is confidential.
    Ntfy such as "{ url: https://ntfy.example.de/server }" {
        /// The address of the topic, such as <https://ntfy.example.de/server>. Set either `url` or `url_secret`.
        url: Option<Value<WebAddress>>,
        /// The secret with the address of the topic.
        url_secret: Option<Value<SecretName>>,
        /// The secret with the access token of the topic.
        token: Option<Value<SecretName>>,
    }
}

mapping! {
    /// A webhook.
    Webhook such as "{ url: webhook-address }" {
        /// The secret with the address of the webhook.
        url: Value<SecretName>,
    }
}

keyword! {
    /// The event of a unit that sends a notification.
    NotifyOn is "a notification event" else boolean_as_event {
        /// The unit fails.
        Failure = "failure",
        /// Never.
        Never = "never",
    }
}

/// The advice for `notify: failure` in place of the destinations.
fn event_as_destination(node: &Node) -> Option<Advice> {
    let Kind::Scalar(text) = &node.kind else { return None };
    matches!(text.value().as_str(), "failure" | "never" | "true" | "false").then_some(())?;
    Advice::new(
        "is an event, which belongs under `notify` of a service, a container, Caddy or a job",
        "write a destination here, such as `{ ntfy: { url: https://ntfy.example.de/server } }`",
    )
}

/// The advice for `true` in place of `failure`.
fn boolean_as_event(word: &str) -> Option<Advice> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "always" => Advice::write("is not an event", "failure"),
        "false" | "no" | "off" | "none" => Advice::write("is not an event", "never"),
        _ => None,
    }
}
