//! `extends` of services (compose-go, loader/extends.go): the extended service comes first, and the service merges over it.

use indexmap::IndexMap;

use super::environment::interpolate;
use super::model::{Model, remove};
use super::paths::{folder, join, plain};
use super::tree::{Builder, Removals, Tree, take};
use super::{Context, Reader, canonical, merge, paths, unique};
use crate::diag::{Code, Diagnostic};
use crate::parse::document::ValueKind;
use crate::project::{Kind, Node};
use crate::source::Span;

/// The most services that extend each other in a row.
const MAX_EXTENDED: usize = 100;

/// A service that is being extended: its file, its name, and the place of its `extends`.
type Extending = Vec<(String, String, Span)>;

impl Reader<'_> {
    /// Resolves `extends` of the services of a document, with those of its included files.
    pub(super) fn extend(&mut self, model: &mut Model, tree: &Tree, path: &str, context: &Context) {
        let Some(services) = &mut model.services else { return };
        let names: Vec<String> = services
            .iter()
            .filter(|(_, node)| self.extended(node).is_some())
            .map(|(name, _)| name.clone())
            .collect();
        let mut done = std::collections::HashSet::new();
        for name in names {
            self.extend_here(services, &name, tree, path, context, &mut Vec::new(), &mut done);
        }
    }

    /// Resolves `extends` of a service of the document, unless this is `done`.
    #[allow(clippy::too_many_arguments)]
    fn extend_here(
        &mut self,
        services: &mut IndexMap<String, Node>,
        name: &str,
        tree: &Tree,
        path: &str,
        context: &Context,
        extending: &mut Extending,
        done: &mut std::collections::HashSet<String>,
    ) {
        if done.contains(name) {
            return;
        }
        let Some((base, file, span)) = services.get(name).and_then(|node| self.extended(node)) else {
            return;
        };
        if self.is_cycle(extending, path, name, span) {
            return;
        }
        let found = match file {
            Some(file) => {
                self.base(&join(".", &join(&context.folder, &file)), &base, span, context, extending)
            }
            None if services.contains_key(&base) => {
                self.extend_here(services, &base, tree, path, context, extending, done);
                services.get(&base).cloned()
            }
            None => {
                self.report_unknown(&base, path, span, services.keys().map(String::as_str).collect());
                None
            }
        };
        extending.pop();
        done.insert(name.to_owned());
        let Some(mut base) = found else { return };
        if !self.take(&base, span) {
            return;
        }
        self.remove(&mut base, &tree.removals, name);
        let Some(own) = services.get_mut(name) else { return };
        let origin = own.origin;
        let over = std::mem::replace(own, base);
        merge::service(own, over, &mut self.replaced);
        own.origin = origin;
        unique::service(own, &mut self.replaced);
        self.resolved.extend(own.get("extends").map(|extends| extends.origin));
    }

    /// A service of another file, with its own `extends` resolved and its paths relative to the folder of the project.
    fn base(
        &mut self,
        path: &str,
        name: &str,
        span: Span,
        context: &Context,
        extending: &mut Extending,
    ) -> Option<Node> {
        let path = plain(path);
        let key = (context.id, path.to_owned(), name.to_owned());
        if let Some(known) = self.bases.get(&key) {
            return known.clone();
        }
        let documents = self.documents(path, Some(span))?;
        let mut found: Option<Node> = None;
        for root in &documents.roots {
            let ValueKind::Map(pairs) = &root.kind else { continue };
            let services = pairs.iter().find(|pair| pair.key == "services").map(|pair| &pair.value.kind);
            let Some(ValueKind::Map(services)) = services else { continue };
            // Finding a service of a large file counts, as the file may be searched once for each service.
            if !take(&mut self.left, services.len() / 64, span, self.diagnostics) {
                return None;
            }
            if !services.iter().any(|pair| pair.key == name) {
                continue;
            }
            let mut builder =
                Builder { origins: &mut self.origins, left: &mut self.left, diagnostics: self.diagnostics };
            let mut tree = builder.build(root, Some(name));
            let Some(mut root) = tree.root.take() else { continue };
            interpolate(
                &mut root,
                &context.environment,
                &self.budget,
                self.sources,
                &self.origins,
                self.diagnostics,
            );
            let Kind::Map(mut root) = root.kind else { continue };
            let Some(Node { kind: Kind::Map(mut services), .. }) = root.shift_remove("services") else {
                continue;
            };
            let Some(mut service) = services.shift_remove(name) else { continue };
            canonical::service(&mut service, &self.origins, self.diagnostics, &mut self.replaced);
            self.replaced.extend(tree.resets.iter().map(|origin| (*origin, *origin)));
            if let Some(found) = &mut found {
                self.remove(found, &tree.removals, name);
            }
            match &mut found {
                Some(found) => merge::service(found, service, &mut self.replaced),
                None => found = Some(service),
            }
        }
        let Some(mut service) = found else {
            let is_services = |root: &std::rc::Rc<crate::parse::document::Value>| match &root.kind {
                ValueKind::Map(pairs) => {
                    pairs.iter().find(|pair| pair.key == "services").and_then(|pair| match &pair.value.kind {
                        ValueKind::Map(services) => {
                            Some(services.iter().map(|pair| pair.key.clone()).collect())
                        }
                        _ => None,
                    })
                }
                _ => None,
            };
            let names: Vec<Vec<String>> = documents.roots.iter().filter_map(is_services).collect();
            self.report_unknown(name, path, span, names.iter().flatten().map(String::as_str).collect());
            self.bases.insert(key, None);
            return None;
        };
        // The paths of the extended service are relative to its file.
        let own = folder(path);
        paths::service(&mut service, own);
        let mut result = service;
        if let Some((base, file, next)) = self.extended(&result) {
            if self.is_cycle(extending, path, name, next) {
                return None;
            }
            let file = file.map_or_else(|| path.to_owned(), |file| join(".", &join(own, &file)));
            let base = self.base(&file, &base, next, context, extending);
            extending.pop();
            if let Some(mut base) = base.filter(|base| self.take(base, next)) {
                let origin = result.origin;
                merge::service(&mut base, result, &mut self.replaced);
                base.origin = origin;
                result = base;
            }
        }
        unique::service(&mut result, &mut self.replaced);
        self.bases.insert(key, Some(result.clone()));
        Some(result)
    }

    /// Removes the values of `service` at the places of the tags of the service `name`.
    fn remove(&mut self, service: &mut Node, removals: &Removals, name: &str) {
        let own = ["services".to_owned(), name.to_owned()];
        let Kind::Map(entries) = &mut service.kind else { return };
        for (path, keys) in removals.range(own.to_vec()..).take_while(|(path, _)| path.starts_with(&own)) {
            remove(entries, &path[own.len()..], keys, &mut self.replaced);
        }
    }

    /// The extended service of a service, its file, and the place of `extends`, unless that is resolved.
    fn extended(&self, service: &Node) -> Option<(String, Option<String>, Span)> {
        let extends = service.get("extends").filter(|extends| !self.resolved.contains(&extends.origin))?;
        let base = extends.get("service").and_then(Node::text)?.into_owned();
        let file = extends.get("file").and_then(Node::text).map(String::from);
        Some((base, file.filter(|file| !file.is_empty()), self.origins.place(extends.origin).value))
    }

    /// Adds a service to those that are being extended. Reports a service that extends itself.
    fn is_cycle(&mut self, extending: &mut Extending, path: &str, name: &str, span: Span) -> bool {
        if let Some(first) = extending.iter().position(|(file, service, _)| file == path && service == name) {
            let cycle = &extending[first..];
            let mut diagnostic = Diagnostic::new(
                Code::ExtendsCycle,
                format!("`{name}` extends itself"),
                cycle.first().map_or(span, |(_, _, span)| *span),
                "extends this service",
            )
            .help("remove one of these `extends`");
            for (_, _, span) in cycle.iter().skip(1) {
                diagnostic = diagnostic.and(*span, "which extends this service");
            }
            self.diagnostics.push(diagnostic.once());
            return true;
        }
        if extending.len() == MAX_EXTENDED {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::TooLarge,
                    "`extends` is nested too deeply",
                    span,
                    format!("more than {MAX_EXTENDED} services extend each other"),
                )
                .once()
                .help("extend fewer services in a row"),
            );
            return true;
        }
        extending.push((path.to_owned(), name.to_owned(), span));
        false
    }

    fn report_unknown(&mut self, base: &str, path: &str, span: Span, names: Vec<&str>) {
        let help = self.diagnostics.suggestion(base, names);
        let help = if help.is_empty() { format!("declare `{base}` under `services`") } else { help };
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnknownBase,
                format!("`{base}` is not a service of `{}`", plain(path)),
                span,
                "extended here",
            )
            .help(help),
        );
    }

    /// Counts the nodes of a copy of `node`. Returns false if there are too many.
    fn take(&mut self, node: &Node, at: Span) -> bool {
        fn size(node: &Node) -> usize {
            match &node.kind {
                Kind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
                Kind::Map(entries) => 1 + entries.values().map(size).sum::<usize>(),
                Kind::Scalar(scalar) => crate::limits::weight(&scalar.value()),
                Kind::Null => 1,
            }
        }
        take(&mut self.left, size(node), at, self.diagnostics)
    }
}
