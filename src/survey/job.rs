//! Jobs, with the commands to run by hand. The names of units and commands are those of `src/lower/job/`.

use super::jobs;
use crate::hir;
use crate::hir::backup::{Backup, BackupSource};
use crate::hir::job::{self, Schedule};
use crate::inventory::Job;
use crate::word::shell_word;

pub(super) fn survey(host: &hir::Host) -> Vec<Job> {
    jobs(host).map(|(service, job)| row(service, job)).collect()
}

fn row(service: Option<&hir::Service>, job: &hir::Job) -> Job {
    let mut commands = Vec::new();
    let mut restore = Vec::new();
    match &job.work {
        job::Work::Backup(backup) => {
            commands = looks(job, backup);
            restore = restores(job, backup);
        }
        job::Work::Update(_) => commands = vec![format!("{} --dry-run", job.name), job.name.to_string()],
        job::Work::SmokeTest(_) => commands = vec![job.name.to_string()],
        job::Work::RepositoryCheck(_) | job::Work::Task(_) | job::Work::Run(_) | job::Work::Exec(_) => {}
    }
    Job {
        name: job.name.to_string(),
        service: service.map(|service| service.name.to_string()),
        does: job.title(service),
        unit: format!("{}.service", job.unit),
        timer: format!("{}.timer", job.unit),
        when: match &job.schedule {
            Schedule::At(at) => at.text.value(),
            Schedule::Every(every) => format!("every {}", every.text.value()),
        },
        run: format!("systemctl start {}.service", job.unit),
        commands,
        restore,
    }
}

/// The name of a backup, with a stand-in for its time.
fn pattern(backup: &Backup) -> String {
    format!("{}-DATE{}", backup.stem, backup.source.suffix())
}

/// The commands that list the backups.
fn looks(job: &hir::Job, backup: &Backup) -> Vec<String> {
    let folder = backup.to().map(|to| format!("ls -l {}", shell_word(&to.value())));
    let repository = backup.offsite.as_ref().map(|_| format!("{} snapshots", job.restic_command()));
    folder.into_iter().chain(repository).collect()
}

/// The commands that restore a backup.
fn restores(job: &hir::Job, backup: &Backup) -> Vec<String> {
    let local = backup.to().map(|to| format!("{}/{}", to.value().trim_end_matches('/'), pattern(backup)));
    match (&backup.source, local) {
        (BackupSource::Folder(folder), Some(copy)) => vec![copy_back(&copy, &folder.value())],
        (BackupSource::Folder(folder), None) => vec![
            format!("{} restore latest --tag {} --target {RESTORED}", job.restic_command(), backup.stem),
            copy_back(&format!("{RESTORED}/{}", backup.stem), &folder.value()),
        ],
        (_, Some(file)) => vec![format!("{} {}", backup.restore, shell_word(&file))],
        (_, None) => vec![format!("{} latest", backup.restore)],
    }
}

/// The folder into which restic restores. Only root can enter the folder above it.
const RESTORED: &str = "/root/restored";

/// The command that copies the content of a folder back. It adds and replaces files, and deletes none. It does not write
/// through a symbolic link that a container put in the place of a file.
fn copy_back(from: &str, to: &str) -> String {
    let folder = |path: &str| shell_word(&format!("{}/", path.trim_end_matches('/')));
    format!("cp --archive --remove-destination {}. {}", folder(from), folder(to))
}
