//! A database of the host is also a role, and a word of pg_hba.conf.

use crate::diag::{Code, Diagnostic, Diagnostics, Help};
use crate::form::{DatabaseName, Form};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let names = host.postgres.iter().flat_map(|postgres| &postgres.databases.entries).map(|(name, _)| name);
    for name in names.filter(|name| DatabaseName::parse(&name.value()).is_none()) {
        let advice = DatabaseName::advice(&name.value());
        let (label, help) = match advice {
            Some(advice) => (advice.why, advice.help),
            None => {
                ("this name is not valid".to_owned(), Help::from(format!("write {}", DatabaseName::EXPECTED)))
            }
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadName,
                format!("`{}` is not a valid name for a database", name.value()),
                name.span,
                label,
            )
            .help(help.text),
        );
    }
}
