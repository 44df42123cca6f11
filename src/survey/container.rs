//! Containers.

use crate::hir;
use crate::setting::UsedSecret;

/// The secrets that a container checks before its start: its own, and the passwords for the servers of the host.
pub(super) fn needed<'a>(container: &'a hir::Container, host: &'a hir::Host) -> Vec<UsedSecret<'a>> {
    let postgres = host.database(container).and_then(|(_, database)| database.password.as_ref());
    let valkey = host.valkey_user(container).map(|(_, user)| &user.password);
    let of_servers = postgres.into_iter().chain(valkey).map(|password| UsedSecret::of(password, None));
    container.secrets().into_iter().chain(of_servers).collect()
}
