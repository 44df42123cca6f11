//! A variable is set once: by `environment`, by `podman_args` or by `secrets`. Some images also refuse a variable
//! together with its `_FILE` variant.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        also_by_file(container, diagnostics);
        let settings = &container.settings;
        let written = if settings.secrets.0.is_empty() { Vec::new() } else { container.variables() };
        let own = settings.environment.0.len();
        let names = written.iter().enumerate().map(|(at, (name, _))| (name.value(), (name, at < own)));
        let names: HashMap<String, (&Text, bool)> = names.collect();
        let mut by_secret: HashMap<String, Span> = HashMap::new();
        for used in &settings.secrets.0 {
            let Some(variable) = &used.variable else { continue };
            if let Some(first) = by_secret.insert(variable.text.value(), used.span) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::VariableTwice,
                        format!("`{}` is set twice", variable.text.value()),
                        used.span,
                        "set by a second secret",
                    )
                    .and(first, "set by the first secret")
                    .help("remove one of the two entries"),
                );
            }
            if let Some((name, is_own)) = names.get(&variable.text.value()) {
                let key = if *is_own { "environment" } else { "podman_args" };
                diagnostics.push(
                    Diagnostic::new(
                        Code::VariableTwice,
                        format!("`{}` is set twice", variable.text.value()),
                        used.span,
                        "set by a secret",
                    )
                    .and(name.span, "also set here")
                    .help(format!("remove it from `{key}`: the secret sets it")),
                );
            }
        }
    }
}

/// Reports a variable that is set directly and by a file, which the start script of the image refuses.
fn also_by_file(container: &Container, diagnostics: &mut Diagnostics) {
    let settings = &container.settings;
    let image = &settings.image.value;
    let written = container.variables();
    let written = written.iter().filter(|(_, value)| !value.value().is_empty());
    let by_secret =
        settings.secrets.0.iter().filter_map(|used| used.variable.as_ref()).map(|name| &name.text);
    let all: IndexMap<String, &Text> =
        written.map(|(name, _)| name).chain(by_secret).map(|name| (name.value(), name)).collect();
    for (name, by_file) in &all {
        let Some(direct) = image.excluded_by(name).and_then(|direct| all.get(direct)) else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::VariableTwice,
                format!("`{}` and `{name}` are both set", direct.value()),
                by_file.span,
                "reads the value from a file",
            )
            .and(direct.span, "sets the value directly")
            .and(settings.image.text.span, "this image does not start with both")
            .help(format!("remove `{}` or `{name}`", direct.value())),
        );
    }
}
