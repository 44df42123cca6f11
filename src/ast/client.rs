//! Other machines that use the services, such as a Mac.

use crate::form::{HomePath, SecretName};
use crate::shape::mapping;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A Mac with home-manager.
    Client such as "{ upload: { to: immich, folder: ~/Pictures/upload, api_key: immich-api-key } }" called "macbook" {
        /// A folder whose photos and videos are uploaded to a service. Becomes the agent
        /// `launchd.agents.upload-SERVICE`.
        upload: Upload,
    }
}

mapping! {
    /// A folder of a Mac whose files are uploaded to a service, and deleted on the Mac once the service has them.
    Upload such as "{ to: immich, folder: ~/Pictures/upload, api_key: immich-api-key }" {
        /// The service, which has to be Immich. Its site is the address. Becomes `URL` of the script.
        to: Text,
        /// The folder, a path that begins with `~/`. Becomes `WatchPaths`, `FOLDER`.
        folder: Value<HomePath>,
        /// The secret of the Mac's agenix with an API key of the service. Immich's key needs asset.upload and
        /// user.read. Becomes `API_KEY_FILE`.
        api_key: Value<SecretName>,
        /// The secret of the Mac's agenix with PUSHOVER_TOKEN and PUSHOVER_USER, one per line (format `env`).
        /// Without it, no notification is sent: the top-level `notify` applies only to the host. Becomes
        /// `PUSHOVER_FILE`.
        notify: Option<Value<SecretName>>,
    }
}
