//! `target:source` in place of `source:target` compiles, creates a folder on the host, and leaves the data in
//! the container, which NixOS removes at each stop (`podman run --rm`).

use std::collections::HashSet;

use crate::ast::container::VolumeSource;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::ancestors;
use crate::tree::{Node, Piece, Target, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let folders = data_folders(host);
    for volume in host.containers().flat_map(|c| &c.compose.volumes) {
        let VolumeSource::Bind(source) = &volume.source else { continue };
        let (from, to) = (source.value(), volume.target.value());
        let in_data =
            |path: &str| ancestors(path).find(|folder| folders.contains(*folder)).map(str::to_owned);
        // A path that is the same on both sides is usual for programs that start containers.
        let (Some(folder), None) = (in_data(&to), in_data(&from)) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::SwappedVolume,
                format!("the target `{to}` lies in the host's data folder `{folder}`"),
                volume.span,
                "source and target look swapped",
            )
            .help(format!("did you mean `{to}:{from}`?")),
        );
    }
}

/// The constants with which sources of volumes begin: folders that the host keeps its data in.
fn data_folders(host: &Host) -> HashSet<String> {
    let constant = |source: &Text| match source.pieces.first() {
        Some(Piece::Reference(reference)) if matches!(reference.target, Target::Constant(_)) => {
            Some(reference.value.text().trim_end_matches('/').to_owned())
        }
        _ => None,
    };
    let sources = host.containers().flat_map(|c| &c.compose.volumes).filter_map(|v| match &v.source {
        VolumeSource::Bind(path) => Some(path),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    // A constant such as `/` or `/mnt` is above too much to say anything.
    sources.filter_map(constant).filter(|folder| folder.matches('/').count() > 1).collect()
}
