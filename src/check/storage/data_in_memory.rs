//! A path that was on the disk in the last build and is in memory here: the old data stays on the disk, and new data
//! is lost at each restart.

use std::collections::HashSet;

use crate::bind::may_be_data;
use crate::check::last_build::moves::{is_other_postgres, left};
use crate::diag::{Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::path::normalized;
use crate::setting::{Volume, VolumeSource};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let containers =
        host.services.iter().flat_map(|s| s.containers.iter().map(move |container| (s, container)));
    for (service, container) in containers {
        let Some(previous) = &container.previous else { continue };
        if is_other_postgres(container, previous) {
            continue;
        }
        let volumes = container.volumes.iter();
        let sources: HashSet<String> = volumes.filter_map(Volume::recorded_source).collect();
        for (target, span) in in_memory(container) {
            let Some(from) = previous.container.mounts.get(&target) else { continue };
            if sources.contains(from) || !may_be_data(from, &target) || is_temporary(&target) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    left(from),
                    format!("the data of `{}` would stay in `{from}`", container.name),
                    span,
                    format!("`{from}` in the last build, in memory here"),
                )
                .help(format!(
                    "mount `{}` here: files in memory are lost at each restart",
                    // The file names a volume without the prefix of its service.
                    from.strip_prefix(&format!("{}_", service.name)).unwrap_or(from)
                )),
            );
        }
    }
}

/// The paths of a container that are in memory.
fn in_memory(container: &Container) -> Vec<(String, Span)> {
    let volumes = container.volumes.iter();
    let volumes = volumes.filter(|volume| matches!(volume.source, VolumeSource::Tmpfs));
    let volumes = volumes.map(|volume| (normalized(&volume.target.value()), volume.span));
    let tmpfs = container.settings.tmpfs.0.iter().map(|tmpfs| {
        let value = tmpfs.text.value();
        (normalized(value.split(':').next().unwrap_or_default()), tmpfs.text.span)
    });
    volumes.chain(tmpfs).collect()
}

/// True if the name of a path suggests files that a program can create again.
fn is_temporary(target: &str) -> bool {
    let is_temporary = |step: &str| {
        matches!(step, "log" | "logs" | "run" | "temp")
            || ["cache", "tmp", "transcod"].iter().any(|word| step.contains(word))
    };
    target.to_lowercase().split('/').any(is_temporary)
}
