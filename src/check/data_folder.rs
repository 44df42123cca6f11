//! A database's data folder has the owner and the mode that the database gives it. Where tmpfiles applies
//! others at every run, the two take turns, and Postgres does not start with one that others can read
//! (<https://www.postgresql.org/docs/current/creating-cluster.html>).

use crate::ast::container::{Volume, VolumeSource};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::image::{ImageName, Kind, Known};
use crate::path::is_below;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (container, known) in known_databases(host) {
        let Some((volume, path)) = data_volume(container, known) else { continue };
        let asked = volume.owner.is_some() || volume.group.is_some() || volume.mode.is_some();
        // A folder above the data may have any mode.
        let target = volume.target.value();
        let exactly = data_place(container, known)
            .is_some_and(|(data, _)| target.trim_end_matches('/') == data.trim_end_matches('/'));
        if asked && exactly && known.kind == Kind::Postgres {
            let mode = volume.mode.as_ref().map(|m| m.value());
            let private = mode.as_deref().is_some_and(|m| matches!(m.trim_start_matches('0'), "700" | "750"));
            if !private {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DataFolder,
                        format!("{} would have mode {}", path.value(), mode.as_deref().unwrap_or("0755")),
                        volume.mode.as_ref().map_or(volume.span, |m| m.0.span),
                        "Postgres keeps its data to itself",
                    )
                    .help("write `mode: \"0700\"`"),
                );
            }
        }
        let image = ImageName::of(&container.compose.image);
        let user = container.compose.user.as_ref().map(|u| u.value());
        let runs_as = user.or_else(|| image.user().map(|u| u.to_string()));
        let owner = volume.owner.as_ref().map(|o| (o, o.value()));
        if let (Some(runs_as), Some((owner, value))) = (runs_as, owner) {
            let number = |name: &str| name.split(':').next().and_then(|n| n.parse::<u32>().ok());
            if let (Some(runs), Some(owns)) = (number(&runs_as), number(&value))
                && runs != owns
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DataFolder,
                        format!("{} runs as {runs}, and its data would belong to {owns}", known.name),
                        owner.0.span,
                        "somebody else",
                    )
                    .and(container.compose.image.0.span, format!("runs as {runs}"))
                    .help(format!("write `owner: {runs}`")),
                );
            }
        }
    }
}

/// The containers whose image is known to hold a database.
pub(super) fn known_databases(host: &Host) -> impl Iterator<Item = (&Container, &'static Known)> {
    host.containers().filter_map(|container| {
        let known = ImageName::of(&container.compose.image).known()?;
        (known.kind != Kind::Program).then_some((container, known))
    })
}

/// Where a database keeps its data, and the volume that its image declares for it.
pub(super) fn data_place(container: &Container, known: &Known) -> Option<(String, &'static str)> {
    let declared = known.data?;
    if known.kind != Kind::Postgres {
        return Some((declared.to_owned(), declared));
    }
    // From 18 on the volume is the folder above (<https://hub.docker.com/_/postgres>, "PGDATA").
    let (data, declared) = match ImageName::of(&container.compose.image).major() {
        Some(major) if major >= 18 => (format!("/var/lib/postgresql/{major}/docker"), "/var/lib/postgresql"),
        _ => (declared.to_owned(), declared),
    };
    let own = container.compose.environment.0.iter().find(|(name, _)| name.value() == "PGDATA");
    Some((own.map_or(data, |(_, path)| path.value()), declared))
}

/// What is mounted where the data lies. The volume that an image declares takes its place from one that is
/// mounted above it.
pub(super) fn mounted_for<'a>(container: &'a Container, known: &Known) -> Option<&'a Volume> {
    let (data, declared) = data_place(container, known)?;
    let covers = |folder: &str| is_below(&data, folder);
    let depth = |folder: &str| folder.trim_end_matches('/').len();
    let volume = container
        .compose
        .volumes
        .iter()
        .filter(|v| covers(&v.target.value()))
        .max_by_key(|v| depth(&v.target.value()))?;
    (!covers(declared) || depth(&volume.target.value()) >= depth(declared)).then_some(volume)
}

/// The folder of the host that a database's data ends up in.
pub(super) fn data_volume<'a>(container: &'a Container, known: &Known) -> Option<(&'a Volume, &'a Text)> {
    match mounted_for(container, known)? {
        volume @ Volume { source: VolumeSource::Bind(path), .. } => Some((volume, path)),
        _ => None,
    }
}
