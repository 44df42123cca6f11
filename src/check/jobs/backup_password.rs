//! A backup of MariaDB or MySQL needs the password that the container sets for its user.

use super::created::password;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::backup::Server;
use crate::image::Kind;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (_, backup) in host.backups() {
        let Some(saved) = backup.source.database() else { continue };
        let Server::Mysql(own) = &saved.server else { continue };
        let Some(container) = saved.container.as_ref().and_then(|id| host.container(id)) else { continue };
        if container.settings.image.value.known().is_some_and(|known| known.kind != Kind::Mysql) {
            continue;
        }
        let Some(set) = password(container, &saved.user.value()) else { continue };
        let name = set.text.value();
        if own.as_ref().is_some_and(|own| own.text.value() == name) {
            continue;
        }
        let (user, server) = (saved.user.value(), &container.name);
        let diagnostic = match own {
            Some(own) => Diagnostic::new(
                Code::BackupPassword,
                format!("`{server}` sets another password for `{user}`"),
                own.text.span,
                "the backup connects with this password",
            ),
            None => Diagnostic::new(
                Code::BackupPassword,
                format!("the backup has no password for `{user}`"),
                saved.user.span,
                "the backup connects as this user",
            ),
        };
        diagnostics.push(
            diagnostic
                .and(set.text.span, format!("the password of `{user}` in `{server}`"))
                .help(format!("write `password: {name}`")),
        );
    }
}
