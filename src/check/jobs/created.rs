//! The database, the users and the passwords that the image of a database server creates on its first start, by the
//! variables of its container (docker-entrypoint.sh of docker-library/postgres, docker-library/mysql and
//! MariaDB/mariadb-docker). Several rules use them.

use crate::check::isolation::grants;
use crate::form::SecretName;
use crate::hir::backup::Server;
use crate::hir::{Container, Id};
use crate::image::Kind;
use crate::path::is_below;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The variables of a server's images. In a list, the first one takes precedence.
struct Variables {
    /// The prefixes of all of them.
    prefixes: &'static [&'static str],
    user: &'static [&'static str],
    database: &'static [&'static str],
}

const POSTGRES: Variables =
    Variables { prefixes: &["POSTGRES_"], user: &["POSTGRES_USER"], database: &["POSTGRES_DB"] };

const MYSQL: Variables = Variables {
    prefixes: &["MARIADB_", "MYSQL_"],
    user: &["MARIADB_USER", "MYSQL_USER"],
    database: &["MARIADB_DATABASE", "MYSQL_DATABASE"],
};

/// The user that the images of MariaDB and MySQL always create.
const ROOT: &str = "root";

/// The folder of the scripts that the images run when they create the database.
const INIT_SCRIPTS: &str = "/docker-entrypoint-initdb.d";

/// The database and the users that a container creates, as far as they are certain.
#[derive(Clone, Debug, Default)]
pub(super) struct Created {
    /// The database, and the value that determines it.
    pub(super) database: Option<(String, Span)>,
    /// All users, and the value that determines them. The first one has all privileges.
    pub(super) users: Option<(Vec<String>, Span)>,
}

/// Returns what a container creates for a server.
pub(super) fn created(container: &Container, server: &Server) -> Created {
    // The images of other publishers have other variables.
    if container.settings.image.value.known().is_some_and(|known| !known.is_official_server()) {
        return Created::default();
    }
    let variables = match server.kind() {
        Kind::Mysql => MYSQL,
        _ => POSTGRES,
    };
    let (Ok(user), Ok(database)) =
        (variable(container, variables.user), variable(container, variables.database))
    else {
        return Created::default();
    };
    // A variable that is not set has the image's default. That is certain only if another variable of the same image
    // is set.
    let beside = || user.as_ref().or(database.as_ref()).cloned().or_else(|| of_image(container, &variables));
    let has_scripts = container.volumes.iter().any(|v| is_below(&v.target.value(), INIT_SCRIPTS));
    let made = |text: &Text| (text.value(), text.span);
    match server.kind() {
        Kind::Mysql => Created {
            users: beside().filter(|_| !has_scripts).map(|beside| {
                let users = [ROOT.to_owned()].into_iter().chain(user.as_ref().map(Text::value));
                (users.collect(), user.as_ref().map_or(beside.span, |user| user.span))
            }),
            database: database.as_ref().map(made),
        },
        _ => Created {
            users: beside().filter(|_| !has_scripts).map(|beside| match &user {
                Some(user) => (vec![user.value()], user.span),
                None => (vec!["postgres".to_owned()], beside.span),
            }),
            database: database.as_ref().or(user.as_ref()).map(made),
        },
    }
}

/// The secret from which a container of MariaDB or MySQL takes the password of a user.
pub(super) fn password<'a>(container: &'a Container, user: &str) -> Option<&'a Value<SecretName>> {
    let names: &[&str] = match variable(container, MYSQL.user) {
        _ if user == ROOT => &["MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"],
        Ok(Some(created)) if created.value() == user => &["MARIADB_PASSWORD", "MYSQL_PASSWORD"],
        _ => return None,
    };
    let mut used = container.settings.secrets.0.iter();
    let used = used.find(|used| {
        let variable = used.variable.as_ref().map(|variable| variable.text.value()).unwrap_or_default();
        names.contains(&variable.strip_suffix("_FILE").unwrap_or(&variable))
    });
    used.map(|used| &used.secret)
}

/// A variable of the image, or the secret that sets one.
fn of_image(container: &Container, variables: &Variables) -> Option<Text> {
    let written = container.variables().into_iter().map(|(name, _)| name);
    let secrets = container.settings.secrets.0.iter();
    let by_secret = secrets.filter_map(|used| used.variable.as_ref()).map(|name| name.text.clone());
    let is_own = |name: &Text| variables.prefixes.iter().any(|prefix| name.value().starts_with(prefix));
    written.chain(by_secret).find(is_own)
}

/// The value of the first of several variables that is set in the container's environment. An error if one comes from a
/// file or a secret, which cannot be read here.
fn variable(container: &Container, names: &[&str]) -> Result<Option<Text>, ()> {
    let written = container.variables();
    for name in names {
        if let Some((_, value)) = written.iter().rfind(|(key, _)| key.value() == *name) {
            return Ok(Some(value.clone()));
        }
        let from_file = format!("{name}_FILE");
        let is_file = written.iter().any(|(key, _)| key.value() == from_file);
        let mut secrets = container.settings.secrets.0.iter().filter_map(|used| used.variable.as_ref());
        let is_secret = secrets.any(|v| v.text.value() == *name || v.text.value() == from_file);
        if is_file || is_secret || grants::has_unknown_variables(container) {
            return Err(());
        }
    }
    Ok(None)
}

/// The databases and users that the containers create, computed once for each container and kind of server.
#[derive(Default)]
pub(super) struct Cache<'a>(std::collections::HashMap<(&'a Id<Container>, &'static str), Created>);

impl<'a> Cache<'a> {
    pub(super) fn of(&mut self, container: &'a Container, server: &Server) -> &Created {
        self.0.entry((&container.name, server.key())).or_insert_with(|| created(container, server))
    }
}
