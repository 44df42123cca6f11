//! `target:source` in place of `source:target` compiles, creates a folder on the host, and leaves the data in
//! the container, which NixOS removes at each stop (`podman run --rm`).

use std::collections::HashSet;

use super::databases::{known_databases, swapped_volume};
use crate::ast::container::{Volume, VolumeSource};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::ancestors;
use crate::source::Span;
use crate::tree::{Node, Piece, Target, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let folders = data_folders(host);
    let of_databases: HashSet<Span> = known_databases(host)
        .filter_map(|(container, known)| swapped_volume(container, known))
        .map(|volume| volume.span)
        .collect();
    for volume in host.containers().flat_map(|c| &c.compose.volumes) {
        let VolumeSource::Bind(source) = &volume.source else { continue };
        let (from, to) = (source.value(), volume.target.value());
        if of_databases.contains(&volume.span) {
            diagnostics
                .push(report(format!("the source `{from}` is where the image keeps its data"), volume));
            continue;
        }
        let in_data =
            |path: &str| ancestors(path).find(|folder| folders.contains(*folder)).map(str::to_owned);
        // A path that is the same on both sides is usual for programs that start containers.
        let (Some(folder), None) = (in_data(&to), in_data(&from)) else { continue };
        let title = format!("the target `{to}` lies in the host's data folder `{folder}`");
        diagnostics.push(report(title, volume));
    }
}

fn report(title: String, volume: &Volume) -> Diagnostic {
    let source = match &volume.source {
        VolumeSource::Bind(path) | VolumeSource::Named(path) => path.value(),
        VolumeSource::Tmpfs => String::new(),
    };
    Diagnostic::new(Code::SwappedVolume, title, volume.span, "source and target look swapped")
        .help(format!("did you mean `{}:{source}`?", volume.target.value()))
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
