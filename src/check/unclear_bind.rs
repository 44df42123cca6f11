//! homegen creates the folders that containers bind, and no files. Podman refuses to start a container whose
//! source is missing, and an application that finds a folder in the place of its file does not start either.

use crate::ast::container::VolumeSource;
use crate::bind::{self, Source};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mount_points = host.mount_points();
    for volume in host.containers().flat_map(|c| &c.compose.volumes) {
        let VolumeSource::Bind(path) = &volume.source else { continue };
        let value = path.value();
        if bind::source(volume, &value, mount_points.contains(value.trim_end_matches('/'))) != Source::Unclear
        {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::UnclearBind,
                format!("`{value}` may be a file or a folder, and homegen does not create it"),
                volume.span,
                "the name does not tell which",
            )
            .help(format!(
                "for a folder, write `{{ source: {value}, target: {}, mode: \"0755\" }}`, which creates it",
                volume.target.value()
            )),
        );
    }
}
