//! Limits that the kernel or Podman would refuse together.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::size::size_bytes;
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let mut report = |message: &str, one: (Span, &str), other: (Span, &str), help: &str| {
            diagnostics.push(
                Diagnostic::new(Code::LimitsContradict, message, one.0, one.1)
                    .and(other.0, other.1)
                    .help(help),
            );
        };
        let compose = &container.compose;
        let Some(limits) = &compose.limits else { continue };
        let above = |a: Option<&Text>, b: Option<&Text>| -> Option<(Span, Span)> {
            let (a, b) = (a?, b?);
            (size_bytes(&a.value())? > size_bytes(&b.value())?).then_some((a.span, b.span))
        };
        let memory = limits.memory.as_ref().map(|size| &size.0);
        let reserved = limits.memory_reservation.as_ref().map(|size| &size.0);
        let swap = limits.memory_swap.as_ref().map(|size| &size.0);
        if let Some((reserved, memory)) = above(reserved, memory) {
            report(
                "more memory is reserved than allowed",
                (reserved, "reserved"),
                (memory, "allowed"),
                "make `memory_reservation` smaller than `memory`",
            );
        }
        // podman-run(1): the value of --memory-swap is memory and swap together.
        if let Some((memory, swap)) = above(memory, swap) {
            report(
                "memory and swap together are less than memory",
                (swap, "memory and swap together"),
                (memory, "memory alone"),
                "make `memory_swap` at least as much as `memory`: it counts both",
            );
        }
        if let (Some(swap), None) = (&limits.memory_swap, &limits.memory) {
            report(
                "a limit of memory and swap, and none of memory",
                (swap.0.span, "Podman wants `memory` too"),
                (container.span, "in this container"),
                "add `memory`",
            );
        }
        // 0 and -1 are no limit (podman-run(1), --pids-limit).
        if let Some(pids) = limits.pids.as_ref().filter(|p| p.value < -1) {
            report(
                "less than no process",
                (pids.text.span, "no number of processes"),
                (container.span, "in this container"),
                "write how many processes it may have, or leave `pids` away",
            );
        }
    }
}
