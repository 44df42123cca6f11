//! A backup failed.

use super::messages;
use crate::docs::commands;
use crate::inventory::{Inventory, Job, Place, Saved, Work};
use crate::markdown::code;

pub(super) fn section(inventory: &Inventory) -> String {
    let backups: Vec<(&Job, &Saved)> = inventory
        .jobs
        .iter()
        .filter_map(|job| match &job.work {
            Work::Backup(saved) => Some((job, saved.as_ref())),
            _ => None,
        })
        .collect();
    let Some((first, _)) = backups.first() else { return String::new() };
    let mut text = "### A backup failed\n\n".to_owned();
    text.push_str("The earlier backups are unchanged. The log names the cause; run the backup again once it is gone:\n\n");
    text.push_str(&commands([
        ("", format!("journalctl -u {} -n 50 --no-pager", first.unit)),
        ("", first.run.clone()),
    ]));
    let has = |wanted: fn(&Saved) -> bool| backups.iter().any(|(_, saved)| wanted(saved));
    let is_local = |saved: &Saved| matches!(saved.place, Place::Folder { .. });
    let mut rows: Vec<(&str, String)> = Vec::new();
    if !inventory.disks.is_empty() {
        rows.push((
            "no disk is mounted at PATH: waiting for it",
            "The disk of the source or of the backups is not mounted: `systemctl status PATH`, then `systemctl start PATH`."
                .to_owned(),
        ));
    }
    if has(is_local) {
        rows.push((
            "another run is active in FOLDER: try again when it has finished",
            format!("A run is not finished: {}.", code(&format!("systemctl status {}", first.unit))),
        ));
        rows.push((
            "FOLDER belongs to another user, who could put a link into it",
            "Only root may write to the folder of backups: `chown root FOLDER`.".to_owned(),
        ));
        rows.push((
            "could not be restored on trial, and is kept",
            "The dump is complete, and could not be loaded into a temporary database. The lines above name the table or the \
             extension. The dump is kept with `-not-restorable` in its name."
                .to_owned(),
        ));
    }
    if has(|saved| saved.server.is_some()) {
        rows.push((
            "is not ready after N seconds",
            "The database server does not run, or is still starting: look at the unit of its container."
                .to_owned(),
        ));
        rows.push((
            "has no tables: check that its disk is mounted",
            "The database is empty. Its data may be on a disk that was not mounted when it started; do not delete earlier \
             backups."
                .to_owned(),
        ));
    }
    if has(|saved| saved.kind == "folder") {
        rows.push((
            "the folder to copy is empty: FOLDER; check that its disk is mounted",
            "The source is an empty folder: its disk is not mounted, or its data moved.".to_owned(),
        ));
        rows.push((
            "was not copied completely: see the messages of rsync above",
            "A file could not be read or written: look at the lines above, and at the free space.".to_owned(),
        ));
    }
    if has(|saved| saved.kind == "SQLite database") {
        rows.push((
            "could not be copied: check that it is a database, and the free space",
            "The file is not an SQLite database, or the disk is full.".to_owned(),
        ));
        rows.push((
            "is damaged, and possibly the database too",
            "The database file is damaged. Stop its service, and restore the newest backup.".to_owned(),
        ));
    }
    rows.push((
        "No space left on device",
        "The disk of the backups is full: see [A disk is full](#a-disk-is-full).".to_owned(),
    ));
    text.push_str(&messages(&rows));
    for (job, saved) in &backups {
        let client = format!("restic-{}", job.unit.trim_end_matches(".service"));
        let unit = match (&saved.copy, &saved.place) {
            (Some((unit, _)), _) => unit,
            (None, Place::Repository) => &job.unit,
            (None, Place::Folder { .. }) => continue,
        };
        text.push_str(&format!("If {} cannot reach the restic repository:\n\n", code(unit)));
        text.push_str(&commands([
            ("The error", format!("journalctl -u {unit} -n 50 --no-pager")),
            ("Try the connection and the password", format!("{client} snapshots")),
            ("Remove the locks of runs that were killed", format!("{client} unlock")),
            ("Check the repository", format!("{client} check")),
            ("Run it again", format!("systemctl start {unit}")),
        ]));
    }
    text
}
