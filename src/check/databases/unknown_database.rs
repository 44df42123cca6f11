//! A container uses a database, or a user, that a server of the host has, and a backup saves such a database.

use super::{Server, servers};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for server in servers(host) {
        let Server { key, noun, program, .. } = server;
        let is_unread = server.names.is_none() && host.unreadable.may_hold(&[key]);
        if server.is_cut || is_unread {
            continue;
        }
        let saved = host.backups().filter_map(|(_, backup)| Some(&backup.source.host_database()?.database));
        let saved = saved.filter(|_| key == "postgres");
        for name in host.containers().filter_map(server.used).chain(saved) {
            let written = name.value();
            let known = server.names.as_ref().filter(|names| !names.is_empty());
            if known.is_some_and(|names| names.contains(&written)) {
                continue;
            }
            let help = match known {
                None => format!("declare it: `{}`", server.example.replace("NAME", &written)),
                Some(names) => diagnostics.suggestion(&written, names.iter().map(String::as_str)),
            };
            diagnostics.push(
                Diagnostic::new(
                    Code::UnknownDatabase,
                    format!("there is no {noun} `{written}` in the host's {program}"),
                    name.span,
                    "not declared",
                )
                .help(help)
                .once(),
            );
        }
    }
}
