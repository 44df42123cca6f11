//! A backup of Postgres is one of the database that its container makes.
//!
//! Postgres makes one user and one database when it first starts, which its container names (docker-library,
//! postgres: POSTGRES_USER, POSTGRES_DB). A dump of another one is of nothing, or cannot be restored.

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
                    format!("`{}` is no Postgres", container.short),
                    saved.named,
                    "has no database that pg_dump reads",
                )
                .and(container.settings.image.text.span, format!("this is {}", known.name))
                .help(match service.containers.iter().find(is_postgres) {
                    Some(postgres) => format!("write `container: {}`", postgres.short),
                    None => "name the container that Postgres runs in".to_owned(),
                }),
            );
            continue;
        }
        // Bitnami's image has variables of its own.
        if container.settings.image.value.known().is_some_and(|known| !known.is_official_postgres()) {
            continue;
        }
        let made = |name| variable(container, name);
        let (user, database) = variables
            .entry(&container.name)
            .or_insert_with(|| (made("POSTGRES_USER"), made("POSTGRES_DB")))
            .clone();
        // A variable that is not written has the image's default, which is only known to hold beside another variable
        // of that image.
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
                    format!("`{}` does not make the database `{}`", container.name, saved.database.value()),
                    saved.database.span,
                    "is saved",
                )
                .and(at, format!("makes `{made}`"))
                .help(format!("write `database: {made}`")),
            );
        }
        let has_scripts = container.volumes.iter().any(|v| is_below(&v.target.value(), INIT_SCRIPTS));
        if let Some((made, at)) = made_user.filter(|(made, _)| *made != saved.user.value() && !has_scripts) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DatabaseUser,
                    format!("`{}` does not make the user `{}`", container.name, saved.user.value()),
                    saved.user.span,
                    "connects to save the database",
                )
                .and(at, format!("makes `{made}` alone"))
                .help(format!("write `user: {made}`")),
            );
        }
    }
}

/// The variables with the user and the database.
type Variables = (Result<Option<Text>, ()>, Result<Option<Text>, ()>);

/// A variable of the image of Postgres, or the secret behind one.
fn of_image(container: &Container) -> Option<Text> {
    let written = grants::variables(container).into_iter().map(|(name, _)| name);
    let secrets = container.settings.secrets.0.iter();
    let by_secret = secrets.filter_map(|used| used.variable.as_ref()).map(|name| name.text.clone());
    written.chain(by_secret).find(|name| name.value().starts_with("POSTGRES_"))
}

/// The folder whose scripts the image runs when it makes the database (docker-library, postgres).
const INIT_SCRIPTS: &str = "/docker-entrypoint-initdb.d";

/// A variable as the container's environment has it, if it does. An error where it comes out of a file or a secret,
/// which nobody can read here.
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
