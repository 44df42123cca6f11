//! Valkey on the host, and the containers that use it.
//!
//! ```yaml
//! valkey: { users: { notes: { password: notes-valkey, keys: ["notes:*"], allow: [read, write, info] } } }
//! services: { notes: { containers: { server: { image: …, uses: { valkey: notes } } } } }
//! ```
//! ```nix
//! services.redis.package = pkgs.valkey;
//! services.redis.servers.valkey = { enable = true; port = 0; settings.aclfile = "/run/valkey-acl/users.acl"; … };
//! systemd.services.valkey-acl.serviceConfig.ExecStart = scripts.renderAcl "/run/valkey-acl/users.acl" [
//!   { name = "default"; }
//!   { name = "notes"; rules = "~notes:* &* -@all +@read +@write -@dangerous +info"; }
//! ];
//! ```
//!
//! The ACL file is rendered at start, because it has the hashes of the passwords. The socket is open to all users of the
//! host: the server asks every client for a name and a password.

use super::connection::{self, SecretVariable, Variable};
use super::context::HostContext;
use super::secret;
use crate::form::AclWord;
use crate::hir::{Container, Host};
use crate::image::ConnectionPart;
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Module, Output, Server};
use crate::script::Script;
use crate::setting::{ReferencedSecret, RenderedPart, Uses, Valkey, ValkeyUser};

/// The server. In NixOS it is `services.redis.servers.valkey`.
const SERVER: Server = Server { name: "valkey", unit: "redis-valkey.service", check: Script::RequireValkey };

/// The folder of the socket (nixpkgs' redis module).
const SOCKETS: &str = Uses::VALKEY_SOCKETS;

const ACL: &str = "/run/valkey-acl/users.acl";

pub(super) fn lower(host: &Host, output: &mut Output) {
    let Some(valkey) = &host.valkey else { return };
    output.servers.push(SERVER);
    let module = output.module("valkey.nix", "valkey");
    let redis = module.config.at(&["services", "redis"]);
    redis.set("package", Expr::code("pkgs.valkey"));
    let server = redis.at(&["servers", SERVER.name]);
    server.set("enable", Expr::Bool(true));
    server.set_with("Only the socket.", "port", Expr::Int(0));
    server.set_with("Every client has to log in.", "unixSocketPerm", Expr::Int(666));
    server.at(&["settings"]).set("aclfile", Expr::str(ACL));
    let unit = module.unit("redis-valkey");
    for list in ["after", "wants", "partOf"] {
        unit.append(list, [Expr::str(format!("{}.service", Valkey::ACL))]);
    }
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let exec = unit.at(&["serviceConfig"]);
    exec.set("RuntimeDirectoryMode", Expr::call("lib.mkForce", [Expr::str("0755")]));
    // A restart would create the folder anew, and a container would keep the old one without a socket.
    exec.set("RuntimeDirectoryPreserve", Expr::Bool(true));
    // It does not start without the ACL, and tries again until the secrets are there.
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("10s"));
    render_acl(valkey, host, module);
}

fn render_acl(valkey: &Valkey, host: &Host, module: &mut Module) {
    let unit = module.unit(Valkey::ACL);
    unit.set("description", Expr::str("Users of Valkey"));
    unit.append("after", secret::units(host).map(Expr::str));
    unit.set_with(
        "A restart also restarts Valkey; a stop and a start would leave it stopped.",
        "stopIfChanged",
        Expr::Bool(false),
    );
    unit.set("startLimitIntervalSec", Expr::Int(0));
    let mut exec = Set::default();
    exec.set("Type", Expr::str("oneshot"));
    exec.set("RemainAfterExit", Expr::Bool(true));
    exec.set("User", Expr::str("redis-valkey"));
    exec.set("RuntimeDirectory", Expr::str("valkey-acl"));
    exec.set("RuntimeDirectoryMode", Expr::str("0700"));
    let admin = valkey.admin.iter().map(|password| (vec![Part::Text("default".into())], password));
    let users = valkey.users.entries.iter().map(|(name, user)| (parts(name), &user.password));
    exec.append(
        "LoadCredential",
        admin.chain(users).map(|(mut credential, password)| {
            credential.push(Part::Text(":".into()));
            credential.extend(secret::credential(password, host));
            Expr::Str(credential)
        }),
    );
    // Only root can read the file of a secret.
    exec.append("ExecStartPre", secret::length_checks(valkey.passwords(), host));
    let mut arguments = vec![Expr::Set(match valkey.admin {
        Some(_) => Set::of([("name", Expr::str("default")), ("rules", Expr::str("~* &* +@all"))]),
        None => Set::of([("name", Expr::str("default"))]),
    })];
    arguments.extend(valkey.users.entries.iter().map(|(name, user)| {
        Expr::Set(Set::of([("name", Expr::text(name)), ("rules", Expr::string(rules(user)))]))
    }));
    exec.set("ExecStart", Expr::run(Script::RenderAcl, [Expr::str(ACL), Expr::List(arguments)]));
    exec.set("Restart", Expr::str("on-failure"));
    exec.set("RestartSec", Expr::str("10s"));
    unit.set("serviceConfig", Expr::Set(exec));
    secret::restarts(Valkey::ACL, valkey.passwords(), host, module);
}

/// The rules of a user. They apply from left to right: the categories first, then the denial of dangerous commands, and the
/// single commands at the end (<https://valkey.io/topics/acl/>).
fn rules(user: &ValkeyUser) -> Vec<Part> {
    let mut rules: Vec<Part> = Vec::new();
    let mut word = |before: &'static str, text: Vec<Part>| {
        let gap = if rules.is_empty() { "" } else { " " };
        rules.push(Part::Text(format!("{gap}{before}").into()));
        rules.extend(text);
    };
    for pattern in &user.keys {
        word("~", parts(&pattern.text));
    }
    for pattern in &user.channels {
        word("&", parts(&pattern.text));
    }
    if user.channels.is_empty() {
        word("&*", Vec::new());
    }
    word("-@all", Vec::new());
    for category in user.allow.iter().filter(|allowed| allowed.value.is_category()) {
        word("+@", parts(&category.text));
    }
    word("-@dangerous", Vec::new());
    for command in user.allow.iter().flat_map(|allowed| AclWord::commands(&allowed.value)) {
        word("+", vec![Part::Text(command.to_owned().into())]);
    }
    rules
}

/// Lowers the user that a container uses.
pub(super) fn lower_uses(container: &Container, context: &HostContext, module: &mut Module) {
    let Some((name, user)) = context.host.valkey_user(container) else { return };
    let value = |part| match part {
        ConnectionPart::Host => Some(Expr::str(format!("{SOCKETS}/redis.sock"))),
        ConnectionPart::User => Some(Expr::text(name)),
        ConnectionPart::Database => user.database.as_ref().map(|number| Expr::text(&number.text)),
        ConnectionPart::Password | ConnectionPart::Url => None,
    };
    connection::lower(SERVER, Some((SOCKETS, SOCKETS)), variables(container), value, container, module);
}

/// The variables of a container with the password of its user.
pub(super) fn secret_variables<'a>(container: &Container, host: &'a Host) -> Vec<SecretVariable<'a>> {
    let Some((_, user)) = host.valkey_user(container) else { return Vec::new() };
    let (name, span) = (user.password.value.as_str(), user.password.text.span);
    let password = variables(container).into_iter().filter(|(_, part)| *part == ConnectionPart::Password);
    let secret = RenderedPart::Secret(ReferencedSecret { name, span, is_encoded: false });
    password.map(|(variable, _)| (variable, name, vec![secret.clone()])).collect()
}

/// The variables that connect the container to the server. Programs have no common ones.
fn variables(container: &Container) -> Vec<Variable> {
    connection::unset(container.settings.image.value.valkey_variables().unwrap_or_default(), container)
}
