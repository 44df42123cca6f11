//! From 18 on, Postgres keeps its data in /var/lib/postgresql/MAJOR/docker, and its image refuses to start
//! with a mount on the old path (<https://hub.docker.com/_/postgres>, "PGDATA").

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::image::POSTGRES_DATA;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let settings = &container.settings;
        let image = &settings.image.value;
        let is_postgres = image.known().is_some_and(|known| known.is_official_postgres());
        let Some(major) = image.major().filter(|m| is_postgres && *m >= 18) else { continue };
        // PGDATA chooses another folder.
        if container.variables().iter().any(|(name, _)| name.value() == "PGDATA") {
            continue;
        }
        for volume in
            container.volumes.iter().filter(|v| v.target.value().trim_end_matches('/') == POSTGRES_DATA)
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::PostgresVolume,
                    format!("Postgres {major} does not keep its data in {POSTGRES_DATA}"),
                    volume.span,
                    "the path of Postgres 17 and older",
                )
                .and(settings.image.text.span, format!("this image is Postgres {major}"))
                .help("mount the folder on `/var/lib/postgresql`"),
            );
        }
    }
}
