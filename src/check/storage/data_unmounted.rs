//! NixOS runs a container with `--rm`, and Podman removes a container's anonymous volumes with it (podman-run(1),
//! --volume). Data in the volume that an image declares is lost at the next start, unless the file mounts something
//! there; and so is data in the container's own file system.

use crate::databases::{data_location, known_data, mounted_for, swapped_volume};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::image::Kind;
use crate::path::is_below;
use crate::podman::bind::mounts;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (container, known) in known_data(host).filter(|(_, known)| known.kind != Kind::Cache) {
        let Some((data, declared)) = data_location(container, known) else { continue };
        let settings = &container.settings;
        // A tmpfs is a choice of the file.
        let in_memory = settings.tmpfs.0.iter().any(|tmpfs| {
            let value = tmpfs.text.value();
            is_below(&data, value.split(':').next().unwrap_or_default())
        });
        // A volume inside the declared volume was intended for the data; `postgres_volume.rs` reports it.
        let is_within = |folder: &str| container.volumes.iter().any(|v| is_below(&v.target.value(), folder));
        let by_arguments = mounts(&settings.podman_args).any(|mount| is_below(&data, &mount.target));
        let beside = is_below(&data, declared) && is_within(declared);
        // A part that could not be parsed may be the volume.
        let unreadable = container.unreadable.may_hold(&["volumes", "tmpfs", "podman_args", "environment"]);
        if mounted_for(container, known).is_some()
            || swapped_volume(container, known).is_some()
            || in_memory
            || by_arguments
            || beside
            || known.older_data.is_some_and(is_within)
            || unreadable
        {
            continue;
        }
        let above = container.volumes.iter().find(|v| is_below(&data, &v.target.value()));
        let diagnostic = Diagnostic::new(
            Code::DataUnmounted,
            format!("the data of `{}` would be lost at each restart", container.name),
            settings.image.text.span,
            format!("the image keeps its data in {data}, which is not in a volume"),
        );
        let diagnostic = match above {
            Some(volume) => {
                diagnostic.and(volume.span, format!("an anonymous volume on {declared} hides this volume"))
            }
            None => diagnostic,
        };
        let target = if is_below(&data, declared) { declared } else { &data };
        let is_unknown_major =
            known.is_official_postgres() && settings.image.value.major().is_none() && target == declared;
        let otherwise =
            if is_unknown_major { ", or on /var/lib/postgresql/data for Postgres 17 and older" } else { "" };
        diagnostics.push(diagnostic.help(format!("mount a folder or a named volume on {target}{otherwise}")));
    }
}
