//! Pass: [`ast`](crate::ast) → [`hir`](crate::hir). Gives names, follows references between services,
//! and says where one leads nowhere.

mod allow;
mod client;
mod container;
mod folder;
mod job;
mod name;
mod network;
mod notify;
mod previous;
mod site;

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::SecretName;
use crate::hir::{Front, Host, Secret, SecretBackend, Service, WrongSecret};
use crate::setting;
use crate::source::{SourceId, Span};
use crate::surroundings::Surroundings;
use crate::tree::{Node, Step, Target, Text};
use crate::value::Value;

/// Links a file with what stands around it. `parameters` are the arguments of each service's preset.
pub fn link(
    file: ast::File,
    mut parameters: HashMap<String, IndexMap<String, Node>>,
    surroundings: &Surroundings,
    diagnostics: &mut Diagnostics,
) -> Host {
    if file.homegen.value != 1 {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("version {} of the language does not exist", file.homegen.value),
                file.homegen.text.span,
                "unknown version",
            )
            .help("write `homegen: 1`"),
        );
    }
    let accepted = allow::link(&file);
    notify::check(&file, diagnostics);
    let secrets: IndexMap<String, Secret> = file
        .secrets
        .entries
        .into_iter()
        .map(|(name, declared)| {
            name::check_secret(&name, diagnostics);
            let secret = Secret {
                file: declared
                    .file
                    .clone()
                    .unwrap_or_else(|| Text::literal(SecretBackend::file(&name.value()), name.span)),
                settings: declared,
                span: name.span,
                file_is_missing: false,
            };
            (name.value(), secret)
        })
        .collect();
    let networks: Vec<_> = file
        .networks
        .entries
        .into_iter()
        .map(|(name, declared)| network::shared(&name, declared, diagnostics))
        .collect();
    let mut services = Vec::with_capacity(file.services.entries.len());
    let mut jobs = Vec::with_capacity(file.services.entries.len());
    for (name, mut declared) in file.services.entries {
        name::check_service(&name, diagnostics);
        jobs.push(job::Declared::take(&mut declared));
        let arguments = parameters.remove(&name.value()).unwrap_or_default();
        services.push((name, declared, arguments.into_iter().collect::<Vec<_>>()));
    }
    let tailscale = file.tailscale;
    let (linked, sites) = container::link(services, &networks, tailscale.as_ref(), diagnostics);
    let has_containers = linked.iter().any(|service| !service.containers.is_empty());
    let mut host = Host {
        unread: file.unread,
        machine: file.host,
        constants: file.constants.map(|c| c.0),
        tailscale,
        front: None,
        secret_backend: file.agenix.map(SecretBackend::Agenix),
        secrets,
        wrong_secrets: Vec::new(),
        notify: file.notify,
        podman: file.podman.or_else(|| has_containers.then(|| setting::Podman::nothing(file.span))),
        networks,
        services: linked,
        jobs: Vec::new(),
        clients: Vec::new(),
        nixos: file.nixos.map(|n| n.0),
        accepted,
        last_build: surroundings.last_build.cloned(),
    };
    let tailnet = host.tailscale.as_ref().map(|t| t.address.text.value());
    host.front = site::link(file.caddy, tailnet.as_deref(), sites, &mut host.services, diagnostics);
    folder::link(&mut host);
    job::link(jobs, file.smoke_test, &mut host, diagnostics);
    client::link(file.clients, &mut host, diagnostics);
    look_around(&mut host, surroundings);
    name::check_unique(&host, diagnostics);
    host.wrong_secrets = check_secrets(&host, diagnostics);
    host
}

/// Notes what is missing around the file, and what was there before.
fn look_around(host: &mut Host, surroundings: &Surroundings) {
    if let (Some(exists), Some(backend)) = (surroundings.exists, &host.secret_backend) {
        let folder = backend.folder().value();
        for secret in host.secrets.values_mut() {
            secret.file_is_missing = !exists(&format!("{folder}/{}", secret.file.value()));
        }
    }
    if let Some(last_build) = surroundings.last_build {
        previous::link(host, last_build);
    }
}

/// Where the file gives the argument of a preset that `text` is.
fn argument(host: &Host, text: &Text) -> Option<Span> {
    let Target::Parameter { service, path } = &text.reference()?.target else { return None };
    let service = host.services.iter().find(|other| other.name == *service)?;
    let Some(Step::Key(parameter)) = path.first() else { return None };
    let (_, value) = service.parameters.iter().find(|(name, _)| name == parameter)?;
    (value.span.source == SourceId::FILE).then_some(value.span)
}

/// Every use of a secret names one that is declared, with the format that the use needs. Returns the others, which are
/// reported.
fn check_secrets(host: &Host, diagnostics: &mut Diagnostics) -> Vec<WrongSecret> {
    use setting::Format;
    let mut wrong = Vec::new();
    let mut used = |name: &Value<SecretName>, format: Format| {
        let span: Span = name.text.span;
        let Some(secret) = host.secrets.get(&name.text.value()) else {
            if diagnostics.is_full() {
                return;
            }
            wrong.push(WrongSecret { name: name.text.value(), format });
            let span = argument(host, &name.text).unwrap_or(span);
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownSecret,
                    format!("there is no secret `{}`", name.text.value()),
                    span,
                    "not declared",
                )
                .help(match host.secrets.is_empty() {
                    true => {
                        let how = if format == Format::Env { "{ format: env }" } else { "{}" };
                        format!("declare it: `secrets: {{ {}: {how} }}`", name.text.value())
                    }
                    false => format!(
                        "declare it under `secrets`; {}",
                        diagnostics.suggestion(&name.text.value(), host.secrets.keys().map(String::as_str))
                    ),
                })
                .once(),
            );
            return;
        };
        if secret.settings.format != format && !secret.settings.unread.may_hold(&["format"]) {
            wrong.push(WrongSecret { name: name.text.value(), format });
            let (has, wants) = match format {
                Format::Raw => ("lines of KEY=value", "the value itself"),
                Format::Env => ("the value itself", "lines of KEY=value"),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::SecretFormat,
                    format!("the secret `{}` holds {has}", name.text.value()),
                    span,
                    format!("needed here: {wants}"),
                )
                .and(secret.span, "declared here")
                .help(match format {
                    Format::Raw => "name another secret, or take `format: env` away from its declaration",
                    Format::Env => "declare it with `format: env`, if that is what is in it",
                }),
            );
        }
    };
    for container in host.services.iter().flat_map(|s| &s.containers) {
        let settings = &container.settings;
        settings.secrets.0.iter().for_each(|u| {
            if u.variable.is_some() || host.secrets.get(&u.secret.text.value()).is_none() {
                used(&u.secret, Format::Raw);
            }
        });
        settings.login.iter().for_each(|l| used(&l.password, Format::Raw));
        for file in &settings.env_file.0 {
            if let setting::EnvFile::Secret(name) = file {
                used(name, Format::Env);
            }
        }
    }
    if let Some(notify) = &host.notify {
        notify.pushover.iter().for_each(|p| used(&p.credentials, Format::Env));
        notify.webhook.iter().for_each(|w| used(&w.url, Format::Raw));
        if let Some(ntfy) = &notify.ntfy {
            [&ntfy.url_secret, &ntfy.token].into_iter().flatten().for_each(|s| used(s, Format::Raw));
        }
    }
    for job in host.jobs() {
        job.secrets().into_iter().for_each(|(secret, format)| used(secret, format));
    }
    // A secret of a client's is of its own agenix, and only the same file where it is declared here.
    for upload in host.clients.iter().map(|client| &client.upload) {
        let here = |name: &&Value<SecretName>| host.secrets.contains_key(&name.text.value());
        Some(&upload.api_key).filter(here).into_iter().for_each(|k| used(k, Format::Raw));
        upload.notify.as_ref().filter(here).into_iter().for_each(|n| used(n, Format::Env));
    }
    match host.front.as_ref().and_then(Front::tls) {
        Some(setting::Tls::Acme(acme)) => {
            acme.token.iter().for_each(|t| used(t, Format::Raw));
            acme.credentials.entries.iter().for_each(|(_, c)| used(c, Format::Raw));
        }
        Some(setting::Tls::Plugin(plugin)) => used(&plugin.environment, Format::Env),
        _ => {}
    }
    wrong
}

impl Service {
    /// Whether a container called `name` may be what could not be read.
    pub(crate) fn may_have_container(&self, name: &str) -> bool {
        let is_unread = self.containers.is_empty() && !self.unread.is_empty();
        is_unread || self.is_cut || self.unread.has_unknown(name)
    }

    /// `uptime-kuma` is `uptimeKuma` below `homeserver`.
    pub(crate) fn option_name(name: &str) -> String {
        let mut words = name.split('-');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |mut option, word| {
            let mut letters = word.chars();
            option.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            option.push_str(letters.as_str());
            option
        })
    }
}
