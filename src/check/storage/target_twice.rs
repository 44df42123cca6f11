//! A path of a container takes one mount: Podman refuses a second one ("duplicate mount destination").

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let mut seen: HashMap<String, Span> = HashMap::new();
        for (target, span) in targets(container) {
            let plain =
                format!("/{}", target.split('/').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("/"));
            if let Some(first) = seen.get(&plain) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::TargetTwice,
                        format!("`{}` has two mounts at {plain}", container.name),
                        span,
                        "mounted again here",
                    )
                    .and(*first, "first mounted here")
                    .help("give one of them another path in the container"),
                );
            } else {
                seen.insert(plain, span);
            }
        }
    }
}

/// The mounts of a container, by their targets.
fn targets(container: &Container) -> Vec<(String, Span)> {
    let settings = &container.settings;
    let volumes = container.volumes.iter().map(|v| (v.target.value(), v.span));
    // Compose's `tmpfs` may have options after a colon.
    let tmpfs = settings.tmpfs.0.iter().map(|t| {
        let value = t.text.value();
        (value.split(':').next().unwrap_or_default().to_owned(), t.text.span)
    });
    let files = settings.files.entries.iter().map(|(target, _)| (target.value(), target.span));
    let mut all: Vec<(String, Span)> = volumes.chain(tmpfs).chain(files).collect();
    all.extend(container.uses.sockets().map(|(folder, span)| (folder.to_owned(), span)));
    // A secret is mounted once, however many variables name it.
    let mut mounted: HashMap<String, String> = HashMap::new();
    for used in &settings.secrets.0 {
        if used.variable.as_ref().is_some_and(|v| !v.text.value().ends_with("_FILE")) {
            continue;
        }
        let name = used.secret.text.value();
        let target = used.target.as_ref().map_or_else(|| format!("/run/secrets/{name}"), |t| t.text.value());
        if mounted.insert(target.clone(), name.clone()) != Some(name) {
            all.push((target, used.span));
        }
    }
    all
}
