//! A Postgres backup must name the database and the user that the container creates.
//!
//! The image creates one user and one database on its first start, by the variables POSTGRES_USER and POSTGRES_DB
//! (docker-library, postgres). A dump of another database fails or cannot be restored.

use std::collections::HashMap;

use crate::check::isolation::grants;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Id, Service};
use crate::image::Kind;
use crate::path::is_below;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        of_service(service, host, diagnostics);
    }
}

fn of_service(service: &Service, host: &Host, diagnostics: &mut Diagnostics) {
    let mut variables: HashMap<&Id<Container>, Variables> = HashMap::new();
    for saved in service.jobs.iter().filter_map(|job| job.backup()?.source.database()) {
        let Some(container) = saved.container.as_ref().and_then(|id| host.container(id)) else { continue };
        if let Some(known) = container.settings.image.value.known()
            && known.kind != Kind::Postgres
        {
            let is_postgres = |c: &&Container| {
                c.settings.image.value.known().is_some_and(|known| known.kind == Kind::Postgres)
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::JobContainer,
                    format!("`{}` does not run Postgres", container.short),
                    saved.named,
                    "pg_dump cannot read its database",
                )
                .and(container.settings.image.text.span, format!("this image is {}", known.name))
                .help(match service.containers.iter().find(is_postgres) {
                    Some(postgres) => format!("write `container: {}`", postgres.short),
                    None => "name the container that runs Postgres".to_owned(),
                }),
            );
            continue;
        }
        // Bitnami's image has other variables.
        if container.settings.image.value.known().is_some_and(|known| !known.is_official_postgres()) {
            continue;
        }
        let made = |name| variable(container, name);
        let (user, database) = variables
            .entry(&container.name)
            .or_insert_with(|| (made("POSTGRES_USER"), made("POSTGRES_DB")))
            .clone();
        // A variable that is not set has the image's default. That is certain only if another variable of the same
        // image is set.
        let made_by = |own: Option<&Text>, otherwise: Option<(String, Text)>| match own {
            Some(text) => Some((text.value(), text.span)),
            None => otherwise.map(|(value, beside)| (value, beside.span)),
        };
        let (Ok(user), Ok(database)) = (user, database) else { continue };
        let beside = database.clone().or_else(|| of_image(container));
        let made_user = made_by(user.as_ref(), beside.map(|beside| ("postgres".to_owned(), beside)));
        let made_database = made_by(database.as_ref(), user.clone().map(|user| (user.value(), user)));
        if let Some((made, at)) = made_database.filter(|(made, _)| *made != saved.database.value()) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DatabaseOther,
                    format!("`{}` does not create the database `{}`", container.name, saved.database.value()),
                    saved.database.span,
                    "the backup saves this database",
                )
                .and(at, format!("creates `{made}`"))
                .help(format!("write `database: {made}`")),
            );
        }
        let has_scripts = container.volumes.iter().any(|v| is_below(&v.target.value(), INIT_SCRIPTS));
        if let Some((made, at)) = made_user.filter(|(made, _)| *made != saved.user.value() && !has_scripts) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DatabaseUser,
                    format!("`{}` does not create the user `{}`", container.name, saved.user.value()),
                    saved.user.span,
                    "the backup connects as this user",
                )
                .and(at, format!("creates `{made}` only"))
                .help(format!("write `user: {made}`")),
            );
        }
    }
}

/// The variables of the user and the database.
type Variables = (Result<Option<Text>, ()>, Result<Option<Text>, ()>);

/// A variable of the Postgres image, or the secret that sets one.
fn of_image(container: &Container) -> Option<Text> {
    let written = grants::variables(container).into_iter().map(|(name, _)| name);
    let secrets = container.settings.secrets.0.iter();
    let by_secret = secrets.filter_map(|used| used.variable.as_ref()).map(|name| name.text.clone());
    written.chain(by_secret).find(|name| name.value().starts_with("POSTGRES_"))
}

/// The folder of the scripts that the image runs when it creates the database (docker-library, postgres).
const INIT_SCRIPTS: &str = "/docker-entrypoint-initdb.d";

/// The value of a variable in the container's environment, if it is set. An error if it comes from a file or a secret,
/// which cannot be read here.
fn variable(container: &Container, name: &str) -> Result<Option<Text>, ()> {
    let written = grants::variables(container);
    if let Some((_, value)) = written.iter().rfind(|(key, _)| key.value() == name) {
        return Ok(Some(value.clone()));
    }
    let from_file = format!("{name}_FILE");
    let is_file = written.iter().any(|(key, _)| key.value() == from_file);
    let is_secret = container.settings.secrets.0.iter().filter_map(|used| used.variable.as_ref());
    let is_secret = is_secret.map(|v| v.text.value()).any(|v| v == name || v == from_file);
    if is_file || is_secret || grants::has_unknown_variables(container) { Err(()) } else { Ok(None) }
}
