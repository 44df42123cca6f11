//! The minimal capabilities of images, found by tests.
//!
//! Podman gives a container CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID
//! and SYS_CHROOT (containers.conf(5), `default_capabilities`). A program that needs few of them gets only these,
//! and `no-new-privileges`. `tests/it/capabilities.rs` starts each program with them, on folders of root, of the
//! program's user and of a third user, and shows that none of them can be dropped. `data/images.yaml` lists them.
//! An image without a list there was not tested, and keeps Podman's defaults.

use crate::podman::arguments::{Argument, arguments};
use crate::setting::Settings;

/// Flags of `podman run` that affect privileges.
const FLAGS: &[&str] = &["cap-add", "cap-drop", "entrypoint", "privileged", "security-opt", "user", "userns"];

/// The capabilities that a container is limited to. `None` if its image was not tested, or if the file sets
/// privileges or replaces the image's start script.
pub(crate) fn capabilities(settings: &Settings) -> Option<&'static [&'static str]> {
    let decides = !settings.cap_add.is_empty()
        || !settings.cap_drop.is_empty()
        || !settings.security_opt.is_empty()
        || !settings.privileged.text.is_default
        || settings.user.is_some()
        || settings.userns_mode.is_some()
        || settings.entrypoint.is_some();
    let is_flag = |argument: &Argument| FLAGS.contains(&argument.name.as_str());
    if decides || arguments(&settings.podman_args).iter().any(is_flag) {
        return None;
    }
    settings.image.value.capabilities()
}
