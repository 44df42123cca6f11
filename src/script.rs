//! The scripts of the emitted units, and the settings of their sandboxes. Each is an attribute of
//! scripts/default.nix; its code is a file of `templates/scripts/` in the official style.

/// A file of the output that is a shell script.
pub(crate) type ShellFile = (&'static str, &'static str);

/// Declares the scripts: `Variant = "attribute" in "file.nix" runs "file.sh"`.
macro_rules! scripts {
    ($($(#[$doc:meta])* $variant:ident = $attribute:literal in $code:literal $(runs $shell:literal)?,)*) => {
        /// An attribute of scripts/default.nix.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Script { $($(#[$doc])* $variant,)* }

        impl Script {
            /// All scripts, by name.
            pub const ALL: &'static [Script] = &[$(Script::$variant,)*];

            /// The selection from the option of the scripts: `scripts.backup`.
            pub fn selection(self) -> &'static str {
                match self { $(Script::$variant => concat!("scripts.", $attribute),)* }
            }

            /// The Nix code of the attribute: a function that returns a command line (`command`) or a package
            /// (`program`), or a set.
            pub fn code(self) -> &'static str {
                match self { $(Script::$variant => text!($code),)* }.trim_end()
            }

            /// The name and the text of its shell script, if there is one.
            pub fn shell(self) -> Option<ShellFile> {
                match self { $(Script::$variant => [$(Some(($shell, text!($shell))),)? None][0],)* }
            }
        }
    };
}

macro_rules! text {
    ($file:literal) => {
        include_str!(concat!("../templates/scripts/", $file))
    };
}

/// The files that several scripts source.
pub(crate) const SOURCED: &[ShellFile] = &[
    ("enter-folder.sh", text!("enter-folder.sh")),
    ("in-postgres.sh", text!("in-postgres.sh")),
    ("restoring.sh", text!("restoring.sh")),
    ("stopped-units.sh", text!("stopped-units.sh")),
];

scripts! {
    /// The assertion that the host has a user and a group.
    AccountExists = "accountExists" in "account-exists.nix",
    /// Makes a backup from the output of a producer.
    Backup = "backup" in "backup.nix" runs "backup.sh",
    /// Checks for a new release on a forge.
    CheckRelease = "checkRelease" in "check-release.nix" runs "check-release.sh",
    /// Checks a restic repository.
    CheckRepository = "checkRepository" in "check-repository.nix" runs "check-repository.sh",
    /// Empties an album of photos.
    CleanAlbum = "cleanAlbum" in "clean-album.nix" runs "clean-album.sh",
    /// The sandbox of jobs that send requests over the network or read the state of disks.
    Confined = "confined" in "confined.nix",
    /// Copies a folder, for a backup.
    CopyFolder = "copyFolder" in "copy-folder.nix" runs "copy-folder.sh",
    /// Copies an SQLite database, for a backup.
    CopySqlite = "copySqlite" in "copy-sqlite.nix" runs "copy-sqlite.sh",
    /// The sandbox of jobs that copy files.
    Copying = "copying" in "copying.nix",
    /// Dumps a database of MariaDB or MySQL, for a backup.
    DumpMysql = "dumpMysql" in "dump-mysql.nix" runs "dump-mysql.sh",
    /// Dumps a database of Postgres, for a backup.
    DumpPostgres = "dumpPostgres" in "dump-postgres.nix" runs "dump-postgres.sh",
    /// Creates a network of Podman.
    EnsureNetwork = "ensureNetwork" in "ensure-network.nix" runs "ensure-network.sh",
    /// Runs a command in a container.
    ExecInContainer = "execInContainer" in "exec-in-container.nix" runs "exec-in-container.sh",
    /// The command `homeserver`.
    Homeserver = "homeserver" in "homeserver.nix" runs "homeserver.sh",
    /// The sandbox of scripts of the owner.
    Isolated = "isolated" in "isolated.nix",
    /// Loads a dump into a database of Postgres.
    LoadDump = "loadDump" in "load-dump.nix" runs "load-dump.sh",
    /// Loads a dump into a database of MariaDB or MySQL.
    LoadMysql = "loadMysql" in "load-mysql.nix" runs "load-mysql.sh",
    /// Creates a folder for a container.
    MakeFolder = "makeFolder" in "make-folder.nix" runs "make-folder.sh",
    /// Creates a folder below a folder that containers can write to.
    MakeFolderIn = "makeFolderIn" in "make-folder-in.nix" runs "make-folder.sh",
    /// Runs a client of MariaDB or MySQL in a container.
    MysqlClient = "mysqlClient" in "mysql-client.nix" runs "mysql-client.sh",
    /// Sends a notification.
    Notify = "notify" in "notify.nix" runs "notify.sh",
    /// Sends a notification about a failed unit.
    NotifyFailure = "notifyFailure" in "notify-failure.nix" runs "notify-failure.sh",
    /// A script of the owner.
    OwnProgram = "ownProgram" in "own-program.nix",
    /// Reports a run to Healthchecks.
    Ping = "ping" in "ping.nix" runs "ping.sh",
    /// Loads and removes the rules for published ports.
    PortRules = "portRules" in "port-rules.nix",
    /// Removes a network of Podman.
    RemoveNetwork = "removeNetwork" in "remove-network.nix" runs "remove-network.sh",
    /// Writes the ACL file of Valkey from secrets.
    RenderAcl = "renderAcl" in "render-acl.nix" runs "render-acl.sh",
    /// Writes an environment file from secrets.
    RenderEnvironment = "renderEnvironment" in "render-environment.nix" runs "render-environment.sh",
    /// Writes a file of a container from a file in the Nix store and secrets.
    RenderFile = "renderFile" in "render-file.nix" runs "render-file.sh",
    /// Starts the notification of a failed unit, from that unit.
    ReportFailure = "reportFailure" in "report-failure.nix" runs "report-failure.sh",
    /// Does the same for units that homegen does not define.
    ReportFailureOf = "reportFailureOf" in "report-failure-of.nix" runs "report-failure.sh",
    /// Fails if a disk is not mounted.
    RequireMount = "requireMount" in "require-mount.nix" runs "require-mount.sh",
    /// Fails if a Podman network does not exist.
    RequireNetwork = "requireNetwork" in "require-network.nix" runs "require-network.sh",
    /// Fails if Postgres does not accept connections.
    RequirePostgres = "requirePostgres" in "require-postgres.nix" runs "require-postgres.sh",
    /// Fails if a secret was not decrypted.
    RequireSecret = "requireSecret" in "require-secret.nix" runs "require-secret.sh",
    /// Fails if Valkey does not answer.
    RequireValkey = "requireValkey" in "require-valkey.nix" runs "require-valkey.sh",
    /// Fails if the user of the unit cannot write to a folder.
    RequireWritable = "requireWritable" in "require-writable.nix" runs "require-writable.sh",
    /// Runs restic with a repository and its secrets.
    ResticClient = "resticClient" in "restic-client.nix" runs "restic-client.sh",
    /// Restores a dump of MariaDB or MySQL.
    RestoreMysql = "restoreMysql" in "restore-mysql.nix" runs "restore-mysql.sh",
    /// Restores a dump of Postgres.
    RestorePostgres = "restorePostgres" in "restore-postgres.nix" runs "restore-postgres.sh",
    /// Restores a database from a snapshot of restic.
    RestoreSnapshot = "restoreSnapshot" in "restore-snapshot.nix" runs "restore-snapshot.sh",
    /// Restores a copy of an SQLite database.
    RestoreSqlite = "restoreSqlite" in "restore-sqlite.nix" runs "restore-sqlite.sh",
    /// The sandbox of jobs that use Podman.
    Restricted = "restricted" in "restricted.nix",
    /// Sets the password and the extensions of a database.
    SetUpDatabase = "setUpDatabase" in "set-up-database.nix" runs "set-up-database.sh",
    /// Checks the whole host.
    SmokeTest = "smokeTest" in "smoke-test.nix" runs "smoke-test.sh",
    /// Makes a backup of a database, in a restic repository alone.
    SnapshotFile = "snapshotFile" in "snapshot-file.nix" runs "snapshot.sh",
    /// Makes a backup of a folder, in a restic repository alone.
    SnapshotFolder = "snapshotFolder" in "snapshot-folder.nix" runs "snapshot.sh",
    /// Starts units.
    Start = "start" in "start.nix",
    /// Starts units that have not run since the boot.
    StartOnce = "startOnce" in "start-once.nix" runs "start-once.sh",
    /// Starts the units that a killed backup stopped.
    StartStopped = "startStopped" in "start-stopped.nix" runs "start-stopped.sh",
    /// Saves a file or a folder in a restic repository.
    TakeSnapshot = "takeSnapshot" in "take-snapshot.nix" runs "take-snapshot.sh",
    /// Updates images, and rolls back if the service does not become healthy.
    Update = "update" in "update.nix" runs "update.sh",
    /// Waits for an address of an interface.
    WaitForAddress = "waitForAddress" in "wait-for-address.nix" runs "wait-for-address.sh",
    /// Waits until the container of the unit has ended.
    WaitForEnd = "waitForEnd" in "wait-for-end.nix" runs "wait-for-end.sh",
    /// Runs a program while units are stopped.
    WhileStopped = "whileStopped" in "while-stopped.nix" runs "while-stopped.sh",
    /// Runs a program with secrets in its environment.
    WithSecrets = "withSecrets" in "with-secrets.nix" runs "with-secrets.sh",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_in_its_file_and_refers_to_its_script() {
        for script in Script::ALL {
            let code = script.code();
            let attribute = script.selection().trim_start_matches("scripts.");
            assert!(code.lines().any(|line| line.starts_with(&format!("{attribute} ="))), "{script:?}");
            let Some((file, text)) = script.shell() else { continue };
            assert!(text.starts_with("# Generated by homegen."), "{file}");
            assert!(code.contains(file.trim_end_matches(".sh")), "{script:?}");
        }
        assert!(
            Script::ALL.is_sorted_by_key(|script| script.selection()),
            "the output has them in this order"
        );
    }
}
