//! A device bypasses file permissions: a disk contains every file on it.
//!
//! A bind of a device node opens nothing by itself: the control group of a container lets it use only the devices that
//! `devices` and `device_cgroup_rules` name (Linux, Documentation/admin-guide/cgroup-v2.rst, "Device controller"). So
//! `/dev/disk:/dev/disk:ro` shows only the names of disks, which monitors need.

use super::grants::{binds, device_rules, devices};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::isolation::{device, opens_all_devices};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let rules = device_rules(container);
        // `host_path.rs` reports a bind of /dev itself as a system folder.
        let bound = binds(container).into_iter().map(|bind| (bind.source, bind.span));
        let nodes = bound.filter(|(path, _)| !rules.is_empty() && path.trim_end_matches('/') != "/dev");
        let given = devices(container).into_iter().map(|grant| (grant.granted, grant.span));
        for (path, span) in given.chain(nodes).collect::<Vec<_>>() {
            let Some(gives) = device(&path) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::HostDevice,
                    format!("`{}` has access to the device {path}", container.name),
                    span,
                    format!("the container can {gives}"),
                )
                .help("remove the device, and mount the folder that the container needs under `volumes`"),
            );
        }
        for grant in rules.into_iter().filter(|grant| opens_all_devices(&grant.granted)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::HostDevice,
                    format!("`{}` has access to a whole class of devices", container.name),
                    grant.span,
                    "the class includes the host's disks or memory",
                )
                .help("remove the rule, and list the devices that the container needs under `devices`"),
            );
        }
    }
}
