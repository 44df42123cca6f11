//! agenix.

use crate::form::Recipient;
use crate::shape::mapping;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// agenix, <https://github.com/ryantm/agenix>.
    Agenix such as "{ directory: secrets }" {
        /// The folder of the `.age` files, relative to this file. It is the default of the option
        /// `homeserver.secretsDirectory`.
        directory: Text,
        /// The public keys that the secrets are encrypted to: the key of the host, and the keys of the people who edit them.
        /// `homegen secrets` checks the files against them, and writes the rules of agenix.
        recipients: Vec<Value<Recipient>>,
    }
}
