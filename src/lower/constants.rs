//! The file `constants.nix`: `constants: { domain: example.org }` becomes `domain = "example.org";`.

use crate::hir::Host;
use crate::nixos::Output;

pub(super) fn lower(host: &Host, output: &mut Output) {
    output.constants = host.constants.clone().filter(|c| !c.is_null());
}
