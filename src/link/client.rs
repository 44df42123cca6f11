//! Clients: the site through which each one reaches its service.

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

/// Links the clients, after the sites.
pub(super) fn link(declared: Map<ast::Client>, host: &mut Host, diagnostics: &mut Diagnostics) {
    let sites = sites(host);
    let mut clients = Vec::new();
    for (name, declared) in declared.entries {
        super::name::check_client(&name, diagnostics);
        let upload = declared.upload;
        // A missing service is reported, and the rest of the client is still checked.
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
                site: site.unwrap_or_else(|| Text::literal("", Span::PLACEHOLDER)),
                folder: upload.folder,
                api_key: upload.api_key,
                notify: upload.notify,
            },
        });
    }
    host.clients = clients;
}

/// The site with a certificate at which a browser reaches each service.
fn sites(host: &Host) -> HashMap<&Id<Service>, &Site> {
    let is_found = |site: &&Site| {
        !matches!(site.answer, Answer::Redirect(_))
            && !site.host.value().contains('*')
            && site.listen.is_none()
    };
    // The first of several sites counts. Later insertions overwrite earlier ones, hence the reverse order.
    let sites = host.front.iter().flat_map(|front| &front.sites).filter(is_found).rev();
    sites.filter_map(|site| Some((site.service.as_ref()?, site))).collect()
}

/// The uploader for a service, chosen by its images. The default is the first one.
fn uploader(service: Option<&Service>) -> &'static Uploader {
    let mut images = service.into_iter().flat_map(|s| &s.containers).map(|c| &c.settings.image.value);
    let taken =
        images.find_map(|image| UPLOADERS.into_iter().find(|uploader| (uploader.is_served_by)(image)));
    taken.unwrap_or(UPLOADERS[0])
}

/// Reports `failure` and `never`, which are values of `notify` for jobs. For clients, `notify` is a secret.
fn check_notify(notify: &Value<SecretName>, host: &Host, diagnostics: &mut Diagnostics) {
    let word = notify.text.value();
    if !matches!(word.as_str(), "failure" | "never") || host.secret(notify).is_some() {
        return;
    }
    let help = match word.as_str() {
        "never" => "remove `notify`: without a secret there are no notifications",
        _ => "write the name of the secret with PUSHOVER_TOKEN and PUSHOVER_USER",
    };
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("there is no secret `{word}`"),
            notify.text.span,
            "expected the name of a secret",
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
                "not declared",
            )
            .help(diagnostics.suggestion(&name, names)),
        );
    }
    found
}

/// The name of the first site at which a browser reaches the service.
fn site(
    service: &Service,
    to: &Text,
    sites: &HashMap<&Id<Service>, &Site>,
    diagnostics: &mut Diagnostics,
) -> Option<Text> {
    match sites.get(&service.name) {
        Some(site) => Some(site.host.clone()),
        None if service.has_broken_site || service.unreadable.may_hold(&["site", "sites"]) => None,
        None => {
            diagnostics.push(
                Diagnostic::new(
                    Code::ClientService,
                    format!("`{}` has no site to upload to", service.name),
                    to.span,
                    "needs a service with a site",
                )
                .and(service.span, "declared here")
                .help("add a `site` to the service"),
            );
            None
        }
    }
}
