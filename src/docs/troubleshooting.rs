//! The section about failures: for each symptom the command that names the cause, and the action. A subject is one file.
//! The messages are those of the scripts in `templates/scripts/`, with capitals for names; a test compares them.

mod backup;
mod certificate;
mod container;
mod disk;
mod job;
mod notification;
mod server;
mod site;

use crate::inventory::Inventory;
use crate::markdown::{name, table};

pub(super) fn section(inventory: &Inventory) -> String {
    let subjects: [fn(&Inventory) -> String; 8] = [
        container::section,
        server::section,
        site::section,
        certificate::section,
        backup::section,
        job::section,
        disk::section,
        notification::section,
    ];
    let text: String = subjects.iter().map(|subject| subject(inventory)).collect();
    format!("## Troubleshooting\n\n{text}")
}

/// A table of messages, each with its cause and the action.
fn messages(rows: &[(&str, String)]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|(message, action)| vec![name(message), action.clone()]).collect();
    table(&["Message", "Cause and action"], &rows)
}
