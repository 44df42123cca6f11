//! Another job failed: an update, the smoke test, a check of a repository, or a job of the owner.

use crate::docs::commands;
use crate::inventory::{Inventory, Job, Work};
use crate::markdown::{code, name};

pub(super) fn section(inventory: &Inventory) -> String {
    let others: Vec<&Job> =
        inventory.jobs.iter().filter(|job| !matches!(job.work, Work::Backup(_))).collect();
    if others.is_empty() {
        return String::new();
    }
    let title = if others.len() == inventory.jobs.len() { "A job failed" } else { "Another job failed" };
    let mut text = format!("### {title}\n\n");
    let lines = others.iter().map(|job| ("", format!("journalctl -u {} -n 50 --no-pager", job.unit)));
    text.push_str(&commands(lines));
    for job in &others {
        match &job.work {
            Work::Update { .. } => text.push_str(&format!(
                "- {}: if the new version did not work, the service runs with its previous images, and the log names the backup \
                 to restore. {} rolls back an update that was killed.\n",
                name(&job.name),
                code(&format!("{} --recover", job.name))
            )),
            Work::SmokeTest => text.push_str(&format!(
                "- {}: each line with `FAILED` names a site, a backup or a disk. {} prints them again.\n",
                name(&job.name),
                code(&job.name)
            )),
            Work::Backup(_) | Work::Other => {}
        }
    }
    text.trim_end().to_owned() + "\n\n"
}
