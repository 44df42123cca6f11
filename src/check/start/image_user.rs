//! Images whose start script runs as root and takes the user from variables.

use crate::check::isolation::grants::{Grant, user};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let Some(Grant { granted: value, span }) = user(container) else { continue };
        let (id, group) =
            value.split_once(':').map_or((value.as_str(), None), |(id, group)| (id, Some(group)));
        let image = &container.settings.image;
        let Some(variables) = image.value.user_variables().filter(|_| !matches!(id, "0" | "root")) else {
            continue;
        };
        let (uid, gid) = (variables.user, variables.group);
        let numeric = |id: &str| id.bytes().all(|b| b.is_ascii_digit());
        diagnostics.push(
            Diagnostic::new(
                Code::ImageUser,
                format!("images of {} set their user from `{uid}` and `{gid}`", variables.publisher),
                span,
                "`user` keeps their start script from running as root",
            )
            .and(image.text.span, "this image")
            .help(match numeric(id) && group.is_none_or(numeric) {
                true => format!(
                    "replace `user` with `{uid}: \"{id}\"` and `{gid}: \"{}\"` under `environment`",
                    group.unwrap_or(id)
                ),
                false => {
                    format!("replace `user` with the numbers, as `{uid}` and `{gid}` under `environment`")
                }
            }),
        );
    }
}
