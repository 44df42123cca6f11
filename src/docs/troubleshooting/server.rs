//! Servers of the host: Postgres, Valkey, and the address in the tailnet.

use crate::docs::commands;
use crate::inventory::Inventory;

pub(super) fn section(inventory: &Inventory) -> String {
    let host = &inventory.host;
    let mut text = String::new();
    if host.runs_postgres {
        text.push_str("### The host's Postgres does not run\n\n");
        text.push_str(
            "The containers that use it wait, and start once it accepts connections. `postgres-databases.service` sets the \
             passwords and the extensions of the databases; its log names a secret that is missing.\n\n",
        );
        text.push_str(&commands([
            ("", "systemctl status postgresql.service postgres-databases.service".to_owned()),
            (
                "",
                "journalctl -u postgresql.service -u postgres-databases.service -n 50 --no-pager".to_owned(),
            ),
            ("", "systemctl restart postgresql.service postgres-databases.service".to_owned()),
        ]));
    }
    if host.runs_valkey {
        text.push_str("### The host's Valkey does not run\n\n");
        text.push_str(
            "The containers that use it wait, and start once it answers. `valkey-acl.service` writes its users from the \
             secrets; its log names a secret that is missing. `NOPERM` in the log of a program is a command, a key or a channel \
             that its user may not use: see `valkey.users` in the file.\n\n",
        );
        text.push_str(&commands([
            ("", "systemctl status redis-valkey.service valkey-acl.service".to_owned()),
            ("", "journalctl -u redis-valkey.service -u valkey-acl.service -n 50 --no-pager".to_owned()),
            ("", "systemctl restart valkey-acl.service redis-valkey.service".to_owned()),
        ]));
    }
    text
}
