//! A secret is declared for a reader.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Form, SecretName};
use crate::hir::{Container, Host, Secret, Service, WrongSecret};
use crate::setting::referenced;
use crate::tree::{Kind, Node};

pub(super) fn check(host: &Host, file: &Node, diagnostics: &mut Diagnostics) {
    if host.secrets.is_empty() || may_be_lost(host) {
        return;
    }
    let Kind::Map(entries) = &file.kind else { return };
    let mut uses = Uses::default();
    for entry in entries.iter().filter(|e| !matches!(e.key.value().as_str(), "secrets" | "constants")) {
        uses.below(&entry.value);
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let words: HashSet<&str> = uses.expressions.split(|c| !is_part(c)).collect();
    for (id, secret) in &host.secrets {
        let name = id.as_str();
        let is_used = uses.names.contains(name) || words.contains(name);
        // No value can name a secret whose name is not valid.
        let is_valid = SecretName::parse(name).is_some();
        if !is_valid
            || is_used
            || host.wrong_secrets.iter().any(|wrong| is_misspelled_as(wrong, name, secret, diagnostics))
        {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::UnusedSecret,
                format!("the secret `{name}` is unused"),
                secret.span,
                "decrypted at each activation without a reader",
            )
            .help("remove it, or use it in a container"),
        );
    }
}

/// True if a use of a secret may be in a part of the file that could not be parsed.
fn may_be_lost(host: &Host) -> bool {
    let in_container =
        |container: &Container| container.unreadable.has_unreadable(&["secrets", "env_file", "login"]);
    let in_service = |service: &Service| {
        let unreadable = &service.unreadable;
        service.is_cut
            || unreadable
                .has_unreadable(&["backup", "update", "updates", "cleanup", "jobs", "nixos", "secrets"])
            || service.containers.is_empty() && unreadable.has_unreadable(&["containers"])
            || service.containers.iter().any(in_container)
    };
    let no_front = host.front.is_none() && host.unreadable.has_unreadable(&["caddy"]);
    no_front
        || host.front.as_ref().is_some_and(|front| front.unreadable.has_unreadable(&["tls"]))
        || host.services.is_empty() && host.unreadable.has_unreadable(&["services"])
        || host.unreadable.has_unreadable(&[
            "clients",
            "cloudflared",
            "jobs",
            "nixos",
            "notify",
            "smoke_test",
        ])
        || host.services.iter().any(in_service)
}

/// True if a reported use probably names this secret: it has the same format and nearly the same name.
fn is_misspelled_as(wrong: &WrongSecret, name: &str, secret: &Secret, diagnostics: &Diagnostics) -> bool {
    wrong.format == secret.settings.format && diagnostics.closest(&wrong.name, [name]).is_some()
}

/// The texts that may use a secret.
#[derive(Default)]
struct Uses {
    /// Every text: any of them may be the name of a secret.
    names: HashSet<String>,
    /// The Nix expressions of the file, and paths such as /run/agenix/NAME.
    expressions: String,
}

impl Uses {
    fn below(&mut self, node: &Node) {
        match &node.kind {
            Kind::Scalar(text) => {
                let value = text.value();
                if value.contains("/agenix/") {
                    self.expressions.push_str(&value);
                    self.expressions.push('\n');
                }
                self.names.insert(value);
                self.names.extend(referenced(text).map(|secret| secret.name.to_owned()));
            }
            Kind::Nix(code) => {
                self.expressions.push_str(code);
                self.expressions.push('\n');
            }
            Kind::List(items) => items.iter().for_each(|item| self.below(item)),
            Kind::Map(entries) => entries.iter().for_each(|entry| self.below(&entry.value)),
            Kind::Unknown => {}
        }
    }
}
