//! In a container `localhost` is the container itself, and not a server in another container.

use std::collections::HashMap;

use crate::check::networks::named_hosts::{Named, named_hosts};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host, Service};
use crate::podman::arguments::{Argument, arguments};
use crate::tree::Node;

/// A kind of server.
struct Server {
    /// The schemes of its addresses.
    schemes: &'static [&'static str],
    /// The endings of the variables that name its host.
    variables: &'static [&'static str],
    /// The last parts of the names of its images.
    images: &'static [&'static str],
}

const SERVERS: &[Server] = &[
    Server {
        schemes: &["postgres", "postgresql"],
        variables: &["POSTGRES_HOST", "PGHOST", "DB_HOST", "DB_HOSTNAME"],
        images: &["pgvecto-rs", "pgvector", "postgis", "postgres", "timescaledb", "timescaledb-ha"],
    },
    Server {
        schemes: &["mysql", "mariadb"],
        variables: &["MYSQL_HOST", "MARIADB_HOST", "DB_HOST", "DB_HOSTNAME"],
        images: &["mariadb", "mysql", "mysql-server", "percona-server"],
    },
    Server {
        schemes: &["redis", "rediss", "valkey"],
        variables: &["REDIS_HOST", "REDIS_HOSTNAME", "VALKEY_HOST"],
        images: &["dragonfly", "keydb", "redis", "redis-stack-server", "valkey"],
    },
    Server {
        schemes: &["mongodb"],
        variables: &["MONGO_HOST", "MONGODB_HOST"],
        images: &["mongo", "mongodb-community-server"],
    },
    Server {
        schemes: &["mqtt", "mqtts"],
        variables: &["MQTT_HOST", "MQTT_SERVER"],
        images: &["eclipse-mosquitto", "emqx", "mosquitto"],
    },
    Server { schemes: &["amqp", "amqps"], variables: &["RABBITMQ_HOST", "AMQP_HOST"], images: &["rabbitmq"] },
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        let siblings = servers(service);
        if siblings.is_empty() {
            continue;
        }
        for container in service.containers.iter().filter(|c| has_own_network(c)) {
            let own = kinds(container);
            for named in named_hosts(container).filter(is_itself) {
                let wanted = SERVERS.iter().enumerate().filter(|(_, server)| is_address_of(server, &named));
                let wanted: Vec<usize> = wanted.map(|(kind, _)| kind).collect();
                if wanted.iter().any(|kind| own.contains(kind)) {
                    continue;
                }
                let Some(sibling) = wanted.iter().find_map(|kind| siblings.get(kind)) else { continue };
                if sibling.shares_network_of.as_ref() != Some(&container.name) {
                    report(container, sibling, &named, diagnostics);
                }
            }
        }
    }
}

fn report(container: &Container, sibling: &Container, named: &Named, diagnostics: &mut Diagnostics) {
    let is_on_own = sibling.networks.iter().any(|n| n.own);
    let name = if is_on_own { &sibling.short } else { sibling.name.as_str() };
    diagnostics.push(
        Diagnostic::new(
            Code::OwnLocalhost,
            format!("`{}` connects to itself instead of `{}`", container.name, sibling.name),
            named.span,
            format!("{} is the container itself", named.host),
        )
        .and(sibling.span, "the server runs in this container")
        .help(format!("write `{name}` instead of {}", named.host)),
    );
}

/// The first server of each kind in a service.
fn servers(service: &Service) -> HashMap<usize, &Container> {
    let mut all = HashMap::new();
    for container in &service.containers {
        for kind in kinds(container) {
            all.entry(kind).or_insert(container);
        }
    }
    all
}

/// The kinds of server that a container runs, as rows of the table.
fn kinds(container: &Container) -> Vec<usize> {
    let image = &container.settings.image.value;
    let name = image.repository.rsplit('/').next().unwrap_or_default();
    let rows = SERVERS.iter().enumerate();
    rows.filter(|(_, server)| server.images.contains(&name)).map(|(kind, _)| kind).collect()
}

/// True if a container shares its network with neither the host nor another container.
fn has_own_network(container: &Container) -> bool {
    let shares = |argument: &Argument| argument.name == "pod" || argument.is_network_mode();
    container.network_mode.is_none() && !arguments(&container.settings.podman_args).iter().any(shares)
}

fn is_itself(named: &Named) -> bool {
    matches!(named.host.as_str(), "localhost" | "127.0.0.1")
}

fn is_address_of(server: &Server, named: &Named) -> bool {
    // `postgresql+asyncpg` and `mysql2` are the libraries of a program.
    let scheme = named.scheme.split('+').next().unwrap_or_default();
    match scheme {
        "" => server.variables.iter().any(|ending| named.variable.ends_with(ending)),
        scheme => server.schemes.contains(&scheme),
    }
}
