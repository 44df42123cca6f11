//! A name on a network leads to one container. Podman hands out the addresses of all that have it, in turn.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&str, String), (&str, Span)> = HashMap::new();
    // What is off is not there, and may be the other one of a choice.
    for container in host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers) {
        for attached in &container.networks {
            let own = container.compose.aliases.iter();
            let there = attached.attachment.iter().flat_map(|a| &a.aliases);
            let aliases = own.chain(there).map(|alias| (alias.value(), alias.0.span));
            for (name, span) in std::iter::once((container.name.clone(), container.span)).chain(aliases) {
                let at = (attached.network.as_str(), name.to_lowercase());
                let Some((other, first)) = taken.get(&at) else {
                    taken.insert(at, (&container.name, span));
                    continue;
                };
                // Two containers with one full name are said where names are given.
                if *other != container.name {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::AliasTaken,
                            format!(
                                "`{name}` is `{other}` and `{}` on `{}`",
                                container.name, attached.network
                            ),
                            span,
                            "this one",
                        )
                        .and(*first, "has the name already")
                        .help("give one of them another name, or accept it where either may answer"),
                    );
                }
            }
        }
    }
}
