//! The task that empties an album of Immich.

use crate::application::Task;
use crate::form::{Count, Name, SecretName};
use crate::script::Script;
use crate::setting::{Flag, Format};
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// An album of Immich.
    ImmichAlbum such as "{ name: Old, api_key: immich-api-key }" {
        /// The name of the album, which has to be unique.
        name: Value<Name>,
        /// The secret with an API key that has album.read, asset.read and asset.delete.
        api_key: Value<SecretName>,
        /// The maximum number of photos and videos in one run. If the album has more, none is deleted.
        at_most: Value<Count> = "1000",
        /// Deletes permanently instead of moving to the trash.
        permanently: Flag = "false",
    }
}

impl ImmichAlbum {
    /// The task that empties it.
    pub(crate) fn task(self) -> Task {
        Task {
            script: Script::CleanAlbum,
            action: "empty an album",
            title: "Clean-up of an album",
            address: "IMMICH_URL",
            secrets: vec![("API_KEY_FILE", self.api_key, Format::Raw)],
            variables: vec![
                ("ALBUM", self.name.text),
                ("AT_MOST", self.at_most.text),
                ("PERMANENTLY", self.permanently.text),
            ],
        }
    }
}
