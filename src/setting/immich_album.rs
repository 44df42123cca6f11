//! An album of Immich.

use super::Flag;
use crate::form::{Count, Name, SecretName};
use crate::shape::mapping;
use crate::value::Value;

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
