//! Clean-up of what a service collects.

use super::scalar::*;
use super::{Allow, Tell};
use crate::form::{Calendar, Count, Name, SecretName};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// A clean-up.
    Cleanup such as "{ immich_album: { name: Old, api_key: immich-api-key }, at: daily }" {
        /// Whether it is on until the owner says otherwise. Default: where the service is.
        enable: Option<Flag>,
        /// An album of Immich that is emptied.
        immich_album: ImmichAlbum,
        /// When it runs, in the host's time zone. A preset may leave it to you, and then cleans nothing up.
        at: Option<Value<Calendar>>,
        /// The secret with the address at Healthchecks that hears of each run.
        ping: Option<Value<SecretName>>,
        /// Whether somebody is told when it fails. Default: failure, where there is a `notify`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

mapping! {
    /// An album of Immich.
    ImmichAlbum such as "{ name: Old, api_key: immich-api-key }" {
        /// Its name. There has to be exactly one of this name.
        name: Value<Name>,
        /// The secret with an API key that has album.read, asset.read and asset.delete.
        api_key: Value<SecretName>,
        /// How many photos and videos may go in one run. With more, none goes.
        at_most: Value<Count> = "1000",
        /// Whether they go for good, and not to the trash.
        permanently: Flag = "false",
    }
}
