//! Backups, and the commands that restore them.

use super::{commands, names};
use crate::inventory::{Inventory, Job, Place, Saved, Work};
use crate::markdown::{code, name, words};

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    for job in &inventory.jobs {
        if let Work::Backup(saved) = &job.work {
            text.push_str(&backup(job, saved, inventory));
        }
    }
    if text.is_empty() { text } else { format!("## Backups and restore\n\n{text}") }
}

fn backup(job: &Job, saved: &Saved, inventory: &Inventory) -> String {
    let source = match &saved.server {
        Some(server) => format!("the {} {} in {}", saved.kind, code(&saved.source), code(server)),
        None => format!("the {} {}", saved.kind, code(&saved.source)),
    };
    let mut text = format!("### {}: {source}\n\n", words(&job.name));
    match &saved.place {
        Place::Folder { backup, keep, keep_at_least } => text.push_str(&format!(
            "A backup is {}, where `DATE` is its time, such as `2026-07-03T053000`. Backups are kept for {}, and the newest {} in any case.",
            code(backup),
            words(keep),
            words(keep_at_least)
        )),
        Place::Repository => text.push_str("The backups are only in a restic repository."),
    }
    if let Some((unit, _)) = &saved.copy {
        text.push_str(&format!(
            " After each backup, {} copies the newest one to a restic repository.",
            code(unit)
        ));
    }
    if !saved.stops.is_empty() {
        text.push_str(&format!(" Stopped during the copy: {}.", names(&saved.stops)));
    }
    text.push_str("\n\n");
    let log = format!("journalctl -u {} -n 20 --no-pager", job.unit);
    let mut lines =
        vec![("Back up now, and wait until it is complete", job.run.clone()), ("Look at the result", log)];
    lines.extend(job.commands.iter().map(|command| ("", command.clone())));
    text.push_str(&commands(lines));
    match &saved.restore {
        Some(command) => text.push_str(&by_command(job, saved, command)),
        None => text.push_str(&by_hand(job, inventory)),
    }
    if let Some((_, restore)) = &saved.copy {
        text.push_str("From the restic repository, if the backups on this host are lost:\n\n");
        text.push_str(&commands(restore.iter().map(|command| ("", command.clone()))));
    }
    text
}

fn by_command(job: &Job, saved: &Saved, command: &str) -> String {
    let mut text = match &saved.place {
        Place::Folder { .. } if saved.kind == "database" => {
            "Restore a backup that `ls` printed. A dump with \
             `-not-restorable` in its name failed its trial restore:\n\n"
                .to_owned()
        }
        Place::Folder { .. } => "Restore a backup that `ls` printed:\n\n".to_owned(),
        Place::Repository => "Restore the newest backup, or another one by its ID:\n\n".to_owned(),
    };
    text.push_str(&commands(job.restore.iter().map(|command| ("", command.clone()))));
    text.push_str(match saved.kind {
        "database" if saved.is_mysql => {
            "It loads the dump beside the current tables, prints which units it stops, and asks. Then it exchanges the tables, \
             and starts the units again. "
        }
        "database" => {
            "It loads the dump into a new database, prints which units it stops, and asks. Then it renames both databases, and \
             starts the units again. The last lines have the name of the previous database, and the command that deletes \
             it. "
        }
        _ => {
            "It checks the copy, prints which units it stops, and asks. Then it exchanges the files, and starts the units again. \
             The last lines have the name of the previous file. "
        }
    });
    text.push_str(
        "If a step fails, the current data stays as it is. `--yes` before the name skips the question.\n\n",
    );
    if saved.is_mysql {
        text.push_str(&format!(
            "The previous tables stay in another database, whose name the command prints. {} puts them back, and {} deletes \
             them.\n\n",
            code(&format!("{command} --back NAME")),
            code(&format!("{command} --delete NAME"))
        ));
    }
    text
}

/// The restore of a folder, with its service stopped.
fn by_hand(job: &Job, inventory: &Inventory) -> String {
    let service = inventory.services.iter().find(|service| Some(&service.name) == job.service.as_ref());
    let target = service.and_then(|service| service.target.as_ref());
    let mut lines = Vec::new();
    lines.extend(target.map(|target| ("Stop the service", format!("systemctl stop {target}"))));
    for (at, command) in job.restore.iter().enumerate() {
        let is_last = at + 1 == job.restore.len();
        let comment = if is_last { "Copy the files back" } else { "Get the files" };
        lines.push((comment, command.clone()));
    }
    lines.extend(target.map(|target| ("Start the service", format!("systemctl start {target}"))));
    format!(
        "A folder is copied back by hand. The copy adds and replaces files, and deletes none; {} is the time of the backup:\n\n{}",
        name("DATE"),
        commands(lines)
    )
}
