//! The names of entries that other programs read: a database is a role and a word of pg_hba.conf, a user of Valkey is a word
//! of its ACL, and a dataset of ZFS is a section of sanoid's configuration, and a
//! rewrite is for a name in the DNS.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Advice, DatabaseName, Dataset, Domain, Form, ValkeyUserName};
use crate::hir::Host;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let databases = host.postgres.iter().flat_map(|postgres| &postgres.databases.entries);
    databases.for_each(|(name, _)| check_name::<DatabaseName>(name, diagnostics));
    let users = host.valkey.iter().flat_map(|valkey| &valkey.users.entries);
    users.for_each(|(name, _)| check_name::<ValkeyUserName>(name, diagnostics));
    let datasets = host.zfs.iter().flat_map(|zfs| &zfs.snapshots.entries);
    datasets.for_each(|(name, _)| check_name::<Dataset>(name, diagnostics));
    let rewrites = host.adguard.iter().flat_map(|adguard| &adguard.rewrites.entries);
    rewrites.for_each(|(name, _)| check_name::<Domain>(name, diagnostics));
}

fn check_name<F: Form>(name: &Text, diagnostics: &mut Diagnostics) {
    let written = name.value();
    if F::parse(&written).is_some() {
        return;
    }
    let (label, help) = match F::advice(&written) {
        Some(Advice { why, help }) => (why, help.text),
        None => ("this name is not valid".to_owned(), format!("write {}", F::EXPECTED)),
    };
    let title = format!("`{written}` is not a valid {}", F::title());
    diagnostics.push(Diagnostic::new(Code::BadName, title, name.span, label).help(help));
}
