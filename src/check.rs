//! Rules over the whole host. One rule is one file here and a line in [`RULES`].

mod acme_token;
mod alias_without_network;
mod ambiguous_number;
mod folder_owners;
mod literal_secret;
mod nix_syntax;
mod option_twice;
mod published_wide;
mod unused_port;
mod unused_words;
mod variable_name;
mod variable_twice;

use crate::diag::Diagnostics;
use crate::hir::Host;
use crate::tree::Node;

/// The rules. Each sees the host, and the tree that it was read from.
const RULES: &[fn(&Host, &Node, &mut Diagnostics)] = &[
    acme_token::check,
    ambiguous_number::check,
    alias_without_network::check,
    literal_secret::check,
    folder_owners::check,
    nix_syntax::check,
    option_twice::check,
    unused_words::check,
    published_wide::check,
    unused_port::check,
    variable_name::check,
    variable_twice::check,
];

/// Checks a host.
pub fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    for rule in RULES {
        rule(host, file, diagnostics);
    }
}
