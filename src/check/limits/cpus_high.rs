//! A limit above the number of CPUs limits nothing, and Podman refuses a set with a CPU that does not exist.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::Limits;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(cpus) = host.machine.cpus.as_ref().filter(|cpus| cpus.span() != Span::PLACEHOLDER) else {
        return;
    };
    let mut report = |name: &str, limits: &Limits| {
        let count = match cpus.value.0 {
            1 => "1 CPU".to_owned(),
            count => format!("{count} CPUs"),
        };
        let last = u32::from(limits.cpuset.as_ref().map_or(0, |cpuset| cpuset.value.last()));
        if let Some(cpuset) = limits.cpuset.as_ref().filter(|_| last >= cpus.value.0) {
            diagnostics.push(
                Diagnostic::new(
                    Code::CpusHigh,
                    format!("`cpuset` of `{name}` has a CPU that the host does not have"),
                    cpuset.text.span,
                    format!("the CPU {last}"),
                )
                .and(cpus.text.span, format!("the host has {count}, numbered from 0"))
                .help(format!("write numbers from 0 to {}", cpus.value.0 - 1)),
            );
        }
        let Some(limit) = limits.cpus.as_ref().filter(|limit| limit.value.0 > f64::from(cpus.value.0)) else {
            return;
        };
        diagnostics.push(
            Diagnostic::new(
                Code::CpusHigh,
                format!("`cpus` of `{name}` is above the number of CPUs"),
                limit.text.span,
                "limits nothing",
            )
            .and(cpus.text.span, format!("the host has {count}"))
            .help(format!("lower `cpus` to less than {}, or remove it", cpus.value.0)),
        );
    };
    for service in &host.services {
        report(service.name.as_str(), &service.limits);
        for container in &service.containers {
            report(container.name.as_str(), &container.settings.limits);
        }
    }
}
