//! Whom to tell, and how.

use super::Allow;
use crate::decode::advice;
use crate::form::{SecretName, ServiceUnit, WebAddress};
use crate::shape::{keyword, mapping};
use crate::value::Value;

mapping! {
    /// Where notifications go: to all that are named.
    Notify such as "{ ntfy: { url: https://ntfy.example.de/server } }" else advice::notify {
        /// Pushover, <https://pushover.net>.
        pushover: Option<Pushover>,
        /// ntfy, <https://ntfy.sh>.
        ntfy: Option<Ntfy>,
        /// An address that takes a POST of JSON with `title` and `message`.
        webhook: Option<Webhook>,
        /// Units that tell when they fail, beside those that say so where they stand.
        units: Vec<Value<ServiceUnit>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
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
        /// The address of the topic, such as <https://ntfy.example.de/server>.
        url: Option<Value<WebAddress>>,
        /// The secret with the address of the topic.
        url_secret: Option<Value<SecretName>>,
        /// The secret with the access token.
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
    Tell else advice::tell {
        /// When it fails.
        Failure = "failure",
        /// Never.
        Never = "never",
    }
}
