//! Programs that decide who may use a site, and the sites that use them.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::name;
use super::site_path;
use super::target::Containers;
use crate::ast;
use crate::auth_program;
use crate::diag::{Code, Diagnostic, Diagnostics, closest};
use crate::hir::front::Certificate;
use crate::hir::{AuthProvider, Id, Service, SiteAuth};
use crate::setting::Map;
use crate::tree::Text;
use crate::value::Value;

/// Links the declared programs, and publishes the ports that they need.
pub(super) fn link(
    declared: Map<ast::AuthProvider>,
    containers: &mut Containers,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Providers {
    let mut known = IndexMap::new();
    let mut invalid = HashSet::new();
    let is_cut = declared.is_cut;
    for (name, provider) in declared.entries {
        name::check_auth_provider(&name, diagnostics);
        let id = Id::new(name.value());
        match link_one(name, provider, containers, services, diagnostics) {
            Some(provider) => {
                known.insert(id, provider);
            }
            None => {
                invalid.insert(id);
            }
        }
    }
    Providers { known, invalid, is_cut }
}

/// The declared programs.
pub(super) struct Providers {
    pub(super) known: IndexMap<Id<AuthProvider>, AuthProvider>,
    /// The programs with mistakes; diagnostics were emitted.
    invalid: HashSet<Id<AuthProvider>>,
    /// True if a program could not be read; a diagnostic was emitted.
    is_cut: bool,
}

fn link_one(
    name: Text,
    declared: ast::AuthProvider,
    containers: &mut Containers,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Option<AuthProvider> {
    let upstream = containers.upstream(&declared.to, declared.port.as_ref(), None, services, diagnostics);
    let kind = declared.kind.as_ref().map_or(&name, |kind| &kind.0);
    let program = auth_program::find(&kind.value());
    let names = || auth_program::all().iter().map(|row| row.get().name);
    if let (Some(ast::AuthKind(kind)), None) = (&declared.kind, program) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{}` is not a known program", kind.value()),
                kind.span,
                format!("expected {}", names().collect::<Vec<_>>().join(" or ")),
            )
            .help(match closest(&kind.value(), names()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "remove `kind`, and write `uri` and `copy_headers`".to_owned(),
            }),
        );
        return None;
    }
    let uri = match (&declared.uri, program) {
        (Some(uri), _) => uri.text.clone(),
        (None, Some(program)) => Text::literal(program.uri, name.span),
        (None, None) if declared.unreadable.may_hold(&["uri", "kind"]) => return None,
        (None, None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingKey,
                    format!("`{}` needs `kind` or `uri`", name.value()),
                    name.span,
                    "the path that answers whether a request is allowed is unknown",
                )
                .help(format!(
                    "add `kind: {}`, or `uri` and `copy_headers` of another program",
                    names().collect::<Vec<_>>().join("` or `kind: ")
                )),
            );
            return None;
        }
    };
    let headers = match (declared.copy_headers, program) {
        (Some(headers), _) => headers,
        (None, Some(program)) => {
            let of_program = |header: &&str| Value::of(Text::literal(*header, name.span));
            program.headers.iter().filter_map(of_program).collect()
        }
        (None, None) => Vec::new(),
    };
    let upstream = upstream?;
    Some(AuthProvider {
        name,
        upstream,
        port: declared.port,
        certificate: Certificate { insecure: declared.insecure, server_name: declared.server_name },
        uri,
        headers,
        own_paths: program.and_then(|program| program.paths.as_deref()),
    })
}

impl Providers {
    /// Resolves the login of a site.
    pub(super) fn of_site(&self, declared: ast::SiteAuth, diagnostics: &mut Diagnostics) -> Option<SiteAuth> {
        let ast::SiteAuth(declared) = declared;
        let name = declared.provider.value();
        let id = Id::new(name.clone());
        let except = declared.except.into_iter().filter_map(|path| site_path::valid(path, diagnostics));
        let except = except.collect();
        if !self.known.contains_key(&id) {
            if !self.is_cut && !self.invalid.contains(&id) {
                let help = match self.known.is_empty() {
                    true => format!(
                        "declare it at the top of the file: `auth: {{ {name}: {{ to: \"SERVICE.CONTAINER:PORT\" }} }}`"
                    ),
                    false => diagnostics.suggestion(&name, self.known.keys().map(Id::as_str)),
                };
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnknownAuth,
                        format!("`{name}` is not declared under `auth`"),
                        declared.provider.span,
                        "not declared",
                    )
                    .help(help)
                    .once(),
                );
            }
            return None;
        }
        Some(SiteAuth { provider: id, except, span: declared.provider.span })
    }
}
