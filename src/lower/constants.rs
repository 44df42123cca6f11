//! The constants, in a file of their own.
//!
//! ```yaml
//! constants: { domain: example.org, paths: { data: /srv } }
//! ```
//!
//! becomes `constants.nix`, which is a set and not a module:
//!
//! ```nix
//! { domain = "example.org"; paths.data = "/srv"; }
//! ```

use crate::hir::Host;
use crate::nixos::Output;

pub(super) fn lower(host: &Host, output: &mut Output) {
    output.constants = host.constants.clone().filter(|c| !c.is_null());
}
