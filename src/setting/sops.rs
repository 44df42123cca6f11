//! sops-nix.

use crate::shape::mapping;
use crate::tree::Text;

mapping! {
    /// sops-nix, <https://github.com/Mic92/sops-nix>.
    Sops such as "{ file: secrets.yaml }" {
        /// The encrypted file with the secrets, relative to this file. Its ending is its format: `.yaml`, `.json`,
        /// `.ini`, `.env`; any other file holds one secret. Becomes `sops.defaultSopsFile`.
        file: Text,
    }
}
