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
        /// Whether it is on until the owner says otherwise. Default: where the service is.
        enable: Option<Flag>,
        /// The folder that the backups are in.
        to: Option<Value<AbsolutePath>>,
        /// When it runs, in the host's time zone. A preset may leave it to you, and then makes no backup.
        at: Option<Value<Calendar>>,
        /// How long a backup is kept.
        keep: Value<Days> = "30d",
        /// How many are kept whatever their age.
        keep_at_least: Value<Count> = "3",
        /// A copy of the backups elsewhere, with restic.
        offsite: Option<Offsite>,
        /// The secret with the address at Healthchecks that hears of each run.
        ping: Option<Value<SecretName>>,
        /// Whether somebody is told when it fails. Default: failure, where there is a `notify`.
        notify: Option<Spanned<Tell>>,
        /// Diagnostics that are accepted here, each by its code and with the reason.
        allow: Allow,
    }
}

part! {
    /// What a backup saves: one of these.
    Sources {
        /// A database of Postgres in one of the service's containers.
        postgres: Option<PostgresDatabase>,
        /// A database of SQLite: its file on the host.
        sqlite: Option<Value<AbsolutePath>>,
        /// A folder on the host.
        folder: Option<Value<AbsolutePath>>,
    }
}

/// What a backup saves.
#[derive(Debug)]
pub enum Source {
    /// A database of Postgres.
    Postgres(PostgresDatabase),
    /// The file of an SQLite database.
    Sqlite(Text),
    /// A folder.
    Folder(Text),
}

impl Sources {
    /// Those that are written.
    pub fn written(self) -> Vec<Source> {
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
        /// Its name.
        database: Value<Name>,
        /// The user that owns it.
        user: Value<Name>,
    }
}

mapping! {
    /// A repository of restic, and what it keeps. The copy is made after each good backup.
    Offsite such as "{ repository: sftp:me@nas:/backups, password: restic }" {
        /// Where it is, as restic writes it: `sftp:user@host:/path`, `s3:https://…`, `rclone:…`.
        repository: Option<Value<ResticRepository>>,
        /// The secret with that, where a password is in it.
        repository_secret: Option<Value<SecretName>>,
        /// The secret with its password.
        password: Value<SecretName>,
        /// The secret of format `env` with what its storage asks for, such as AWS_ACCESS_KEY_ID.
        environment: Option<Value<SecretName>>,
        /// The secret with the address at Healthchecks that hears of each copy.
        ping: Option<Value<SecretName>>,
        /// Rules of `restic forget`, such as `--keep-daily 14`. Default: everything is kept.
        keep: Vec<Value<KeepRule>>,
    }
}
