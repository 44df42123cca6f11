//! A database image creates its first user on its first start, and stops without a variable that sets the password or
//! allows an empty one (docker-entrypoint.sh of docker-library/postgres, docker-library/mysql and
//! MariaDB/mariadb-docker).

use crate::check::isolation::grants::has_unknown_variables;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::image::FirstPassword;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let settings = &container.settings;
        let Some(row) = settings.image.value.first_password() else { continue };
        if is_unknown(container, row) || set(container).any(|name| is_one_of(&name.value(), row)) {
            continue;
        }
        // The password may be in a part that could not be parsed.
        let unreadable =
            container.unreadable.may_hold(&["environment", "env_file", "secrets", "volumes", "podman_args"]);
        if unreadable {
            continue;
        }
        let variable = row.variables[0];
        let diagnostic = Diagnostic::new(
            Code::FirstPassword,
            format!("`{}` has no password for its first start", container.name),
            settings.image.text.span,
            format!("the container stops at its first start without `{variable}`"),
        );
        let replacement =
            format!("declare a secret, and write `secrets: {{ {variable}: NAME }}` in the container");
        let empty = container.variables().into_iter().find(|(name, _)| is_one_of(&name.value(), row));
        diagnostics.push(
            match set(container).find_map(|name| Some((closest(&name.value(), row)?, name.span))) {
                Some((known, span)) => diagnostic
                    .and(span, "not a variable of this image")
                    .help(format!("did you mean `{known}`?")),
                None => match empty {
                    Some((name, _)) => diagnostic
                        .and(name.span, "is empty")
                        .help(format!("remove this variable, {replacement}")),
                    None => diagnostic.help(replacement),
                },
            },
        );
    }
}

/// True if the file does not show all variables, or the program.
fn is_unknown(container: &Container, row: &FirstPassword) -> bool {
    let settings = &container.settings;
    let is_program = |word: &str| word.starts_with('-') || row.programs.contains(&word);
    let words = settings.command.as_ref().and_then(|command| command.0.first());
    settings.entrypoint.is_some()
        || words.is_some_and(|word| !is_program(&word.value()))
        || has_unknown_variables(container)
        || settings.secrets.0.iter().any(|used| used.variable.is_none())
        || container.volumes.iter().any(|volume| volume.target.value().starts_with(INIT_SCRIPTS))
}

/// The folder whose archives MariaDB restores instead of creating a user.
const INIT_SCRIPTS: &str = "/docker-entrypoint-initdb.d";

/// The names of the variables that are not empty.
fn set(container: &Container) -> impl Iterator<Item = Text> {
    let written = container.variables().into_iter().filter(|(_, value)| !value.value().is_empty());
    let by_secret = container.settings.secrets.0.iter().filter_map(|used| used.variable.as_ref());
    written.map(|(name, _)| name).chain(by_secret.map(|name| name.text.clone()))
}

fn is_one_of(name: &str, row: &FirstPassword) -> bool {
    row.variables.contains(&name.strip_suffix("_FILE").unwrap_or(name))
}

/// The variable that a misspelled name most likely stands for.
fn closest(name: &str, row: &FirstPassword) -> Option<String> {
    let all = row.variables.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_FILE")]);
    all.into_iter().find(|known| strsim::osa_distance(known, name) <= 2)
}
