//! A device passes by every permission of files: a disk has all of them on it.
//!
//! A bind of a device's node opens nothing by itself: the control group of a container lets it use the devices that
//! `devices` and `device_cgroup_rules` name (Linux, Documentation/admin-guide/cgroup-v2.rst, "Device controller"). So
//! `/dev/disk:/dev/disk:ro` shows the names of disks, which monitors want.

use super::grants::{binds, device_rules, devices};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::{device, opens_all_devices};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let rules = device_rules(container);
        // A bind of /dev itself is a system folder.
        let bound = binds(container).into_iter().map(|bind| (bind.source, bind.span));
        let nodes = bound.filter(|(path, _)| !rules.is_empty() && path.trim_end_matches('/') != "/dev");
        let given = devices(container).into_iter().map(|grant| (grant.what, grant.span));
        for (path, span) in given.chain(nodes).collect::<Vec<_>>() {
            let Some(gives) = device(&path) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::HostDevice,
                    format!("`{}` has the device {path}", container.name),
                    span,
                    format!("the container can {gives}"),
                )
                .help("remove it, and mount the files that the container needs under `volumes`"),
            );
        }
        for grant in rules.into_iter().filter(|grant| opens_all_devices(&grant.what)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::HostDevice,
                    format!("`{}` may use devices of every number", container.name),
                    grant.span,
                    "the host's disks or memory are among them",
                )
                .help("list the devices that the container needs under `devices`"),
            );
        }
    }
}
