//! A database's data folder must have the owner and the mode that the database sets. If tmpfiles applies others at
//! every run, the two alternate, and Postgres does not start with a folder that other users can read
//! (<https://www.postgresql.org/docs/current/creating-cluster.html>).

use crate::check::isolation::grants::user;
use crate::databases::{data_location, data_volume, known_data, known_databases, mounted_for};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::image::Kind;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    read_only(host, diagnostics);
    for (container, known) in known_databases(host) {
        let Some((volume, path)) = data_volume(container, known) else { continue };
        let is_set = volume.owner.is_some() || volume.group.is_some() || volume.mode.is_some();
        // A folder above the data may have any mode.
        let target = volume.target.value();
        let exactly = data_location(container, known)
            .is_some_and(|(data, _)| target.trim_end_matches('/') == data.trim_end_matches('/'));
        if is_set && exactly && known.is_official_postgres() {
            let mode = volume.mode.as_ref();
            let private = mode.is_some_and(|mode| matches!(mode.value.bits, 0o700 | 0o750));
            if !private {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DataFolder,
                        format!(
                            "the data folder {} would have mode {}",
                            path.value(),
                            mode.map_or_else(|| "0755".to_owned(), |mode| mode.text.value())
                        ),
                        mode.map_or(volume.span, |mode| mode.span()),
                        "expected 0700 or 0750: Postgres refuses a folder that other users can read",
                    )
                    .help("write `mode: \"0700\"`"),
                );
            }
        }
        let image = &container.settings.image.value;
        let user = user(container).map(|grant| grant.granted);
        let runs_as = user.or_else(|| image.user().map(|u| u.to_string()));
        let owner = volume.owner.as_ref().map(|o| (o, o.text.value()));
        if let (Some(runs_as), Some((owner, value))) = (runs_as, owner) {
            let number = |name: &str| name.split(':').next().and_then(|n| n.parse::<u32>().ok());
            if let (Some(runs), Some(owns)) = (number(&runs_as), number(&value))
                && runs != owns
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DataFolder,
                        format!("{} runs as {runs}, but its data would belong to {owns}", known.name),
                        owner.text.span,
                        format!("expected {runs}"),
                    )
                    .and(container.settings.image.text.span, format!("this image runs as {runs}"))
                    .help(format!("write `owner: {runs}`")),
                );
            }
        }
    }
}

/// Reports data that is mounted read-only.
fn read_only(host: &Host, diagnostics: &mut Diagnostics) {
    for (container, known) in known_data(host).filter(|(_, known)| known.kind != Kind::Cache) {
        let Some(volume) = mounted_for(container, known) else { continue };
        let Some(option) = volume.options.iter().find(|option| option.value() == "ro") else { continue };
        let name = &container.name;
        let message = match known.kind {
            Kind::Program => format!("`{name}` cannot write its data"),
            _ => format!("the database of `{name}` cannot start: its data is read-only"),
        };
        diagnostics.push(
            Diagnostic::new(Code::DataFolder, message, option.span, "mounted read-only")
                .and(container.settings.image.text.span, format!("{} writes to this path", known.name))
                .help("remove `ro`"),
        );
    }
}
