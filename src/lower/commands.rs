//! The command `homeserver`.
//!
//! ```yaml
//! podman: { commands: true }
//! ```
//! ```nix
//! environment.systemPackages = [ (scripts.homeserver { CONTAINERS = "notes notes-server - docker.io/example/notes:1"; … }) ];
//! ```
//!
//! Each parameter is a list of the file's parts, one a line. Of a password, only the path is in the Nix store.

use std::collections::HashMap;

use super::secret;
use crate::hir::{Container, Host, Service};
use crate::image::Kind;
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::Output;
use crate::script::Script;
use crate::setting::PullPolicy;
use crate::tree::Text;

/// One line of a parameter.
type Line = Vec<Part>;

pub(super) fn lower(host: &Host, output: &mut Output) {
    if !host.podman.as_ref().is_some_and(|podman| podman.commands.value) {
        return;
    }
    let mut parameters = Set::of([("CONTAINERS", Expr::Lines(members(host)))]);
    if let Some(postgres) = &host.postgres {
        let names = postgres.databases.entries.iter().map(|(name, _)| (name, None));
        parameters.set("DATABASES", used(names, Container::used_database, host));
    }
    if let Some(valkey) = &host.valkey {
        let names = valkey.users.entries.iter();
        let names = names.map(|(name, user)| (name, user.database.as_ref().map(|number| &number.text)));
        parameters.set("VALKEY_USERS", used(names, |c| c.uses.valkey.as_ref(), host));
    }
    let passwords = passwords(host);
    if !passwords.is_empty() {
        parameters.set("PASSWORDS", Expr::Lines(passwords));
    }
    let module = output.module("podman.nix", "podman");
    let command = Expr::run(Script::Homeserver, [Expr::Set(parameters)]);
    module.config.at(&["environment"]).append("systemPackages", [command]);
}

fn containers(host: &Host) -> impl Iterator<Item = (&Service, &Container)> {
    host.services.iter().flat_map(|service| service.containers.iter().map(move |c| (service, c)))
}

/// The containers and the units of NixOS of each service.
fn members(host: &Host) -> Vec<Line> {
    let of_service = |service: &Service| {
        let containers = service.containers.iter().map(|own| container((service, own)));
        let units = service.native.names().map(|unit| literal(&format!("{} {unit} unit -", service.name)));
        containers.chain(units).collect::<Vec<_>>()
    };
    host.services.iter().flat_map(of_service).collect()
}

/// The service, the container, the kind and the image.
fn container((service, container): (&Service, &Container)) -> Line {
    let kind = match container.settings.image.value.known().map(|known| known.kind) {
        Some(Kind::Postgres) => "postgres",
        // Redis and Valkey are the only images of this kind.
        Some(Kind::Cache) => "valkey",
        _ => "-",
    };
    let mut line = literal(&format!("{} {} {kind} ", service.name, container.name));
    match container.settings.pull_policy {
        PullPolicy::Never => line.extend(literal("-")),
        _ => line.extend(parts(&container.settings.image.text)),
    }
    line
}

/// The names of a server of the host: each with the service and the name of a container that uses it, or two hyphens, and
/// with its number, if it has one.
fn used<'a>(
    names: impl Iterator<Item = (&'a Text, Option<&'a Text>)>,
    name_of: fn(&Container) -> Option<&Text>,
    host: &Host,
) -> Expr {
    let mut users: HashMap<String, Vec<String>> = HashMap::new();
    for (service, container) in containers(host) {
        if let Some(name) = name_of(container) {
            users.entry(name.value()).or_default().push(format!(" {} {}", service.name, container.name));
        }
    }
    let mut lines: Vec<Line> = Vec::new();
    for (name, number) in names {
        let mut line = |user: String| {
            let mut line = parts(name);
            line.extend(literal(&user));
            if let Some(number) = number {
                line.extend(literal(" "));
                line.extend(parts(number));
            }
            lines.push(line);
        };
        match users.remove(&name.value()) {
            None => line(" - -".to_owned()),
            Some(users) => users.into_iter().for_each(line),
        }
    }
    Expr::Lines(lines)
}

/// The passwords: the kind of the owner and its name, the variable, and the path.
fn passwords(host: &Host) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |kind: &str, name: Line, variable: &str, path: Line| {
        let line = [literal(&format!("{kind} ")), name, literal(&format!(" {variable} ")), path];
        lines.push(line.concat());
    };
    for (_, container) in containers(host) {
        let known = container.settings.image.value.known();
        if !known.is_some_and(|known| matches!(known.kind, Kind::Postgres | Kind::Mysql)) {
            continue;
        }
        for used in &container.settings.secrets.0 {
            let Some(variable) = &used.variable else { continue };
            let variable = variable.text.value();
            let variable = variable.strip_suffix("_FILE").unwrap_or(&variable);
            if variable.ends_with("PASSWORD") {
                let path = secret::path_parts(&used.secret.text.value(), host);
                add("container", literal(container.name.as_str()), variable, path);
            }
        }
    }
    let databases = host.postgres.iter().flat_map(|postgres| &postgres.databases.entries);
    for (name, password) in databases.filter_map(|(name, database)| Some((name, database.password.as_ref()?)))
    {
        add("database", parts(name), "-", secret::path_parts(&password.text.value(), host));
    }
    if let Some(valkey) = &host.valkey {
        let admin = valkey.admin.iter().map(|password| (literal("default"), password));
        let users = valkey.users.entries.iter().map(|(name, user)| (parts(name), &user.password));
        for (name, password) in admin.chain(users) {
            add("valkey", name, "-", secret::path_parts(&password.text.value(), host));
        }
    }
    lines
}

fn literal(text: &str) -> Line {
    vec![Part::Text(text.to_owned().into())]
}
