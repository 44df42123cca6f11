//! The paths of a site with targets of their own.

use super::target::Containers;
use crate::ast::PathTarget;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Advice, Form, UrlPaths};
use crate::hir::front::Certificate;
use crate::hir::{Service, SitePath};
use crate::setting::Map;
use crate::tree::Text;
use crate::value::Value;

/// Resolves the paths of a site, and sorts them: the most specific path comes first.
pub(super) fn link(
    declared: Map<PathTarget>,
    own: Option<usize>,
    containers: &mut Containers,
    services: &mut [Service],
    diagnostics: &mut Diagnostics,
) -> Vec<SitePath> {
    let mut paths = Vec::new();
    for (path, PathTarget(target)) in declared.entries {
        let upstream = containers.upstream(&target.to, target.port.as_ref(), own, services, diagnostics);
        let path = valid(path, diagnostics);
        if let (Some(path), Some(upstream)) = (path, upstream) {
            let certificate = Certificate { insecure: target.insecure, server_name: target.server_name };
            paths.push(SitePath { path, upstream, port: target.port, certificate });
        }
    }
    paths.sort_by_key(|path| path.path.value.specificity());
    paths
}

/// Parses a path, and reports an invalid one.
pub(super) fn valid(path: Text, diagnostics: &mut Diagnostics) -> Option<Value<UrlPaths>> {
    let (text, span) = (path.value(), path.span);
    let parsed = Value::of(path);
    if parsed.is_none() {
        let advice = UrlPaths::advice(&text).unwrap_or_else(|| Advice {
            why: format!("expected {}", UrlPaths::EXPECTED),
            help: format!("write {}", UrlPaths::description()).into(),
        });
        let title = format!("`{text}` is not a valid path");
        let diagnostic = Diagnostic::new(Code::BadValue, title, span, advice.why);
        diagnostics.push(diagnostic.fix(advice.help.fix(span)).help(advice.help.text));
    }
    parsed
}
