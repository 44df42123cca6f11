//! An image runs on the processor that it was built for.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::setting::{CpuLevel, Spanned, System};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let (system, mut level) = (&host.machine.system, host.machine.cpu_level.as_ref());
    if let (Some(Spanned { value: System::Aarch64, span }), Some(other)) = (system, level) {
        level = None;
        diagnostics.push(
            Diagnostic::new(
                Code::Processor,
                format!("a processor of {} has no level of x86-64", System::Aarch64.word()),
                other.span,
                "only for x86_64-linux",
            )
            .and(*span, "the platform of the host")
            .help("remove `cpu_level`"),
        );
    }
    for container in host.containers() {
        if let Some(system) = system {
            built_for(system, container, diagnostics);
        }
        if let Some(level) = level {
            needs(level, container, diagnostics);
        }
    }
}

/// Reports an image for another platform than the host.
fn built_for(system: &Spanned<System>, container: &Container, diagnostics: &mut Diagnostics) {
    let image = &container.settings.image;
    let Some(built) = image.value.system().filter(|built| *built != system.value) else { return };
    diagnostics.push(
        Diagnostic::new(
            Code::Processor,
            format!("the image of `{}` is built for {} alone", container.name, built.word()),
            image.text.span,
            format!("does not run on {}", system.value.word()),
        )
        .and(system.span, "the platform of the host")
        .help(format!("write the tag of an image for {}", system.value.word())),
    );
}

/// Reports an image whose program uses instructions that the processor does not have.
fn needs(level: &Spanned<CpuLevel>, container: &Container, diagnostics: &mut Diagnostics) {
    let image = &container.settings.image;
    if image.value.system() == Some(System::Aarch64) {
        return;
    }
    let Some(needed) = image.value.cpu_level().filter(|needed| needed.word() > level.value.word()) else {
        return;
    };
    diagnostics.push(
        Diagnostic::new(
            Code::Processor,
            format!("the image of `{}` needs a processor of {}", container.name, needed.word()),
            image.text.span,
            "its program stops with an illegal instruction",
        )
        .and(level.span, "the level of the host")
        .help("on a virtual machine, set the type of its processor to `host`; otherwise run this container on another machine"),
    );
}
