//! Clients: the site that each one reaches its service at.

use std::collections::HashMap;

use crate::application::{UPLOADERS, Uploader};
use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::SecretName;
use crate::hir::client::{Client, Upload};
use crate::hir::{Answer, Host, Id, Service, Site};
use crate::setting::Map;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// Links the clients, once the sites are.
pub(super) fn link(declared: Map<ast::Client>, host: &mut Host, diagnostics: &mut Diagnostics) {
    let sites = sites(host);
    let mut clients = Vec::new();
    for (name, declared) in declared.entries {
        super::name::check_client(&name, diagnostics);
        let upload = declared.upload;
        // Where it goes is said to be wrong then, and the rest of it is looked at all the same.
        let service = service(&upload.to, host, diagnostics);
        let site = service.and_then(|service| site(service, &upload.to, &sites, diagnostics));
        if let Some(notify) = &upload.notify {
            check_notify(notify, host, diagnostics);
        }
        clients.push(Client {
            name: name.value(),
            upload: Upload {
                service: service.map(|service| service.name.clone()),
                uploader: uploader(service),
                to: upload.to,
                site: site.unwrap_or_else(|| Text::literal("", Span::NOWHERE)),
                folder: upload.folder,
                api_key: upload.api_key,
                notify: upload.notify,
            },
        });
    }
    host.clients = clients;
}

/// The site that a browser finds each service at.
fn sites(host: &Host) -> HashMap<&Id<Service>, &Site> {
    let is_found =
        |site: &&Site| !matches!(site.answer, Answer::Redirect(_)) && !site.host.value().contains('*');
    // Of several sites the first one counts, which is why the last one comes first.
    let sites = host.front.iter().flat_map(|front| &front.sites).filter(is_found).rev();
    sites.filter_map(|site| Some((site.service.as_ref()?, site))).collect()
}

/// The uploader that a service takes files from; the first one where no image tells.
fn uploader(service: Option<&Service>) -> &'static Uploader {
    let mut images = service.into_iter().flat_map(|s| &s.containers).map(|c| &c.settings.image.value);
    let taken =
        images.find_map(|image| UPLOADERS.into_iter().find(|uploader| (uploader.is_served_by)(image)));
    taken.unwrap_or(UPLOADERS[0])
}

/// Elsewhere `notify` says when somebody is told, and here it says with what.
fn check_notify(notify: &Value<SecretName>, host: &Host, diagnostics: &mut Diagnostics) {
    let word = notify.text.value();
    if !matches!(word.as_str(), "failure" | "never") || host.secret(notify).is_some() {
        return;
    }
    let help = match word.as_str() {
        "never" => "take it out: without a secret nobody is told",
        _ => "name the secret with PUSHOVER_TOKEN and PUSHOVER_USER",
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("there is no secret `{word}`"),
            notify.text.span,
            "the name of a secret belongs here",
        )
        .help(help),
    );
}

/// The service that `to` names.
fn service<'a>(to: &Text, host: &'a Host, diagnostics: &mut Diagnostics) -> Option<&'a Service> {
    let name = to.value();
    let found = host.service_called(&name);
    if found.is_none() {
        let names = host.services.iter().map(|s| s.name.as_str());
        diagnostics.push(
            Diagnostic::new(
                Code::ClientService,
                format!("there is no service `{name}`"),
                to.span,
                "uploads to nothing",
            )
            .help(diagnostics.suggestion(&name, names)),
        );
    }
    found
}

/// The name of the first site that a browser would find the service at.
fn site(
    service: &Service,
    to: &Text,
    sites: &HashMap<&Id<Service>, &Site>,
    diagnostics: &mut Diagnostics,
) -> Option<Text> {
    match sites.get(&service.name) {
        Some(site) => Some(site.host.clone()),
        None if service.has_broken_site || service.unread.may_hold(&["site", "sites"]) => None,
        None => {
            diagnostics.push(
                Diagnostic::new(
                    Code::ClientService,
                    format!("`{}` has no site to upload to", service.name),
                    to.span,
                    "cannot be reached from elsewhere",
                )
                .and(service.span, "this service")
                .help("give the service a `site` that forwards to it"),
            );
            None
        }
    }
}
