//! Clients: the site that each one reaches its service at.

use crate::ast;
use crate::ast::scalar::{Map, SecretName};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::client::{Client, Upload};
use crate::hir::{Answer, Host, Site};
use crate::source::Span;
use crate::tree::Text;

/// Links the clients, once the sites are.
pub(super) fn link(declared: Map<ast::Client>, host: &mut Host, diagnostics: &mut Diagnostics) {
    for (name, declared) in declared.0 {
        super::name::check_client(&name, diagnostics);
        let upload = declared.upload;
        // Where it goes is said to be wrong then, and the rest of it is looked at all the same.
        let site = site(&upload.to, host, diagnostics).unwrap_or_else(|| Text::literal("", Span::NOWHERE));
        if let Some(notify) = &upload.notify {
            check_notify(notify, host, diagnostics);
        }
        host.clients.push(Client {
            name: name.value(),
            span: name.span,
            upload: Upload {
                service: upload.to.value(),
                to: upload.to,
                site,
                folder: upload.folder,
                api_key: upload.api_key,
                notify: upload.notify,
            },
        });
    }
}

/// Elsewhere `notify` says when somebody is told, and here it says with what.
fn check_notify(notify: &SecretName, host: &Host, diagnostics: &mut Diagnostics) {
    let word = notify.value();
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
            notify.0.span,
            "the name of a secret belongs here",
        )
        .help(help),
    );
}

/// The name of the first site that a browser would find the service at.
fn site(to: &Text, host: &Host, diagnostics: &mut Diagnostics) -> Option<Text> {
    let name = to.value();
    let Some(service) = host.services.iter().find(|s| s.name == name) else {
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
        return None;
    };
    let reaches = |site: &&Site| {
        site.service.as_ref() == Some(&service.option)
            && !matches!(site.answer, Answer::Redirect(_))
            && !site.host.value().contains('*')
    };
    match host.front.iter().flat_map(|front| &front.sites).find(reaches) {
        Some(site) => Some(site.host.clone()),
        // A site that could not be read is said, and may be the one.
        None if diagnostics.has_error_in(service.body) => None,
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
