//! homegen creates the folders that containers bind, and no files. Podman refuses to start a container whose source is
//! missing, and an application that finds a folder instead of its file does not start either.

use crate::bind::{self, Treatment};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting::VolumeSource;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mount_points = host.mount_points();
    for volume in host.containers().flat_map(|c| &c.volumes) {
        let VolumeSource::Bind(path) = &volume.source else { continue };
        let value = path.value();
        let is_mount_point = mount_points.contains(value.trim_end_matches('/'));
        match bind::treatment(volume, &value, is_mount_point) {
            Treatment::Unclear => {}
            Treatment::OwnedFile => {
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnclearBind,
                        format!(
                            "`{value}` looks like a file, but only folders take an owner, a group and a mode"
                        ),
                        volume.span,
                        "homegen creates no files",
                    )
                    .help("remove `owner`, `group` and `mode`, and set them on the file itself"),
                );
                continue;
            }
            _ => continue,
        }
        diagnostics.push(
            Diagnostic::new(
                Code::UnclearBind,
                format!("`{value}` may be a file or a folder, and homegen does not create it"),
                volume.span,
                "the name does not show which of the two it is",
            )
            .help(format!(
                "for a folder, write `{{ source: {value}, target: {}, mode: \"0755\" }}`, which creates it",
                volume.target.value()
            )),
        );
    }
}
