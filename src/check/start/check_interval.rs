//! Before Podman 5.8 a health check is a unit with systemd's limit of 5 starts in 10 s (podman#27330). NixOS 25.11 has
//! Podman 5.7.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::Release;
use crate::tree::Node;

/// The shortest interval below systemd's limit, in milliseconds.
const LEAST: u64 = 2_000;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    if host.machine.nixos != Release::R2511 {
        return;
    }
    for check in host.containers().filter_map(|container| container.settings.healthcheck.as_ref()) {
        for (key, period) in [("interval", &check.interval), ("start_interval", &check.start_interval)] {
            if period.value.0.ms >= LEAST {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    Code::CheckInterval,
                    format!("systemd refuses a health check every {}", period.text.value()),
                    period.text.span,
                    "Podman 5.7 in NixOS 25.11 can run 5 checks in 10 s",
                )
                .help(format!("write `{key}: 2s`")),
            );
        }
    }
}
