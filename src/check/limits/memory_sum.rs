//! The host must have the memory for all containers that reach their limit at the same time.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Size, bytes_in_words};
use crate::hir::{Host, Service};
use crate::source::Span;
use crate::tree::Node;
use crate::value::Value;

/// The maximum number of limits that a message shows.
const SHOWN: usize = 8;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let Some(memory) = &host.machine.memory else { return };
    let has = memory.value.bytes;
    let running = host.services.iter().filter(|service| service.enable);
    let mut given: Vec<(u64, Span, Owner)> = running.flat_map(limits).collect();
    let sum: u64 = given.iter().map(|(bytes, ..)| *bytes).fold(0, u64::saturating_add);
    if sum <= has {
        return;
    }
    given.sort_by_key(|(bytes, span, _)| (std::cmp::Reverse(*bytes), *span));
    let mut diagnostic = Diagnostic::new(
        Code::MemorySum,
        format!("{} {}, but the host has {}", owners(&given), bytes_in_words(sum), bytes_in_words(has)),
        memory.span(),
        "the host's memory",
    );
    for (bytes, span, _) in given.iter().take(SHOWN) {
        diagnostic = diagnostic.and(*span, bytes_in_words(*bytes));
    }
    diagnostics.push(
        diagnostic.help("lower limits that are too high: `podman stats` shows the memory of each container"),
    );
}

/// The owner of a limit.
#[derive(Clone, Copy, PartialEq)]
enum Owner {
    Container,
    Service,
}

/// The limits that bound the memory of a service: the limit of the service, if it is lower than the limits of its
/// containers together, or if a container has no limit.
fn limits(service: &Service) -> Vec<(u64, Span, Owner)> {
    let read = |limit: &Option<Value<Size>>, owner| {
        let limit = limit.as_ref().filter(|limit| limit.span() != Span::PLACEHOLDER)?;
        Some((limit.value.bytes, limit.span(), owner))
    };
    let own: Vec<_> =
        service.containers.iter().map(|c| read(&c.settings.limits.memory, Owner::Container)).collect();
    let sum = own.iter().copied().try_fold(0u64, |sum, limit| Some(sum.saturating_add(limit?.0)));
    match read(&service.limits.memory, Owner::Service).filter(|_| !own.is_empty()) {
        Some(limit) if sum.is_none_or(|sum| limit.0 < sum) => vec![limit],
        _ => own.into_iter().flatten().collect(),
    }
}

/// The owners of the limits, with the verb of a sentence about their sum.
fn owners(given: &[(u64, Span, Owner)]) -> String {
    let services = given.iter().filter(|(.., owner)| *owner == Owner::Service).count();
    let count = |number: usize, noun: &str| match number {
        1 => format!("a {noun}"),
        several => format!("{several} {noun}s"),
    };
    match (given.len() - services, services) {
        (1, 0) => "the limit of a container is".to_owned(),
        (0, 1) => "the limit of a service is".to_owned(),
        (containers, 0) => format!("the limits of {} add up to", count(containers, "container")),
        (0, services) => format!("the limits of {} add up to", count(services, "service")),
        (containers, services) => format!(
            "the limits of {} and {} add up to",
            count(services, "service"),
            count(containers, "container")
        ),
    }
}
