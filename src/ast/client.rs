//! Other machines that use the services, such as a Mac.

use crate::form::{HomePath, SecretName};
use crate::shape::mapping;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A Mac that has home-manager.
    Client such as "{ upload: { to: immich, folder: ~/Pictures/upload, api_key: immich-api-key } }" called "macbook" {
        /// A folder whose files go to a service, such as photos and videos to Immich.
        upload: Upload,
    }
}

mapping! {
    /// A folder of a Mac whose files go to a service, and are deleted on the Mac once the service has them.
    Upload such as "{ to: immich, folder: ~/Pictures/upload, api_key: immich-api-key }" {
        /// The service, which has a site. Immich takes uploads.
        to: Text,
        /// The folder, in the user's own.
        folder: Value<HomePath>,
        /// The secret of the Mac's agenix with an API key of the service: for Immich, one that has asset.upload and
        /// user.read.
        api_key: Value<SecretName>,
        /// The secret of the Mac's agenix, of format `env`, with PUSHOVER_TOKEN and PUSHOVER_USER. Without
        /// it nobody is told.
        notify: Option<Value<SecretName>>,
    }
}
