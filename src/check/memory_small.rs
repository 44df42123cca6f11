//! Programs that are killed, or never start, with less memory than they say they need.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::image::ImageName;
use crate::size::{in_words, size_bytes};
use crate::tree::Node;

/// What OpenVINO's variant of the machine learning takes, in MiB.
const OPENVINO: u64 = 6144;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let image = ImageName::of(&container.compose.image);
        let Some((known, (least, why))) = image.known().and_then(|k| Some((k, k.memory?))) else { continue };
        let openvino = image.tag.as_deref().is_some_and(|t| t.ends_with("-openvino"));
        let least = if openvino { OPENVINO.max(least) } else { least } << 20;
        let limit = container.compose.limits.as_ref().and_then(|l| l.memory.as_ref());
        let (given, whose) = match (limit, &host.machine.memory) {
            (Some(limit), _) => (limit, "its limit"),
            (None, Some(memory)) => (memory, "all that the host has"),
            (None, None) => continue,
        };
        if size_bytes(&given.value()).is_some_and(|bytes| bytes < least) {
            diagnostics.push(
                Diagnostic::new(
                    Code::MemorySmall,
                    format!("{} needs {}", known.name, in_words(least)),
                    given.0.span,
                    whose,
                )
                .and(container.compose.image.0.span, why)
                .help(format!("give it {} or more", in_words(least))),
            );
        }
    }
}
