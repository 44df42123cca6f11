//! Clients: the site that each one reaches its service at.

use std::collections::HashMap;

use crate::application::{UPLOADERS, Uploader};
use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::SecretName;
use crate::hir::client::{Client, Upload};
use crate::hir::{Answer, Host, Service, Site};
use crate::setting::Map;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// Links the clients, once the sites are.
pub(super) fn link(declared: Map<ast::Client>, host: &mut Host, diagnostics: &mut Diagnostics) {
    let services = Services::of(host);
    let mut clients = Vec::new();
    for (name, declared) in declared.entries {
        super::name::check_client(&name, diagnostics);
        let upload = declared.upload;
        // Where it goes is said to be wrong then, and the rest of it is looked at all the same.
        let site =
            site(&upload.to, &services, diagnostics).unwrap_or_else(|| Text::literal("", Span::NOWHERE));
        if let Some(notify) = &upload.notify {
            check_notify(notify, host, diagnostics);
        }
        clients.push(Client {
            name: name.value(),
            upload: Upload {
                service: upload.to.value(),
                uploader: uploader(services.by_name.get(upload.to.value().as_str()).copied()),
                to: upload.to,
                site,
                folder: upload.folder,
                api_key: upload.api_key,
                notify: upload.notify,
            },
        });
    }
    host.clients = clients;
}

/// The services by their names, and the site that a browser finds each of them at: the first one.
struct Services<'a> {
    all: &'a [Service],
    by_name: HashMap<&'a str, &'a Service>,
    /// By the services' options.
    sites: HashMap<&'a str, &'a Site>,
}

impl<'a> Services<'a> {
    fn of(host: &'a Host) -> Services<'a> {
        // Of two with one name the first one counts, which is why the last one comes first.
        let by_name = host.services.iter().rev().map(|service| (service.name.as_str(), service)).collect();
        let is_found =
            |site: &&Site| !matches!(site.answer, Answer::Redirect(_)) && !site.host.value().contains('*');
        let sites = host.front.iter().flat_map(|front| &front.sites).filter(is_found).rev();
        let sites = sites.filter_map(|site| Some((site.service.as_deref()?, site))).collect();
        Services { all: &host.services, by_name, sites }
    }
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
    if !matches!(word.as_str(), "failure" | "never") || host.secrets.contains_key(&word) {
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

/// The name of the first site that a browser would find the service at.
fn site(to: &Text, services: &Services, diagnostics: &mut Diagnostics) -> Option<Text> {
    let name = to.value();
    let Some(service) = services.by_name.get(name.as_str()) else {
        let names = services.all.iter().map(|s| s.name.as_str());
        diagnostics.push(
            Diagnostic::new(
                Code::ClientService,
                format!("there is no service `{name}`"),
                to.span,
                "uploads to nothing",
            )
            .help(diagnostics.suggestion(&name, names)),
        );
        return None;
    };
    match services.sites.get(service.option.as_str()) {
        Some(site) => Some(site.host.clone()),
        None if service.has_broken_site || service.unread.may_hold(&["site", "sites"]) => None,
        None => {
            diagnostics.push(
                Diagnostic::new(
                    Code::ClientService,
                    format!("`{name}` has no site to upload to"),
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
