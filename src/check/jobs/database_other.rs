//! A backup of a database must name the container of the server, and the database and the user that it creates. A dump
//! of another database fails or cannot be restored.

use super::created::Cache;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::backup::{Database, Server};
use crate::hir::{Container, Host, Service};
use crate::image::{Kind, Known};
use crate::tree::Node;
use crate::word::listed_keys;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let mut created = Cache::default();
        for saved in service.jobs.iter().filter_map(|job| job.backup()?.source.database()) {
            let Some(container) = saved.container.as_ref().and_then(|id| host.container(id)) else {
                continue;
            };
            let known = container.settings.image.value.known();
            if let Some(other) = known.filter(|known| known.kind != saved.server.kind()) {
                diagnostics.push(not_its_server(saved, container, other, service));
                continue;
            }
            let created = created.of(container, &saved.server);
            if let Some((made, at)) = created.database.as_ref()
                && *made != saved.database.value()
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DatabaseOther,
                        format!(
                            "`{}` does not create the database `{}`",
                            container.name,
                            saved.database.value()
                        ),
                        saved.database.span,
                        "the backup saves this database",
                    )
                    .and(*at, format!("creates `{made}`"))
                    .help(format!("write `database: {made}`")),
                );
            }
            if let Some((made, at)) = created.users.as_ref()
                && !made.contains(&saved.user.value())
            {
                let names: Vec<&str> = made.iter().map(String::as_str).collect();
                diagnostics.push(
                    Diagnostic::new(
                        Code::DatabaseUser,
                        format!("`{}` does not create the user `{}`", container.name, saved.user.value()),
                        saved.user.span,
                        "the backup connects as this user",
                    )
                    .and(*at, format!("creates {} only", listed_keys(&names)))
                    .help(format!("write `user: {}`", made[0])),
                );
            }
        }
    }
}

/// Reports a container that runs another program than the server.
fn not_its_server(saved: &Database, container: &Container, known: &Known, service: &Service) -> Diagnostic {
    let server = &saved.server;
    let is_server =
        |c: &&Container| c.settings.image.value.known().is_some_and(|known| known.kind == server.kind());
    Diagnostic::new(
        Code::JobContainer,
        format!("`{}` does not run {}", container.short, server.name()),
        saved.named,
        format!("{} cannot read its database", server.dump_program()),
    )
    .and(container.settings.image.text.span, format!("this image is {}", known.name))
    .help(match (service.containers.iter().find(is_server), known.kind) {
        (Some(other), _) => format!("write `container: {}`", other.short),
        (None, Kind::Postgres) => format!("write `{}` instead of `{}`", Server::Postgres.key(), server.key()),
        (None, Kind::Mysql) => format!("write `{}` instead of `{}`", Server::Mysql(None).key(), server.key()),
        (None, _) => format!("name the container that runs {}", server.name()),
    })
}
