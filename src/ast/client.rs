//! Other machines that use the services, such as a Mac.

use crate::form::{HomePath, SecretName};
use crate::shape::mapping;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A Mac that has home-manager.
    Client such as "{ upload: { to: immich, folder: ~/Pictures/upload, api_key: immich-api-key } }" called "macbook" {
        /// A folder whose photos and videos go to a service. Becomes the agent `launchd.agents.upload-SERVICE`.
        upload: Upload,
    }
}

mapping! {
    /// A folder of a Mac whose files go to a service, and are deleted on the Mac once the service has them.
    Upload such as "{ to: immich, folder: ~/Pictures/upload, api_key: immich-api-key }" {
        /// The service: Immich. It has a site, whose name is the address. Becomes `URL` of the script.
        to: Text,
        /// The folder, in the user's own: a path from `~/` on. Becomes `WatchPaths`, `FOLDER`.
        folder: Value<HomePath>,
        /// The secret of the Mac's agenix with an API key of the service: for Immich, one that has asset.upload and
        /// user.read. Becomes `API_KEY_FILE`.
        api_key: Value<SecretName>,
        /// The secret of the Mac's agenix with PUSHOVER_TOKEN and PUSHOVER_USER, one on a line (format `env`). Without
        /// it no notification is sent: the `notify` at the top is the host's. Becomes `PUSHOVER_FILE`.
        notify: Option<Value<SecretName>>,
    }
}
