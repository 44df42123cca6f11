//! A notification arrived, or none did.

use super::messages;
use crate::docs::commands;
use crate::inventory::{Inventory, Work};
use crate::markdown::code;

pub(super) fn section(inventory: &Inventory) -> String {
    let host = &inventory.host;
    if host.notify.is_empty() {
        return String::new();
    }
    let mut text = "### A notification arrived\n\n".to_owned();
    let mut rows: Vec<(&str, String)> = vec![(
        "UNIT failed on HOST",
        "Run the last line of the notification, `journalctl -u UNIT -e`. A unit reports at most one failure an hour.".to_owned(),
    )];
    for job in &inventory.jobs {
        match &job.work {
            Work::SmokeTest => rows.push((
                "HOST: N of M checks fail",
                format!("The lines name the checks. {} prints the state of now.", code(&job.name)),
            )),
            Work::Update { .. } => rows.push((
                "a new release of a service, or a service that was not updated",
                format!("{} is about it: see [Jobs](#jobs).", code(&job.unit)),
            )),
            Work::Backup(_) | Work::Other => {}
        }
    }
    rows.dedup_by(|one, other| one.0 == other.0);
    text.push_str(&messages(&rows));
    text.push_str("### No notification arrives\n\n");
    text.push_str(&commands([
        ("Send one, and print why it cannot be sent", "notify --strict Test Hello".to_owned()),
        (
            "The notifications about failed units",
            "journalctl -u 'notify-failure@*' -n 20 --no-pager".to_owned(),
        ),
    ]));
    text.push_str(
        "A notification about a failed unit that cannot be sent is tried again after 15 minutes.\n\n",
    );
    text
}
