//! agenix.

use crate::shape::mapping;
use crate::tree::Text;

mapping! {
    /// agenix, <https://github.com/ryantm/agenix>.
    Agenix such as "{ directory: secrets }" {
        /// The folder of the `.age` files, relative to this file. It is the default of the option
        /// `homeserver.secretsDirectory`.
        directory: Text,
    }
}
