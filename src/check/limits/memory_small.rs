//! Programs that are killed, or never start, with less memory than their documentation requires.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Size, bytes_in_words};
use crate::hir::Host;
use crate::tree::Node;
use crate::value::Value;

/// The memory that OpenVINO's variant of the machine learning image needs, in MiB.
const OPENVINO: u64 = 6144;

/// The memory that the start of a container needs, in bytes. Podman accepts any limit; Docker refuses less than this
/// "to account for overhead during startup" (linuxMinMemory in moby, daemon/daemon_unix.go).
const LEAST: u64 = 6 << 20;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for service in host.services.iter().filter(|service| !service.containers.is_empty()) {
        if let Some(limit) = service.limits.memory.as_ref().filter(|limit| limit.value.bytes < LEAST) {
            too_little(limit, "the limit of the service", diagnostics);
        }
    }
    for (service, container) in host.services.iter().flat_map(|s| s.containers.iter().map(move |c| (s, c))) {
        let limit = container.settings.limits.memory.as_ref();
        if let Some(limit) = limit.filter(|limit| limit.value.bytes < LEAST) {
            too_little(limit, "the limit of the container", diagnostics);
            continue;
        }
        let image = &container.settings.image.value;
        let Some((known, (least, why))) = image.known().and_then(|k| Some((k, k.memory?))) else { continue };
        // The lower limit of a container and its service applies.
        let limits = limit.into_iter().chain(service.limits.memory.as_ref());
        let Some(limit) = limits.min_by_key(|limit| limit.value).filter(|limit| limit.value.bytes >= LEAST)
        else {
            continue;
        };
        let openvino = image.tag.as_deref().is_some_and(|t| t.ends_with("-openvino"));
        let least = if openvino { OPENVINO.max(least) } else { least } << 20;
        if limit.value.bytes < least {
            diagnostics.push(
                Diagnostic::new(
                    Code::MemorySmall,
                    format!("{} needs {} of memory", known.name, bytes_in_words(least)),
                    limit.span(),
                    format!("the limit is {}", bytes_in_words(limit.value.bytes)),
                )
                .and(container.settings.image.span(), why)
                .help(format!("raise the limit to {} or more", bytes_in_words(least))),
            );
        }
    }
    of_host(host, diagnostics);
}

/// Reports a limit with which no container starts.
fn too_little(limit: &Value<Size>, owner: &str, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::MemorySmall,
            format!("{} of memory is too little to start a container", bytes_in_words(limit.value.bytes)),
            limit.span(),
            owner,
        )
        .help(format!("raise the limit to {} or more", bytes_in_words(LEAST))),
    );
}

/// Compares the host's memory with the requirement of the most demanding container that is enabled.
fn of_host(host: &Host, diagnostics: &mut Diagnostics) {
    let Some(memory) = &host.machine.memory else { return };
    let running = host.services.iter().filter(|s| s.enable).flat_map(|s| &s.containers);
    let most = running
        .filter_map(|c| {
            let known = c.settings.image.value.known()?;
            Some((known.host_memory? << 20, known, c.settings.image.span()))
        })
        .max_by_key(|(least, _, _)| *least);
    if let Some((least, known, span)) = most
        && memory.value.bytes < least
    {
        diagnostics.push(
            Diagnostic::new(
                Code::MemorySmall,
                format!("{} needs a host with {} of memory", known.name, bytes_in_words(least)),
                memory.span(),
                format!("the host has {}", bytes_in_words(memory.value.bytes)),
            )
            .and(span, "required by its documentation")
            .help("run it on a host with more memory, or remove its machine learning"),
        );
    }
}
