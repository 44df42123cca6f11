//! Labels for another update program have no effect: NixOS does not start the timer of `podman auto-update`
//! (podman-auto-update(1)), and Watchtower needs Docker's socket.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::podman::arguments::arguments;
use crate::source::Span;
use crate::tree::Node;

/// The prefixes of such labels, with the program that reads them.
const LABELS: &[(&str, &str)] = &[
    ("io.containers.autoupdate", "`podman auto-update`"),
    ("com.centurylinklabs.watchtower.", "Watchtower"),
];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let written =
            container.settings.labels.0.iter().map(|(name, value)| (name.value(), name.span, value.value()));
        let labels = arguments(&container.settings.podman_args).into_iter().filter(|a| a.name == "label");
        let arguments = labels.filter_map(|argument| {
            let label = argument.value?.value();
            let (name, value) = label.split_once('=').unwrap_or((&label, ""));
            Some((name.to_owned(), argument.span, value.to_owned()))
        });
        let found: Option<(&str, Span)> = written.chain(arguments).find_map(|(name, span, value)| {
            let of_program = LABELS.iter().find(|(label, _)| name.starts_with(label))?;
            (!matches!(value.as_str(), "" | "disabled" | "false")).then_some((of_program.1, span))
        });
        let Some((program, span)) = found else { continue };
        diagnostics.push(
            Diagnostic::new(
                Code::UpdatePull,
                format!("the update label of `{}` has no effect", container.name),
                span,
                format!("only {program} reads it, which homegen does not start"),
            )
            .help("remove the label, and add `update` to the service"),
        );
    }
}
