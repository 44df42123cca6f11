//! Limits that the kernel or Podman refuses together, and limits of a container that its service does not permit.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Size, SwapSize};
use crate::hir::{Container, Host, Service};
use crate::podman::arguments::arguments;
use crate::setting::Limits;
use crate::source::Span;
use crate::tree::{Node, Text};
use crate::value::Value;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in &host.services {
        own(&service.limits, (service.span, "in this service"), "needs `memory` too", diagnostics);
        for container in &service.containers {
            let owner = (container.span, "in this container");
            own(&container.settings.limits, owner, "Podman requires `memory` too", diagnostics);
            within(container, service, diagnostics);
            cpusets(container, service, diagnostics);
            apart(container, service, diagnostics);
        }
    }
}

/// A limit that can be compared, with its text.
type Limit<'a, T> = Option<(T, &'a Text)>;

fn size(limit: &Option<Value<Size>>) -> Limit<'_, u64> {
    limit.as_ref().map(|limit| (limit.value.bytes, &limit.text))
}

fn swap(limits: &Limits) -> Limit<'_, u64> {
    limits.memory_swap.as_ref().and_then(|limit| match limit.value {
        SwapSize::Limited(size) => Some((size.bytes, &limit.text)),
        SwapSize::Unlimited => None,
    })
}

fn cpus(limits: &Limits) -> Limit<'_, f64> {
    limits.cpus.as_ref().map(|limit| (limit.value.0, &limit.text))
}

/// 0 and -1 mean no limit (podman-run(1), --pids-limit).
fn pids(limits: &Limits) -> Limit<'_, i64> {
    limits.pids.as_ref().filter(|limit| limit.value > 0).map(|limit| (limit.value, &limit.text))
}

/// The texts of two limits, if the first one is higher.
fn above<'a, T: PartialOrd>(first: Limit<'a, T>, second: Limit<'a, T>) -> Option<(&'a Text, &'a Text)> {
    let ((first, text), (second, other)) = (first?, second?);
    (first > second).then_some((text, other))
}

/// Reports limits of one mapping that contradict each other.
fn own(limits: &Limits, owner: (Span, &str), needed: &str, diagnostics: &mut Diagnostics) {
    let mut report = |message: &str, one: (Span, &str), other: (Span, &str), help: &str| {
        diagnostics.push(
            Diagnostic::new(Code::LimitsContradict, message, one.0, one.1).and(other.0, other.1).help(help),
        );
    };
    let memory = size(&limits.memory);
    if let Some((reserved, memory)) = above(size(&limits.memory_reservation), memory) {
        report(
            "`memory_reservation` is above `memory`",
            (reserved.span, "the reservation"),
            (memory.span, "the limit"),
            "lower `memory_reservation`, or raise `memory`",
        );
    }
    // podman-run(1): the value of --memory-swap is memory and swap together.
    if let Some((memory, swap)) = above(memory, swap(limits)) {
        report(
            "`memory_swap` is below `memory`",
            (swap.span, "memory and swap together"),
            (memory.span, "the limit of memory"),
            "raise `memory_swap` to at least `memory`: it counts memory and swap together",
        );
    }
    if let (Some(swap), None) = (&limits.memory_swap, &limits.memory) {
        report(
            "`memory_swap` is set without `memory`",
            (swap.text.span, needed),
            owner,
            "add `memory` under `limits`",
        );
    }
    if let Some(pids) = limits.pids.as_ref().filter(|p| p.value < -1) {
        report(
            "`pids` is below -1",
            (pids.text.span, "expected a number of processes"),
            owner,
            "write the maximum number of processes, or remove `pids`",
        );
    }
}

/// Reports limits of a container that are above those of its service: the container can never reach them.
fn within(container: &Container, service: &Service, diagnostics: &mut Diagnostics) {
    let (inner, outer) = (&container.settings.limits, &service.limits);
    for (key, limit, texts) in [
        ("memory", "memory", above(size(&inner.memory), size(&outer.memory))),
        ("memory_reservation", "memory", above(size(&inner.memory_reservation), size(&outer.memory))),
        ("memory_swap", "memory_swap", above(swap(inner), swap(outer))),
        ("cpus", "cpus", above(cpus(inner), cpus(outer))),
        ("pids", "pids", above(pids(inner), pids(outer))),
    ] {
        if let Some((inner, outer)) = texts {
            diagnostics.push(
                Diagnostic::new(
                    Code::LimitsContradict,
                    format!("`{key}` of `{}` is above `{limit}` of its service", container.name),
                    inner.span,
                    "the container",
                )
                .and(outer.span, format!("the service `{}`", service.name))
                .help(format!(
                    "lower it to {}, or raise `{limit}` of the service to {}",
                    outer.value(),
                    inner.value()
                )),
            );
        }
    }
}

/// Reports a CPU of a container that is not among those of its service.
fn cpusets(container: &Container, service: &Service, diagnostics: &mut Diagnostics) {
    let (Some(inner), Some(outer)) = (&container.settings.limits.cpuset, &service.limits.cpuset) else {
        return;
    };
    if let Some(cpu) = inner.value.outside(&outer.value) {
        diagnostics.push(
            Diagnostic::new(
                Code::LimitsContradict,
                format!("`cpuset` of `{}` has a CPU that its service does not have", container.name),
                inner.text.span,
                format!("the CPU {cpu}"),
            )
            .and(outer.text.span, format!("the CPUs of the service `{}`", service.name))
            .help("write CPUs of the service, or add the CPU to `cpuset` of the service"),
        );
    }
}

/// Reports an argument that keeps a container out of the slice of its service.
fn apart(container: &Container, service: &Service, diagnostics: &mut Diagnostics) {
    if service.limits.is_empty() {
        return;
    }
    for argument in arguments(&container.settings.podman_args) {
        let mode = argument.value.as_ref().map(|mode| mode.value()).unwrap_or_default();
        let does = match (argument.name.as_str(), mode.as_str()) {
            ("cgroup-parent", _) => "another cgroup",
            // podman-run(1), --cgroups.
            ("cgroups", "disabled" | "split") => "Podman accepts no `--cgroup-parent` with it",
            _ => continue,
        };
        diagnostics.push(
            Diagnostic::new(
                Code::LimitsContradict,
                format!("`--{}` keeps `{}` out of the slice of its service", argument.name, container.name),
                argument.span,
                does,
            )
            .and(service.limits.span, "the limits of the service apply to its slice")
            .help("remove the argument, or the `limits` of the service"),
        );
    }
}
