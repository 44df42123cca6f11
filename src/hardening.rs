//! The capabilities of images whose start was tried without the rest of Podman's default ones.
//!
//! Podman gives a container CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID
//! and SYS_CHROOT (containers.conf(5), `default_capabilities`). A program that needs few of them is given these
//! few, and `no-new-privileges`. `tests/it/capabilities.rs` starts each program with them, on folders of root, of the program's
//! user and of a third one, and shows that none of them can be dropped.

use crate::podman::arguments::{Argument, arguments};
use crate::setting::Settings;

/// The images, by their paths in registries, and the capabilities that they need. The start scripts are those of
/// docker-library/postgres, MariaDB/mariadb-docker, docker-library/redis and valkey-io/valkey-settings.
///
/// Images that are not here keep Podman's default capabilities: their start was not tried.
const NEEDED: &[(&[&str], &[&str])] = &[
    (
        // The start script gives the data folder to the database's user, reads a secret of any owner, and then changes
        // to that user.
        &[
            "immich-app/postgres",
            "library/postgres",
            "pgvector/pgvector",
            "library/mariadb",
            "library/redis",
            "valkey/valkey",
        ],
        &["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"],
    ),
    (
        // Caddy runs as root: it binds ports 80 and 443, and reads folders of any owner. The file of its program has the
        // capability NET_BIND_SERVICE, without which the kernel refuses to run it.
        &["library/caddy"],
        &["DAC_OVERRIDE", "NET_BIND_SERVICE"],
    ),
];

/// Flags of `podman run` that decide about privileges.
const FLAGS: &[&str] = &["cap-add", "cap-drop", "entrypoint", "privileged", "security-opt", "user", "userns"];

/// The capabilities that a container is limited to. `None` where its image was not tried, and where the file itself says
/// anything about its privileges or replaces the image's start script.
pub fn capabilities(settings: &Settings) -> Option<&'static [&'static str]> {
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
    let image = &settings.image.value;
    let known = NEEDED.iter().find(|(paths, _)| paths.iter().any(|path| image.is(path)));
    known.map(|(_, capabilities)| *capabilities)
}
