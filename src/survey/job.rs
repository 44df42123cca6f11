//! Jobs, with the commands to run by hand. The names of units and commands are those of `src/lower/job/`.

use std::collections::HashMap;

use super::jobs;
use crate::hir;
use crate::hir::backup::{Backup, BackupSource, Server, Stopped};
use crate::hir::job::{self, Schedule};
use crate::inventory::{Job, Place, Saved, Work};
use crate::path::normalized;
use crate::word::shell_word;

pub(super) fn survey(host: &hir::Host) -> Vec<Job> {
    let mut folders: HashMap<String, usize> = HashMap::new();
    for to in host.backups().filter_map(|(_, backup)| backup.to()) {
        *folders.entry(normalized(&to.value())).or_default() += 1;
    }
    jobs(host).map(|(service, job)| row(service, job, &folders)).collect()
}

/// `folders` has the number of backups in each folder.
fn row(service: Option<&hir::Service>, job: &hir::Job, folders: &HashMap<String, usize>) -> Job {
    let mut commands = Vec::new();
    let mut restore = Vec::new();
    let mut work = Work::Other;
    match &job.work {
        job::Work::Backup(backup) => {
            commands = looks(job, backup);
            restore = restores(job, backup);
            work = Work::Backup(Box::new(saved(job, backup, folders)));
        }
        job::Work::Update(update) => {
            commands = vec![format!("{} --dry-run", job.name), job.name.to_string()];
            work = Work::Update {
                is_automatic: update.automatic.is_some(),
                backup: update.backup.as_ref().map(ToString::to_string),
            };
        }
        job::Work::SmokeTest(_) => {
            commands = vec![job.name.to_string()];
            work = Work::SmokeTest;
        }
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
        work,
    }
}

fn saved(job: &hir::Job, backup: &Backup, folders: &HashMap<String, usize>) -> Saved {
    let (kind, source, server) = match &backup.source {
        BackupSource::Database(database) => {
            ("database", database.database.value(), database.container.as_ref().map(ToString::to_string))
        }
        BackupSource::HostDatabase(database) => {
            ("database", database.database.value(), Some("Postgres".to_owned()))
        }
        BackupSource::Sqlite(path) => ("SQLite database", path.value(), None),
        BackupSource::Folder(path) => ("folder", path.value(), None),
    };
    Saved {
        kind,
        source,
        server,
        place: match &backup.local {
            Some(local) => Place::Folder {
                backup: format!("{}/{}", local.to.value().trim_end_matches('/'), pattern(backup)),
                keep: local.keep.value(),
                keep_at_least: local.keep_at_least.value(),
            },
            None => Place::Repository,
        },
        stops: backup.stop.iter().map(Stopped::unit).collect(),
        copy: backup.offsite.as_ref().zip(backup.local.as_ref()).map(|(_, local)| {
            let to = local.to.value();
            let is_shared = folders.get(&normalized(&to)).is_some_and(|backups| *backups > 1);
            (format!("{}.service", job.copy_unit()), from_copy(job, backup, &to, is_shared))
        }),
        restore: backup.source.folder().is_none().then(|| backup.restore.clone()),
        is_mysql: backup
            .source
            .database()
            .is_some_and(|database| matches!(database.server, Server::Mysql(_))),
    }
}

/// The commands that restore a backup from its copy in a restic repository. The copy has the newest backup without its date
/// (`src/lower/job/backup/offsite.rs`).
fn from_copy(job: &hir::Job, backup: &Backup, to: &str, is_shared: bool) -> Vec<String> {
    let to = to.trim_end_matches('/');
    let newest = format!("{to}/{}{}", backup.stem, backup.source.suffix());
    let path = if is_shared { &newest } else { to };
    let get =
        format!("{} restore latest --path {} --target {RESTORED}", job.restic_command(), shell_word(path));
    let restored = format!("{RESTORED}{newest}");
    let restore = match &backup.source {
        BackupSource::Folder(folder) => copy_back(&restored, &folder.value()),
        _ => format!("{} {}", backup.restore, shell_word(&restored)),
    };
    vec![get, restore]
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
