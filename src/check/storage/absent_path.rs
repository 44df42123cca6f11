//! Paths of other distributions that Compose files bind. Podman refuses to start a container whose source is missing
//! (podman-run(1), --volume).

use super::created_paths::CreatedPaths;
use crate::check::isolation::grants::binds;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::filesystem::absent_on_nixos;
use crate::hir::Host;
use crate::setting::EnvFile;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut created = None;
    for Path { value, span, is_data } in paths(host) {
        let Some(row) = absent_on_nixos(&value) else { continue };
        if created.get_or_insert_with(|| CreatedPaths::of(host)).has(&value) {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::AbsentPath,
                format!("`{}` does not exist on NixOS", row.path),
                span,
                if value.trim_end_matches('/') == row.path {
                    "expected a path that exists on the host".to_owned()
                } else {
                    format!("`{value}` does not exist")
                },
            )
            .help(match is_data && row.path == "/usr" {
                true => "keep the data in a folder below /srv, and mount that folder",
                false => row.instead,
            }),
        );
    }
}

/// A path of the host that a container or a backup reads.
struct Path {
    value: String,
    span: Span,
    /// True if a container writes to it. A program of the host is on the same path in the container.
    is_data: bool,
}

fn paths(host: &Host) -> impl Iterator<Item = Path> {
    let binds = host.containers().flat_map(binds).map(|bind| Path {
        is_data: bind.source != bind.target && !bind.is_read_only(),
        value: bind.source,
        span: bind.span,
    });
    let env_files = host.containers().flat_map(|c| &c.settings.env_file.0).filter_map(|file| match file {
        EnvFile::Path(path) => Some(&path.text),
        EnvFile::Secret(_) => None,
    });
    let backups = host.backups().filter_map(|(_, backup)| backup.source.path());
    let read = env_files.chain(backups);
    binds.chain(read.map(|path| Path { value: path.value(), span: path.span, is_data: false }))
}
