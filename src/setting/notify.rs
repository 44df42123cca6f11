//! Whom to tell, and how.

use super::{Allow, Format, UsedSecret};
use crate::form::{Advice, SecretName, ServiceUnit, WebAddress};
use crate::shape::{keyword, mapping};
use crate::tree::{Kind, Node};
use crate::value::Value;

mapping! {
    /// Where notifications go: to all that are named.
    Notify such as "{ ntfy: { url: https://ntfy.example.de/server } }" else when_in_place_of_whom {
        /// Pushover, <https://pushover.net>.
        pushover: Option<Pushover>,
        /// ntfy, <https://ntfy.sh>.
        ntfy: Option<Ntfy>,
        /// An address that takes a POST of JSON with `title` and `message`.
        webhook: Option<Webhook>,
        /// Units of the host that send a notification when they fail, such as `plex`, `sshd` or `tailscaled`.
        units: Vec<Value<ServiceUnit>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

impl Notify {
    /// The secrets that it uses.
    pub(crate) fn secrets(&self) -> Vec<UsedSecret<'_>> {
        let pushover = self.pushover.iter().map(|pushover| (&pushover.credentials, Some(Format::Env)));
        let webhook = self.webhook.iter().map(|webhook| &webhook.url);
        let ntfy = self.ntfy.iter().flat_map(|ntfy| ntfy.url_secret.iter().chain(&ntfy.token));
        pushover.chain(webhook.chain(ntfy).map(|secret| (secret, Some(Format::Raw)))).collect()
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
    /// ntfy. Its topic is in `url`, or in a secret where nobody else may know it.
    Ntfy such as "{ url: https://ntfy.example.de/server }" {
        /// The address of the topic, such as <https://ntfy.example.de/server>. Either this or `url_secret`.
        url: Option<Value<WebAddress>>,
        /// The secret with the address of the topic.
        url_secret: Option<Value<SecretName>>,
        /// The secret with the access token, if there is one.
        token: Option<Value<SecretName>>,
    }
}

mapping! {
    /// A webhook.
    Webhook such as "{ url: webhook-address }" {
        /// The secret with its address.
        url: Value<SecretName>,
    }
}

keyword! {
    /// When somebody is told of a unit.
    Tell else meant_word {
        /// When it fails.
        Failure = "failure",
        /// Never.
        Never = "never",
    }
}

/// `notify: failure` where it stands for whom to tell.
fn when_in_place_of_whom(node: &Node) -> Option<Advice> {
    let Kind::Scalar(text) = &node.kind else { return None };
    matches!(text.value().as_str(), "failure" | "never" | "true" | "false").then_some(())?;
    Advice::new(
        "says when, which a service, a container, Caddy or a job does",
        "say here whom to tell, such as `{ ntfy: { url: https://ntfy.example.de/server } }`",
    )
}

/// `true`, where a word is needed.
fn meant_word(word: &str) -> Option<Advice> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "always" => Advice::write("is not a word for this", "failure"),
        "false" | "no" | "off" | "none" => Advice::write("is not a word for this", "never"),
        _ => None,
    }
}
