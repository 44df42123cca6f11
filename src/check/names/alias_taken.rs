//! A name on a network should belong to one container: Podman's DNS returns the addresses of every container with it.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&Id<Network>, String), (&Container, Span)> = HashMap::new();
    // A disabled service may be the alternative to an enabled one.
    for container in host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers) {
        for attached in &container.networks {
            let aliases = container.aliases(attached).into_iter().map(|alias| (alias.value(), alias.span));
            for (name, span) in std::iter::once((container.name.to_string(), container.span)).chain(aliases) {
                let at = (&attached.network, name.to_lowercase());
                let Some((other, first)) = taken.get(&at) else {
                    taken.insert(at, (container, span));
                    continue;
                };
                // Two containers with the same full name are already reported.
                if other.name != container.name {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::AliasTaken,
                            format!(
                                "`{}` and `{}` both have the name `{name}` on the network `{}`",
                                other.name, container.name, attached.network
                            ),
                            span,
                            format!("`{}` has it here", container.name),
                        )
                        .and(*first, format!("`{}` has it here", other.name))
                        .help(
                            "rename one of them, or accept this with `allow` if either container may answer",
                        ),
                    );
                }
            }
        }
    }
}
