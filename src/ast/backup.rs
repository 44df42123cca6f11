//! Backups of a service's data.

use crate::form::{AbsolutePath, Calendar, Count, Days, KeepRule, Name, ResticRepository, SecretName};
use crate::setting::{Allow, Flag, Spanned, Tell};
use crate::shape::{mapping, part};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A backup of one database or folder. One of `postgres`, `sqlite` and `folder` says of what.
    Backup such as "{ sqlite: /srv/notes/notes.db, to: /srv/backups/notes, at: daily }" called "database" {
        ..sources: Sources,
        /// Whether it is on until your own configuration says otherwise. Default: that of its service.
        enable: Option<Flag>,
        /// The folder for the backups. It is created with owner root and mode 0700. The backup fails where it belongs
        /// to another user, where others can write to it, and where it would have to be created in a folder of another
        /// user. Required.
        to: Option<Value<AbsolutePath>>,
        /// When it runs, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). A run that
        /// was missed while the host was off is made up for; up to five minutes are added, so that not all jobs start
        /// at once. A time comes again: without a year, and on a day that the month has. A job that a preset describes
        /// without a time does not exist until you give it one. Required.
        at: Option<Value<Calendar>>,
        /// How long a backup is kept.
        keep: Value<Days> = "30d",
        /// How many are kept whatever their age.
        keep_at_least: Value<Count> = "3",
        /// A copy of the newest backup elsewhere, with restic, after each good backup. Then the path of `to` may not
        /// have one of `* ? [ \ $ : % "`.
        offsite: Option<Offsite>,
        /// A secret with the address of a check at [Healthchecks](https://healthchecks.io), which hears when a run
        /// begins, succeeds and fails. Each job has one of its own.
        ping: Option<Value<SecretName>>,
        /// Whether a notification is sent when it fails; without a `notify` at the top, none is. Default: `failure`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

part! {
    /// What a backup saves: one of these.
    Sources {
        /// A database of Postgres in a container of the service: `pg_dump` in its own format, out of the container.
        postgres: Option<PostgresDatabase>,
        /// A database of SQLite on the host, by its file, copied while it is in use. It is this file alone: other files
        /// of the application, such as Vaultwarden's `attachments` and `rsa_key*`, want a backup of `folder`.
        sqlite: Option<Value<AbsolutePath>>,
        /// A folder on the host, copied with rsync. Files that did not change take no room again. Where nobody may set
        /// owners, as on an NFS export with `root_squash`, the copy has none, and each run says so.
        folder: Option<Value<AbsolutePath>>,
    }
}

/// What a backup saves.
#[derive(Debug)]
pub(crate) enum Source {
    /// A database of Postgres.
    Postgres(PostgresDatabase),
    /// The file of an SQLite database.
    Sqlite(Text),
    /// A folder.
    Folder(Text),
}

impl Sources {
    /// Those that are written.
    pub(crate) fn written(self) -> Vec<Source> {
        let postgres = self.postgres.map(Source::Postgres);
        let sqlite = self.sqlite.map(|file| Source::Sqlite(file.text));
        let folder = self.folder.map(|folder| Source::Folder(folder.text));
        [postgres, sqlite, folder].into_iter().flatten().collect()
    }
}

mapping! {
    /// A database of Postgres.
    PostgresDatabase such as "{ container: db, database: notes, user: notes }" {
        /// The container that it runs in.
        container: Text,
        /// The name of the database.
        database: Value<Name>,
        /// The user of the database. To restore, and to try each dump, it has to be a superuser, as POSTGRES_USER of
        /// the official image is. A user that the container does not make is an error (HG1317).
        user: Value<Name>,
    }
}

mapping! {
    /// A repository of restic, and what it keeps. The copy is made after each good backup.
    Offsite such as "{ repository: sftp:me@nas:/backups, password: restic }" {
        /// Where it is, as restic writes it: a folder, `sftp:me@nas:/backups`, `s3:https://…`, `rclone:…`.
        repository: Option<Value<ResticRepository>>,
        /// In place of `repository`, the secret with it: for an address that has a password in it.
        repository_secret: Option<Value<SecretName>>,
        /// The secret with its password.
        password: Value<SecretName>,
        /// The secret of format `env` with the variables of its storage, such as AWS_ACCESS_KEY_ID.
        environment: Option<Value<SecretName>>,
        /// A secret with the address of a check at Healthchecks that hears of each copy. The `ping` of the backup hears
        /// of the backup alone.
        ping: Option<Value<SecretName>>,
        /// Rules of `restic forget`, such as `--keep-daily 14`, for the copies of this backup on this host. Without
        /// any, everything is kept.
        keep: Vec<Value<KeepRule>>,
    }
}
