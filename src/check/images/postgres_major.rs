//! A major version of Postgres does not start with the data of another one
//! (<https://www.postgresql.org/docs/current/upgrading.html>).

use crate::databases::{known_databases, mounted_for};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Form, Image};
use crate::hir::Host;
use crate::image::Kind;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    of_host(host, diagnostics);
    for (container, known) in known_databases(host).filter(|(_, known)| known.kind == Kind::Postgres) {
        let Some(previous) = &container.previous else { continue };
        let Some(before) = Image::parse(&previous.container.image) else { continue };
        let Some(volume) = mounted_for(container, known) else { continue };
        // The help below asks for a new folder, so that a new folder is not reported.
        let Some(source) = volume.recorded_source() else { continue };
        if !previous.container.mounts.values().any(|before| *before == source) {
            continue;
        }
        let was_postgres = before.known().is_some_and(|k| k.kind == Kind::Postgres);
        let (Some(old), Some(new)) = (before.major(), container.settings.image.value.major()) else {
            continue;
        };
        if was_postgres && old != new {
            diagnostics.push(
                Diagnostic::new(
                    Code::PostgresMajor,
                    format!("`{}` changes from Postgres {old} to {new} on the same data", container.name),
                    container.settings.image.text.span,
                    format!("Postgres {new} does not start with the data of Postgres {old}"),
                )
                .and(volume.span, "this folder has the data of the last build")
                .help(format!(
                    "dump the databases with Postgres {old}, mount a new folder here, and restore the dump into Postgres {new}"
                )),
            );
        }
    }
}

/// Reports another major version of the host's Postgres. NixOS has a data folder for each, so the new one starts empty.
fn of_host(host: &Host, diagnostics: &mut Diagnostics) {
    let before = host.last_build.as_ref().and_then(|record| record.postgres);
    let (Some(old), Some(postgres)) = (before, &host.postgres) else { return };
    let new = postgres.version.value.0;
    if old == new {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::PostgresMajor,
            format!("the host's Postgres changes from {old} to {new}, and starts without data"),
            postgres.version.text.span,
            format!("the data of Postgres {old} stays in /var/lib/postgresql/{old}"),
        )
        .help(format!(
            "dump the databases with Postgres {old}, switch with `allow: {{ HG1204: \"…\" }}`, and restore the dumps into Postgres {new}"
        )),
    );
}
