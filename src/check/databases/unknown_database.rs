//! A container uses a database that the host has.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let Some(name) = &container.uses.postgres else { continue };
        let is_unread = host.postgres.is_none() && host.unreadable.may_hold(&["postgres"]);
        if host.database(container).is_some() || is_unread {
            continue;
        }
        let written = name.text.value();
        let help = match &host.postgres {
            None => format!(
                "add `postgres: {{ version: 17, databases: {{ {written}: {{ password: SECRET }} }} }}`"
            ),
            Some(postgres) if postgres.databases.is_cut => continue,
            Some(postgres) if postgres.databases.entries.is_empty() => {
                format!("declare it: `databases: {{ {written}: {{ password: SECRET }} }}`")
            }
            Some(postgres) => {
                let names: Vec<String> =
                    postgres.databases.entries.iter().map(|(name, _)| name.value()).collect();
                diagnostics.suggestion(&written, names.iter().map(String::as_str))
            }
        };
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownDatabase,
                format!("there is no database `{written}` in the host's Postgres"),
                name.text.span,
                "not declared",
            )
            .help(help)
            .once(),
        );
    }
}
