//! The capabilities of images whose start was tried without the rest of Podman's default ones.
//!
//! Podman gives a container CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID
//! and SYS_CHROOT (containers.conf(5), `default_capabilities`). A program that needs few of them is given these
//! few, and `no-new-privileges`. `tests/it/capabilities.rs` starts each program with them, on folders of root, of the program's
//! user and of a third one, and shows that none of them can be dropped. `data/images.yaml` has them; an image that has none there
//! keeps Podman's default ones, since its start was not tried.

use crate::ast::Container;
use crate::podman::arguments::{Argument, arguments};

/// Flags of `podman run` that decide about privileges.
const FLAGS: &[&str] = &["cap-add", "cap-drop", "entrypoint", "privileged", "security-opt", "user", "userns"];

/// The capabilities that a container is limited to. `None` where its image was not tried, and where the file itself says
/// anything about its privileges or replaces the image's start script.
pub fn capabilities(container: &Container) -> Option<&'static [&'static str]> {
    let decides = !container.cap_add.is_empty()
        || !container.cap_drop.is_empty()
        || !container.security_opt.is_empty()
        || container.privileged.is_some()
        || container.user.is_some()
        || container.userns_mode.is_some()
        || container.entrypoint.is_some();
    let is_flag = |argument: &Argument| FLAGS.contains(&argument.name.as_str());
    if decides || arguments(&container.podman_args).iter().any(is_flag) {
        return None;
    }
    container.image.value.capabilities()
}
