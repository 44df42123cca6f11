//! A name on a network should lead to one container: Podman's DNS returns the addresses of all that have it.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Network};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(&Id<Network>, String), (&Container, Span)> = HashMap::new();
    // A service that is off may be the alternative to one that is on.
    for container in host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers) {
        for attached in &container.networks {
            let aliases = container.aliases(attached).into_iter().map(|alias| (alias.value(), alias.span));
            for (name, span) in std::iter::once((container.name.to_string(), container.span)).chain(aliases) {
                let at = (&attached.network, name.to_lowercase());
                let Some((other, first)) = taken.get(&at) else {
                    taken.insert(at, (container, span));
                    continue;
                };
                // Two containers with one full name are reported where names are given.
                if other.name != container.name {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::AliasTaken,
                            format!(
                                "`{}` and `{}` both answer to `{name}` on the network `{}`",
                                other.name, container.name, attached.network
                            ),
                            span,
                            format!("`{}` answers to it here", container.name),
                        )
                        .and(*first, format!("`{}` answers to it here", other.name))
                        .help("rename one of them, or accept the warning where either container may answer"),
                    );
                }
            }
        }
    }
}
