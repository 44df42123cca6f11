//! Rules about options of NixOS that the file sets, and about Nix in it.

mod contradicted_option;
mod nix_syntax;
mod option_twice;
mod unmarked_nix;

use super::Rule;

pub(super) const RULES: &[Rule] =
    &[contradicted_option::check, nix_syntax::check, option_twice::check, unmarked_nix::check];
