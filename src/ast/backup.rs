//! Backups of a service's data.

use crate::form::{
    AbsolutePath, Calendar, Count, Days, ExcludePattern, KeepRule, Name, Percent, ResticRepository,
    SecretName,
};
use schemars::json_schema;

use crate::setting::{Allow, Flag, NotifyOn, OneOrMany, Spanned};
use crate::shape::{mapping, part, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A backup of one database or folder. Exactly one of `postgres`, `mysql`, `sqlite` and `folder` is set.
    Backup such as "{ sqlite: /srv/notes/notes.db, to: /srv/backups/notes, at: daily }" called "database" {
        ..sources: BackupSources,
        /// Enables the backup; your own configuration can override it. Default: the service's `enable`.
        enable: Option<Flag>,
        /// Patterns of files and folders in `folder` that are left out, as in rsync: `postgres` and `*.tmp` at any depth,
        /// `cache/` for folders only, `a/b` for `b` in any `a`. `./postgres` is only the one directly in `folder`. `*`
        /// and `?` do not match a slash, and `**` between slashes does.
        exclude: Vec<Value<ExcludePattern>>,
        /// Stops containers and units of the service while `folder` is copied, and starts those again that ran: `[web]` by
        /// name, or with `true` the containers that mount the folder and can write to it, and all `units`. Containers that
        /// depend on them stop too. The backup fails if one of them is started during the copy.
        stop: Option<Stop>,
        /// The folder for the backups. It is created with owner root and mode 0700. The backup fails if the folder
        /// belongs to another user, if others can write to it, or if it would have to be created in a folder of
        /// another user. Without it, backups are only in the repository of `offsite`.
        to: Option<Value<AbsolutePath>>,
        /// The schedule, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). It has
        /// to recur: no year, and a day that exists in the month. A run that was missed while the host was off is
        /// made up for. A random delay of up to 5 minutes spreads the jobs. A job of a preset without a schedule
        /// exists only once you set one. Required.
        at: Option<Value<Calendar>>,
        /// The time that a backup in `to` is kept.
        keep: Value<Days> = "30d",
        /// The number of newest backups in `to` that are kept regardless of their age.
        keep_at_least: Value<Count> = "3",
        /// A restic repository. With `to`, it gets a copy of the newest backup after each successful backup, and the path of
        /// `to` cannot contain any of `* ? [ \ $ : % "`. Without `to`, each run writes a snapshot into it, and no backup is
        /// stored on the host.
        offsite: Option<Offsite>,
        /// The secret with the address of a check at [Healthchecks](https://healthchecks.io), which is pinged when
        /// a run starts, succeeds and fails. Each job needs a check of its own.
        ping: Option<Value<SecretName>>,
        /// Sends a notification when the backup fails, if the top-level `notify` is set. Default: `failure`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

part! {
    /// The source of a backup: one of these.
    BackupSources {
        /// A Postgres database in a container of the service, or of the host's Postgres, saved by the `pg_dump` of the
        /// server in the custom format.
        postgres: Option<PostgresDatabase>,
        /// A database of MariaDB or MySQL in a container of the service, saved by the container's `mariadb-dump` or
        /// `mysqldump` and compressed with zstd.
        mysql: Option<MysqlDatabase>,
        /// The file of an SQLite database on the host, copied while it is in use. Only this file is saved: other
        /// files of the application, such as Vaultwarden's `attachments` and `rsa_key*`, need a backup with
        /// `folder`.
        sqlite: Option<Value<AbsolutePath>>,
        /// A folder on the host, copied with rsync. Unchanged files are hard links and take no additional space. If
        /// the target does not allow root to set owners, such as an NFS export with `root_squash`, the copy has no
        /// owners, and each run reports it.
        folder: Option<Value<AbsolutePath>>,
    }
}

/// The containers and units that are stopped during a copy.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// Those of the service that write to the folder, or none.
    Writing(Flag),
    /// Those with these names.
    Named(Vec<Text>),
}

schema!(Stop, |g| {
    let names = g.subschema_for::<OneOrMany<Text>>();
    json_schema!({ "title": "flag, name or list of names", "anyOf": [{ "type": "boolean" }, names] })
});

/// The source of a backup.
#[derive(Debug)]
pub(crate) enum BackupSource {
    /// A database of Postgres.
    Postgres(PostgresDatabase),
    /// A database of MariaDB or MySQL.
    Mysql(MysqlDatabase),
    /// The file of an SQLite database.
    Sqlite(Text),
    /// A folder.
    Folder(Text),
}

impl BackupSources {
    /// The sources that are set.
    pub(crate) fn written(self) -> Vec<BackupSource> {
        let postgres = self.postgres.map(BackupSource::Postgres);
        let mysql = self.mysql.map(BackupSource::Mysql);
        let sqlite = self.sqlite.map(|file| BackupSource::Sqlite(file.text));
        let folder = self.folder.map(|folder| BackupSource::Folder(folder.text));
        [postgres, mysql, sqlite, folder].into_iter().flatten().collect()
    }

    /// The container of the database server. `None` for the host's Postgres.
    pub(crate) fn container(&self) -> Option<&Text> {
        let postgres = self.postgres.as_ref().and_then(|database| database.container.as_ref());
        postgres.or(self.mysql.as_ref().map(|database| &database.container))
    }
}

mapping! {
    /// A database of Postgres.
    PostgresDatabase such as "{ container: db, database: notes, user: notes }" or nothing {
        /// The container of Postgres. Without it, the backup is of the Postgres that `postgres` at the top of the file
        /// declares.
        container: Option<Text>,
        /// The name of the database. It is required with `container`. Default: the only database of the host that the
        /// containers of the service use.
        database: Option<Value<Name>>,
        /// The user of the database, required with `container`. Restores and the trial of each dump need a superuser, such
        /// as POSTGRES_USER of the official image. A user that the container does not create is an error (HG1317). A
        /// backup of the host's Postgres connects as its superuser.
        user: Option<Value<Name>>,
    }
}

mapping! {
    /// A database of MariaDB or MySQL.
    MysqlDatabase such as "{ container: db, database: wiki, user: root, password: db-root }" {
        /// The container of MariaDB or MySQL.
        container: Text,
        /// The name of the database.
        database: Value<Name>,
        /// The user of the database. Restores and the trial of each dump need a user with all privileges: `root`. A
        /// user that the container does not create is an error (HG1317).
        user: Value<Name>,
        /// The secret with the password of the user. Without it, the client in the container connects as configured
        /// there, without a password by default.
        password: Option<Value<SecretName>>,
    }
}

mapping! {
    /// A restic repository and its retention.
    Offsite such as "{ repository: sftp:me@nas:/backups, password: restic }" {
        /// The repository in restic's syntax: a folder, `sftp:me@nas:/backups`, `s3:https://…`, `rclone:…`.
        repository: Option<Value<ResticRepository>>,
        /// The secret with the repository, in place of `repository`, for an address that contains a password.
        repository_secret: Option<Value<SecretName>>,
        /// The secret with the password of the repository.
        password: Value<SecretName>,
        /// The secret of format `env` with the variables of the storage, such as AWS_ACCESS_KEY_ID.
        environment: Option<Value<SecretName>>,
        /// The secret with the address of a check at Healthchecks for the copies. With `to`, the `ping` of the backup
        /// reports only the backup itself.
        ping: Option<Value<SecretName>>,
        /// Rules of `restic forget`, such as `--keep-daily 14`, for the snapshots of this backup and host. Without
        /// rules, all snapshots are kept.
        keep: Vec<Value<KeepRule>>,
        /// The schedule of a job that runs `restic check`, in the form of `at`. It reports a damaged repository.
        check: Option<Value<Calendar>>,
        /// The part of the data that each check reads, in percent. Each run chooses another part. Default: a check reads
        /// only the index and the folders of the snapshots.
        check_percent: Option<Value<Percent>>,
        /// The secret with the address of a check at Healthchecks for the runs of `check`.
        check_ping: Option<Value<SecretName>>,
    }
}
