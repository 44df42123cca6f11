//! Postgres on the host, and the containers that use it.
//!
//! ```yaml
//! postgres: { version: 17, databases: { notes: { password: notes-db, extensions: [vector] } } }
//! services: { notes: { containers: { server: { image: …, uses: { postgres: notes } } } } }
//! ```
//! ```nix
//! services.postgresql = { enable = true; package = pkgs.postgresql_17; ensureDatabases = [ "notes" ]; … };
//! systemd.services.postgres-databases.serviceConfig.ExecStart = [ (scripts.setUpDatabase "notes" [ "vector" ]) ];
//! virtualisation.oci-containers.containers.notes-server = {
//!   environment.PGHOST = "/run/postgresql";
//!   volumes = [ "/run/postgres-containers:/run/postgresql:ro" ];
//!   homeserver.servers = [ "postgres" ];
//!   homeserver.secretVariables.PGPASSWORD = "notes-db";
//! };
//! ```
//!
//! With `uses: { postgres: { database: notes, over: tcp } }` on a network with the subnet 172.20.0.0/16:
//!
//! ```nix
//! services.postgresql.settings.listen_addresses = lib.mkForce "localhost,172.20.0.1";
//! services.postgresql.authentication = "host \"notes\" \"notes\" 172.20.0.0/16 scram-sha-256";
//! boot.kernel.sysctl."net.ipv4.ip_nonlocal_bind" = 1;
//! networking.firewall.interfaces.br-notes.allowedTCPPorts = [ 5432 ];
//! virtualisation.oci-containers.containers.notes-server.environment.PGHOST = "172.20.0.1";
//! ```
//!
//! With a backup of a database:
//!
//! ```nix
//! services.postgresql.authentication = "local all \"homegen_trial\",\"homegen_restore\" peer map=homegen";
//! services.postgresql.identMap = "homegen postgres homegen_trial\nhomegen postgres homegen_restore";
//! ```
//!
//! The role of a database belongs to the container, so it may do nothing else in the server: it is no superuser, and no
//! other role may connect to its database.
//!
//! A container that runs as root can take the user ID of `postgres`, and Postgres would let it log in as the superuser: the
//! kernel reports the ID of the client of a socket (`peer` in pg_hba.conf). So a container gets another socket, from which a
//! process with an ID of its own forwards to Postgres:
//!
//! ```nix
//! systemd.sockets.postgres-containers.socketConfig.ListenStream = "/run/postgres-containers/.s.PGSQL.5432";
//! ```

use std::collections::HashSet;

use super::connection::{self, SecretVariable, Variable};
use super::context::HostContext;
use super::secret;
use crate::form::DatabaseName;
use crate::hir::{Container, Gateway, Host};
use crate::image::ConnectionPart;
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::{Module, Output, Server};
use crate::script::Script;
use crate::setting::{Database, Postgres, ReferencedSecret, RenderedPart, Uses};
use crate::tree::Text;

/// The folder of the socket (`unix_socket_directories` of nixpkgs' postgresql, and of Debian's).
pub(super) const SOCKETS: &str = Uses::POSTGRES_SOCKETS;

/// The superuser, and the system user that it logs in as (nixpkgs' postgresql: `superUser`, `identMap`).
pub(super) const SUPERUSER: &str = "postgres";

/// The unit that is active once NixOS has created the databases and the roles.
pub(super) const STARTED: &str = "postgresql.target";

/// The unit that forwards connections of containers to Postgres, and the folder of its socket.
const FORWARDER: &str = "postgres-containers";
const FORWARDED_SOCKETS: &str = "/run/postgres-containers";

const SERVER: Server =
    Server { name: "postgres", unit: "postgres-databases.service", check: Script::RequirePostgres };

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(postgres) = &host.postgres else { return };
    output.servers.push(SERVER);
    let module = output.module("postgres.nix", "postgres");
    let server = module.config.at(&["services", "postgresql"]);
    server.set("enable", Expr::Bool(true));
    server.set("package", Expr::code(format!("pkgs.postgresql_{}", postgres.version.value.0)));
    let databases = &postgres.databases.entries;
    server.append("ensureDatabases", databases.iter().map(|(name, _)| Expr::text(name)));
    server.append(
        "ensureUsers",
        databases.iter().map(|(name, _)| {
            Expr::Set(Set::of([("name", Expr::text(name)), ("ensureDBOwnership", Expr::Bool(true))]))
        }),
    );
    let extensions = || databases.iter().flat_map(|(_, database)| &database.extensions);
    let mut packages: Vec<&str> = extensions().flat_map(|extension| extension.value.packages()).collect();
    packages.sort_unstable();
    packages.dedup();
    if !packages.is_empty() {
        let packages =
            packages.iter().map(|package| format!("ps.{}", attribute(package))).collect::<Vec<_>>();
        server.set("extensions", Expr::code(format!("ps: [ {} ]", packages.join(" "))));
    }
    let mut libraries: Vec<&str> = extensions().filter_map(|extension| extension.value.library()).collect();
    libraries.sort_unstable();
    libraries.dedup();
    if !libraries.is_empty() {
        let libraries = libraries.into_iter().map(Expr::str).collect();
        server.at(&["settings"]).set("shared_preload_libraries", Expr::List(libraries));
    }
    let with_password = |(_, database): &&(Text, Database)| database.password.is_some();
    let mut lines: Vec<Vec<Part>> =
        databases.iter().filter(with_password).map(|(name, _)| access("local", name, None)).collect();
    let tcp: Vec<(&Text, Gateway)> = host
        .containers()
        .filter_map(|container| Some((host.database(container)?.0, gateway(container, host)?)))
        .collect();
    let mut seen = HashSet::new();
    let is_new = |(name, gateway): &&(&Text, Gateway)| seen.insert((name.value(), gateway.subnet.value()));
    lines.extend(tcp.iter().filter(is_new).map(|(name, gateway)| access("host", name, Some(gateway.subnet))));
    if host.backups().any(|(_, backup)| backup.source.host_database().is_some()) {
        let [trial, restore] = DatabaseName::LOADERS;
        lines.push(vec![Part::Text(format!("local all \"{trial}\",\"{restore}\" peer map=homegen").into())]);
        let map = [trial, restore].map(|role| vec![Part::Text(format!("homegen {SUPERUSER} {role}").into())]);
        server.set_with(
            "A backup and a restore log in as these roles from the system user of Postgres.",
            "identMap",
            Expr::Lines(map.into()),
        );
    }
    if !lines.is_empty() {
        server.set_with(
            "The first matching line applies. The lines of NixOS, which follow, would ask for a system user.",
            "authentication",
            Expr::Lines(lines),
        );
    }
    listen(&tcp, module);
    set_up(postgres, host, module);
    if host.containers().any(|container| uses_socket(container, host)) {
        forward(module);
    }
}

/// True if a container connects to the socket.
fn uses_socket(container: &Container, host: &Host) -> bool {
    host.database(container).is_some() && gateway(container, host).is_none()
}

/// Forwards the connections of containers to Postgres. The socket stays while Postgres restarts.
fn forward(module: &mut Module) {
    let description = || Expr::str("Connections of containers to Postgres");
    let socket = module.config.at(&["systemd", "sockets", FORWARDER]);
    socket.set("description", description());
    socket.append("wantedBy", [Expr::str("sockets.target")]);
    let listen = format!("{FORWARDED_SOCKETS}/.s.PGSQL.{}", Postgres::PORT);
    socket.at(&["socketConfig"]).set("ListenStream", Expr::str(listen));
    let unit = module.unit(FORWARDER);
    unit.set("description", description());
    unit.append("after", [Expr::str("postgresql.service")]);
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let exec = unit.at(&["serviceConfig"]);
    let program = Part::expr(Expr::code("config.systemd.package"));
    let arguments = format!("/lib/systemd/systemd-socket-proxyd {SOCKETS}/.s.PGSQL.{}", Postgres::PORT);
    exec.set("ExecStart", Expr::Str(vec![program, Part::Text(arguments.into())]));
    exec.set("DynamicUser", Expr::Bool(true));
    exec.set("PrivateNetwork", Expr::Bool(true));
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("1s"));
}

/// The line of pg_hba.conf that lets a role connect to its database with a password, from a subnet or through the socket.
fn access(kind: &'static str, name: &Text, subnet: Option<&Text>) -> Vec<Part> {
    // Quotes keep a name from being a keyword.
    let mut line = vec![Part::Text(format!("{kind} \"").into())];
    line.extend(parts(name));
    line.push(Part::Text("\" \"".into()));
    line.extend(parts(name));
    line.push(Part::Text("\" ".into()));
    if let Some(subnet) = subnet {
        line.extend(parts(subnet));
        line.push(Part::Text(" ".into()));
    }
    line.push(Part::Text("scram-sha-256".into()));
    line
}

/// Listens on the gateways of the networks whose containers connect over TCP, and opens the port on their bridges.
fn listen(tcp: &[(&Text, Gateway)], module: &mut Module) {
    if tcp.is_empty() {
        return;
    }
    let mut addresses: Vec<Part> = vec![Part::Text("localhost".into())];
    let mut seen = HashSet::new();
    for gateway in tcp.iter().map(|(_, gateway)| gateway) {
        if !seen.insert(&gateway.network.name) {
            continue;
        }
        addresses.push(Part::Text(",".into()));
        addresses.extend(parts(&gateway.address));
        let interfaces = module.config.at(&["networking", "firewall", "interfaces"]);
        let mut open = Set::default();
        open.append("allowedTCPPorts", [Expr::Int(i64::from(Postgres::PORT))]);
        interfaces.set_named(&gateway.network.interface, Expr::Set(open));
    }
    let server = module.config.at(&["services", "postgresql"]);
    // NixOS sets `localhost` without a priority of its own.
    let addresses = Expr::call("lib.mkForce", [Expr::Str(addresses)]);
    server.at(&["settings"]).set("listen_addresses", addresses);
    module.config.at(&["boot", "kernel", "sysctl"]).set_with(
        "Postgres listens on the address of a bridge, which exists only while a container is on the network.",
        "net.ipv4.ip_nonlocal_bind",
        Expr::Int(1),
    );
    module.unit("postgresql").append("after", [Expr::str("systemd-sysctl.service")]);
}

/// The host on the network over which a container connects to its database. `None` if it connects to the socket.
fn gateway<'a>(container: &Container, host: &'a Host) -> Option<Gateway<'a>> {
    container.uses_postgres_over_tcp().then(|| host.gateway(container))?
}

/// The unit that sets passwords and extensions. It runs as Postgres' superuser.
fn set_up(postgres: &Postgres, host: &Host, module: &mut Module) {
    let databases = &postgres.databases.entries;
    if databases.is_empty() {
        return;
    }
    let passwords =
        || databases.iter().filter_map(|(name, database)| Some((name, database.password.as_ref()?)));
    let unit = module.unit(Postgres::SET_UP);
    unit.set("description", Expr::str("Passwords and extensions of the databases"));
    unit.append("wantedBy", [Expr::str("multi-user.target")]);
    unit.append("after", [Expr::str(STARTED)]);
    if passwords().next().is_some() {
        unit.append("after", secret::units(host).map(Expr::str));
    }
    unit.append("wants", [Expr::str(STARTED)]);
    // Containers wait for this unit.
    if host.containers().any(|container| uses_socket(container, host)) {
        let socket = format!("{FORWARDER}.socket");
        unit.append("after", [Expr::str(socket.clone())]);
        unit.append("wants", [Expr::str(socket)]);
    }
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let mut exec = Set::default();
    exec.set("Type", Expr::str("oneshot"));
    exec.set("RemainAfterExit", Expr::Bool(true));
    exec.set("User", Expr::str(SUPERUSER));
    exec.append(
        "LoadCredential",
        passwords().map(|(name, password)| {
            let mut credential = parts(name);
            credential.push(Part::Text(":".into()));
            credential.extend(secret::credential(password, host));
            Expr::Str(credential)
        }),
    );
    // Only root can read the file of a secret.
    exec.append("ExecStartPre", secret::length_checks(passwords().map(|(_, password)| password), host));
    exec.append(
        "ExecStart",
        databases.iter().map(|(name, database)| {
            let extensions =
                database.extensions.iter().map(|extension| Expr::text(&extension.text)).collect();
            Expr::run(Script::SetUpDatabase, [Expr::text(name), Expr::List(extensions)])
        }),
    );
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("10s"));
    unit.set("serviceConfig", Expr::Set(exec));
    secret::restarts(Postgres::SET_UP, passwords().map(|(_, password)| password), host, module);
}

/// Lowers the database that a container uses.
pub(super) fn lower_uses(container: &Container, context: &HostContext, module: &mut Module) {
    let Some((name, _)) = context.host.database(container) else { return };
    let value = |part| match part {
        ConnectionPart::Host => Some(match gateway(container, context.host) {
            Some(gateway) => Expr::text(&gateway.address),
            None => Expr::str(SOCKETS),
        }),
        ConnectionPart::User | ConnectionPart::Database => Some(Expr::text(name)),
        ConnectionPart::Password | ConnectionPart::Url => None,
    };
    let sockets = uses_socket(container, context.host).then_some((FORWARDED_SOCKETS, SOCKETS));
    connection::lower(SERVER, sockets, variables(container), value, container, module);
}

/// The variables of a container with the password of its database, and their values.
pub(super) fn secret_variables<'a>(container: &Container, host: &'a Host) -> Vec<SecretVariable<'a>> {
    let Some((name, database)) = host.database(container) else { return Vec::new() };
    let Some(password) = &database.password else { return Vec::new() };
    let secret = |is_encoded| {
        RenderedPart::Secret(ReferencedSecret {
            name: password.value.as_str(),
            span: password.text.span,
            is_encoded,
        })
    };
    let text = |pieces: [Text; 3]| RenderedPart::Text(Text::join(&pieces, "", name.span));
    let literal = |text: &str| Text::literal(text, name.span);
    let gateway = gateway(container, host);
    let all = variables(container).into_iter().filter_map(|(variable, part)| {
        let parts = match part {
            ConnectionPart::Password => vec![secret(false)],
            ConnectionPart::Url => vec![
                text([literal("postgresql://"), name.clone(), literal(":")]),
                secret(true),
                match &gateway {
                    Some(gateway) => {
                        let start = Text::join(&[literal("@"), gateway.address.clone()], "", name.span);
                        text([start, literal("/"), name.clone()])
                    }
                    None => text([literal("@/"), name.clone(), literal(&format!("?host={SOCKETS}"))]),
                },
            ],
            ConnectionPart::Host | ConnectionPart::User | ConnectionPart::Database => return None,
        };
        Some((variable, password.value.as_str(), parts))
    });
    all.collect()
}

/// The variables that connect the container to its database. The default are those of libpq
/// (<https://www.postgresql.org/docs/current/libpq-envars.html>).
fn variables(container: &Container) -> Vec<Variable> {
    let of_image = container.settings.image.value.postgres_variables();
    let all = of_image.unwrap_or(&[
        ("PGHOST", ConnectionPart::Host),
        ("PGUSER", ConnectionPart::User),
        ("PGDATABASE", ConnectionPart::Database),
        ("PGPASSWORD", ConnectionPart::Password),
    ]);
    connection::unset(all, container)
}
