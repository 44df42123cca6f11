//! Jobs, with the commands to run them by hand.

use super::{commands, names};
use crate::inventory::{Inventory, Job, Work};
use crate::markdown::{name, table, words};

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    let host = &inventory.host;
    if inventory.jobs.is_empty() && host.datasets.is_empty() && host.prune.is_none() {
        return text;
    }
    text.push_str("## Jobs\n\n");
    let cells = |job: &Job| {
        vec![
            name(&job.name),
            words(&job.does),
            name(&job.when),
            name(&job.run),
            name(&format!("journalctl -u {} -e", job.unit)),
        ]
    };
    let rows: Vec<Vec<String>> = inventory.jobs.iter().map(cells).collect();
    text.push_str(&table(&["Job", "Work", "When", "Run it now", "Look at its log"], &rows));
    if !rows.is_empty() {
        text.push_str(
            "`systemctl start` waits until the job has finished, and prints an error if it failed. A run that was missed while \
             the host was off is made up for after the boot, except for jobs that run every few minutes and for the \
             smoke test. `systemctl list-timers` prints the next runs.\n\n",
        );
    }
    for job in &inventory.jobs {
        match &job.work {
            Work::Update { is_automatic, backup } => text.push_str(&update(job, *is_automatic, backup.as_deref())),
            Work::SmokeTest => text.push_str(&format!(
                "{} prints the state of each site, backup, disk and network mount, and sends no notification.\n\n",
                name(&job.name)
            )),
            Work::Backup(_) | Work::Other => {}
        }
    }
    if !host.datasets.is_empty() {
        text.push_str(&format!(
            "sanoid takes and removes the snapshots of {} once an hour. `zfs list -t snapshot` lists them, and \
             `systemctl start sanoid.service` runs it now.\n\n",
            names(&host.datasets)
        ));
    }
    if let Some(when) = &host.prune {
        text.push_str(&format!(
            "Podman removes stopped containers, unused networks and images without a tag ({}). `systemctl start \
             podman-prune.service` does that now.\n\n",
            words(when)
        ));
    }
    text
}

fn update(job: &Job, is_automatic: bool, backup: Option<&str>) -> String {
    let service = job.service.clone().unwrap_or_default();
    let mut text = match is_automatic {
        true => format!("{} installs each release of {} by itself.", name(&job.unit), words(&service)),
        false => {
            format!("{} only reports a release. {} pulls the images again.", name(&job.unit), name(&job.name))
        }
    };
    if let Some(backup) = backup {
        text.push_str(&format!(" The update runs {} first.", name(backup)));
    }
    text.push_str(" If the service does not answer afterwards, it runs again with its previous images.\n\n");
    text.push_str(&commands([
        ("Print the steps, and change nothing", format!("{} --dry-run", job.name)),
        ("Update now", job.name.clone()),
    ]));
    text
}
