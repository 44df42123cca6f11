//! The capabilities of images whose start was tried without the rest of Podman's default ones.
//!
//! Podman gives a container CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID
//! and SYS_CHROOT (containers.conf(5), `default_capabilities`). A program that needs few of them is given these
//! few, and `no-new-privileges`. `tests/it/capabilities.rs` starts each program with them, on folders of root, of the program's
//! user and of a third one, and shows that none of them can be dropped. `data/images.yaml` has them; an image that has none there
//! keeps Podman's default ones, since its start was not tried.

use crate::podman::arguments::{Argument, arguments};
use crate::setting::Settings;

/// Flags of `podman run` that decide about privileges.
const FLAGS: &[&str] = &["cap-add", "cap-drop", "entrypoint", "privileged", "security-opt", "user", "userns"];

/// The capabilities that a container is limited to. `None` where its image was not tried, and where the file itself says
/// anything about its privileges or replaces the image's start script.
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
