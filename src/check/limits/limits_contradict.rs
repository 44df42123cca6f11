//! Limits that the kernel or Podman refuses together.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Size, SwapSize};
use crate::hir::Host;
use crate::source::Span;
use crate::tree::Node;
use crate::value::Value;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let mut report = |message: &str, one: (Span, &str), other: (Span, &str), help: &str| {
            diagnostics.push(
                Diagnostic::new(Code::LimitsContradict, message, one.0, one.1)
                    .and(other.0, other.1)
                    .help(help),
            );
        };
        let settings = &container.settings;
        let limits = &settings.limits;
        let above = |a: Option<(Size, Span)>, b: Option<(Size, Span)>| {
            let ((a, a_span), (b, b_span)) = (a?, b?);
            (a > b).then_some((a_span, b_span))
        };
        let size = |limit: &Value<Size>| (limit.value, limit.span());
        let memory = limits.memory.as_ref().map(size);
        let reserved = limits.memory_reservation.as_ref().map(size);
        let swap = limits.memory_swap.as_ref().and_then(|limit| match limit.value {
            SwapSize::Limited(size) => Some((size, limit.span())),
            SwapSize::Unlimited => None,
        });
        if let Some((reserved, memory)) = above(reserved, memory) {
            report(
                "`memory_reservation` is above `memory`",
                (reserved, "the reservation"),
                (memory, "the limit"),
                "lower `memory_reservation`, or raise `memory`",
            );
        }
        // podman-run(1): the value of --memory-swap is memory and swap together.
        if let Some((memory, swap)) = above(memory, swap) {
            report(
                "`memory_swap` is below `memory`",
                (swap, "memory and swap together"),
                (memory, "the limit of memory"),
                "raise `memory_swap` to at least `memory`: it counts memory and swap together",
            );
        }
        if let (Some(swap), None) = (&limits.memory_swap, &limits.memory) {
            report(
                "`memory_swap` is set without `memory`",
                (swap.text.span, "Podman requires `memory` too"),
                (container.span, "in this container"),
                "add `memory` under `limits`",
            );
        }
        // 0 and -1 mean no limit (podman-run(1), --pids-limit).
        if let Some(pids) = limits.pids.as_ref().filter(|p| p.value < -1) {
            report(
                "`pids` is below -1",
                (pids.text.span, "expected a number of processes"),
                (container.span, "in this container"),
                "write the maximum number of processes, or remove `pids`",
            );
        }
    }
}
