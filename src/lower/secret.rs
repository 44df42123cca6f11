//! Secrets, and their use in containers. Each backend has a file of its own for its declarations.
//!
//! ```yaml
//! secrets: { DB_PASSWORD_FILE: db-password }
//! environment: { DB_URL: "postgres://app:${secrets.db-password}@db/app" }
//! ```
//! ```nix
//! environment.DB_PASSWORD_FILE = "/run/secrets/db-password";
//! volumes = [ "${secrets.db-password.path}:/run/secrets/db-password:ro" ];
//! homeserver.secretVariables.DB_URL = [ "postgres://app:" { url = "db-password"; } "@db/app" ];
//! ```
//!
//! A bind-mounted file keeps its old content. agenix restarts nothing, so a unit that reads a secret is restarted when
//! the ciphertext changes. The trigger is a string, which copies only that file into the store; a bare path would
//! change with every commit of a flake. sops-nix restarts the units in `restartUnits` when the content changes.

mod agenix;
mod rules;
mod sops;

use indexmap::IndexSet;

pub(crate) use rules::rules;

use super::context::HostContext;
use super::{container_set, own_set};
use super::{postgres, valkey};
use crate::form::SecretName;
use crate::hir::{Container, Host};
use crate::nix::{Expr, Part, Set, attribute, parts, quoted};
use crate::nixos::{Module, Output, SecretOptions};
use crate::podman::arguments::arguments;
use crate::script::Script;
use crate::setting::{self, EnvFile, RenderedPart, SecretStore, SecretUse, takes_path};
use crate::tree::Text;
use crate::value::Value;

pub(super) fn lower(host: &Host, output: &mut Output) {
    output.secrets = options(host);
    let stores = &host.secret_stores;
    if let Some(agenix) = stores.agenix.as_ref().filter(|_| has_secrets(SecretStore::Agenix, host)) {
        agenix::lower(agenix, host, output);
    }
    if let Some(sops) = stores.sops.as_ref().filter(|_| has_secrets(SecretStore::Sops, host)) {
        sops::lower(sops, host, output);
    }
}

/// True if the store has a secret of the host.
fn has_secrets(store: SecretStore, host: &Host) -> bool {
    host.secrets.values().any(|secret| secret.store == Some(store))
}

/// The options of a store: the set with its `secrets`, and the unit that decrypts them. The unit exists with sysusers or
/// userborn; otherwise the activation of the system decrypts the secrets.
fn options_of(store: SecretStore) -> (&'static str, &'static str) {
    match store {
        SecretStore::Agenix => agenix::OPTIONS,
        SecretStore::Sops => sops::OPTIONS,
    }
}

/// The units that decrypt the secrets of the host.
pub(super) fn units(host: &Host) -> impl Iterator<Item = &'static str> {
    let stores = host.secret_stores.declared().filter(|store| has_secrets(*store, host));
    stores.map(|store| options_of(store).1)
}

fn options(host: &Host) -> SecretOptions {
    let stores: Vec<SecretStore> = host.secret_stores.declared().collect();
    let mut sets = stores.iter().map(|store| Expr::code(format!("{}.secrets", options_of(*store).0)));
    let mut others = Set::default();
    for (name, secret) in &host.secrets {
        let set = others.at(&[name.as_str()]);
        if let Some(path) = &secret.settings.path {
            set.set("name", Expr::str(name.to_string()));
            set.set("path", Expr::str(path.text.value()));
        }
        if let Some(length) = &secret.settings.min_length {
            set.set("minLength", Expr::Int(length.value.0.into()));
        }
    }
    others.0.retain(|_, attribute| !matches!(&attribute.value, Expr::Set(set) if set.is_empty()));
    let first = sets.next();
    let several = sets.next().map(|second| {
        let first = first.clone().unwrap_or(Expr::Null);
        Expr::Infix(Box::new(first), "//", Box::new(second))
    });
    let base = several.clone().or_else(|| first.clone());
    let all = match (base, others.is_empty()) {
        (_, true) => several,
        (None, false) => Some(Expr::Set(others)),
        (Some(base), false) => Some(Expr::call("lib.recursiveUpdate", [base, Expr::Set(others)])),
    };
    // A container of the owner may use secrets of agenix that the file does not declare.
    let agenix_alone = host.secrets.is_empty() && stores.is_empty();
    let of_sops = host.secrets.iter().filter(|(_, secret)| secret.store == Some(SecretStore::Sops));
    SecretOptions {
        set: stores.first().map(|store| options_of(*store).0),
        all,
        units: match agenix_alone {
            true => vec![agenix::OPTIONS.1],
            false => units(host).collect(),
        },
        has_files: agenix_alone || has_secrets(SecretStore::Agenix, host),
        restarted_by_sops: of_sops.map(|(name, _)| name.to_string()).collect(),
    }
}

/// Lowers the secrets that a container uses.
pub(super) fn lower_uses(container: &Container, context: &HostContext, module: &mut Module) {
    let settings = &container.settings;
    // If several files set a variable, the last one applies (podman-run(1), --env-file): the secret.
    for file in &settings.env_file.0 {
        let file = match file {
            EnvFile::Path(path) => Expr::text(&path.text),
            EnvFile::Secret(name) => {
                needed(&name.text.value(), container, module);
                path(name, context.host)
            }
        };
        container_set(module, container).append("environmentFiles", [file]);
    }
    let mut variables = Set::default();
    for used in &settings.secrets.0 {
        let name = used.secret.text.value();
        needed(&name, container, module);
        match &used.variable {
            Some(variable) if !takes_path(&variable.text.value()) => {
                variables.set(variable.text.value(), Expr::str(name))
            }
            _ => mounted(used, container, context.host, module),
        }
    }
    let of_servers = [postgres::secret_variables, valkey::secret_variables];
    for (variable, name, parts) in of_servers.iter().flat_map(|variables| variables(container, context.host))
    {
        needed(name, container, module);
        variables.set(variable, rendered(&parts));
    }
    for (variable, value) in &settings.environment.0 {
        let Some(parts) = setting::rendered(value) else { continue };
        for secret in setting::referenced(value) {
            needed(secret.name, container, module);
        }
        variables.set_named(variable, rendered(&parts));
    }
    if !variables.is_empty() {
        // The unit's RuntimeDirectory exists before its first command runs.
        let file = format!("/run/{}/secrets.env", container.name);
        own_set(module, container).set("secretVariables", Expr::Set(variables));
        match has_later_files(container) {
            false => container_set(module, container).append("environmentFiles", [Expr::str(file)]),
            true => {
                own_set(module, container).append_all("podmanArgs", [Expr::str(format!("--env-file={file}"))])
            }
        }
    }
    if let Some(login) = &settings.login {
        needed(&login.password.text.value(), container, module);
        let login = Set::of([
            ("registry", Expr::text(&login.registry.text)),
            ("username", Expr::text(&login.username)),
            ("passwordFile", path(&login.password, context.host)),
        ]);
        container_set(module, container).set("login", Expr::Set(login));
    }
}

/// True if `podman_args` adds environment files, which Podman reads after the files of NixOS's option. The secret
/// has to override them too.
fn has_later_files(container: &Container) -> bool {
    arguments(&container.settings.podman_args).iter().any(|argument| argument.name == "env-file")
}

/// The path of the decrypted file.
pub(super) fn path(name: &Value<SecretName>, host: &Host) -> Expr {
    Expr::string(path_parts(&name.text.value(), host))
}

/// The path of the decrypted file, as the parts of a string.
pub(super) fn path_parts(name: &str, host: &Host) -> Vec<Part> {
    match host.secrets.get(name).and_then(|secret| secret.settings.path.as_ref()) {
        Some(path) => parts(&path.text),
        None => vec![Part::expr(Expr::code(format!("{}.path", selection(name, host))))],
    }
}

/// The path of the decrypted file in `LoadCredential=`, in which systemd expands `%` (systemd.exec(5)).
pub(super) fn credential(name: &Value<SecretName>, host: &Host) -> Vec<Part> {
    match host.secret(name).and_then(|secret| secret.settings.path.as_ref()) {
        Some(path) => vec![Part::Text(path.text.value().replace('%', "%%").into())],
        None => path_parts(&name.text.value(), host),
    }
}

/// The set with the `name` and the `path` of a secret, for a script that checks it.
pub(super) fn set(name: &Value<SecretName>, host: &Host) -> Expr {
    let name = name.text.value();
    let settings = host.secrets.get(name.as_str()).map(|secret| &secret.settings);
    let set = match settings.and_then(|settings| settings.path.as_ref()) {
        Some(path) => Expr::Set(Set::of([("name", Expr::str(name)), ("path", Expr::text(&path.text))])),
        None => Expr::code(selection(&name, host)),
    };
    match settings.and_then(|settings| settings.min_length.as_ref()) {
        Some(length) => {
            let more = Set::of([("minLength", Expr::typed(&length.text))]);
            Expr::Infix(Box::new(set), "//", Box::new(Expr::Set(more)))
        }
        None => set,
    }
}

/// Commands that check the minimum lengths of secrets, as root.
pub(super) fn length_checks<'a>(
    names: impl Iterator<Item = &'a Value<SecretName>>,
    host: &Host,
) -> impl Iterator<Item = Expr> {
    let is_limited = |name: &&Value<SecretName>| {
        host.secret(name).is_some_and(|secret| secret.settings.min_length.is_some())
    };
    names.filter(is_limited).map(|name| {
        let check = Expr::run(Script::RequireSecret, [set(name, host)]);
        Expr::Infix(Box::new(Expr::str("+")), "+", Box::new(check))
    })
}

/// The selection of a secret's set: `secrets.NAME` in the first store, which modules inherit.
fn selection(name: &str, host: &Host) -> String {
    let store = host.secrets.get(name).and_then(|secret| secret.store);
    match store.filter(|store| host.secret_stores.declared().next() != Some(*store)) {
        Some(other) => format!("{}.secrets.{}", options_of(other).0, attribute(name)),
        None => format!("secrets.{}", attribute(name)),
    }
}

/// Restarts a unit when the content of a secret that it keeps in memory changes. containers.nix does this for containers.
pub(super) fn restarts<'a>(
    unit: &str,
    names: impl Iterator<Item = &'a Value<SecretName>>,
    host: &Host,
    module: &mut Module,
) {
    let names: IndexSet<String> = names.map(|name| name.text.value()).collect();
    for name in names {
        match host.secrets.get(name.as_str()).and_then(|secret| secret.store) {
            Some(SecretStore::Agenix) => {
                let file = Expr::Str(vec![Part::Code(format!("{}.file", selection(&name, host)).into())]);
                module.unit(unit).append("restartTriggers", [file]);
            }
            Some(SecretStore::Sops) => {
                let secret = module.config.at(&["sops", "secrets", &name]);
                secret.append("restartUnits", [Expr::str(format!("{unit}.service"))]);
            }
            // Nothing shows the change.
            None => {}
        }
    }
}

/// Adds a secret that the container needs before its start.
pub(super) fn needed(name: &str, container: &Container, module: &mut Module) {
    own_set(module, container).append("secrets", [Expr::str(name.to_owned())]);
}

/// A rendered text in the form that containers.nix takes: the name of a secret, or the parts of a text.
fn rendered(parts: &[RenderedPart]) -> Expr {
    if let [RenderedPart::Secret(secret)] = parts {
        return Expr::str(secret.name.to_owned());
    }
    let part = |part: &RenderedPart| match part {
        RenderedPart::Text(text) => Expr::text(text),
        RenderedPart::Secret(secret) => {
            let kind = if secret.is_encoded { "url" } else { "secret" };
            Expr::code(format!("{{ {kind} = {}; }}", quoted(secret.name)))
        }
    };
    Expr::List(parts.iter().map(part).collect())
}

fn mounted(used: &SecretUse, container: &Container, host: &Host, module: &mut Module) {
    let name = used.secret.text.value();
    let target = used
        .target
        .as_ref()
        .map_or_else(|| Text::literal(format!("/run/secrets/{name}"), used.span), |t| t.text.clone());
    let mut volume = path_parts(&name, host);
    volume.push(Part::Text(":".into()));
    volume.extend(parts(&target));
    volume.push(Part::Text(":ro".into()));
    let set = container_set(module, container);
    set.append("volumes", [Expr::Str(volume)]);
    if let Some(variable) = &used.variable {
        set.at(&["environment"]).set(variable.text.value(), Expr::text(&target));
    }
}
