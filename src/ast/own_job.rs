//! Jobs of the owner.

use crate::form::{AbsolutePath, Calendar, Owner, Package, Period, SecretName};
use crate::setting::{Allow, Command, Flag, Map, NotifyOn, Spanned};
use crate::shape::mapping;
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A job of your own: a script, or a command in a container, on a schedule. Exactly one of `run` and `exec` is set,
    /// and exactly one of `at` and `every`.
    Job such as "{ at: daily, run: ./sync.sh }" called "sync" {
        /// Enables the job; your own configuration can override it. Default: the service's `enable`.
        enable: Option<Flag>,
        /// The schedule, in the host's time zone: `daily`, `"05:30"`, `Mon *-*-* 04:00` (systemd.time(7)). It has
        /// to recur: no year, and a day that exists in the month. A run that was missed while the host was off is
        /// made up for. A random delay of up to 5 minutes spreads the jobs.
        at: Option<Value<Calendar>>,
        /// The time between two starts, counted from the boot: `30s`, `5m`, `1h30m`. At least one second.
        every: Option<Value<Period>>,
        /// A Bash script beside this file, by its relative path. It runs with `errexit`, `nounset` and `pipefail`, and
        /// the build of the system checks it with shellcheck.
        run: Option<Text>,
        /// A command in a container that runs.
        exec: Option<Exec>,
        /// Packages of Nixpkgs whose commands the script uses, such as `jq`. Coreutils are always there.
        packages: Vec<Value<Package>>,
        /// Secrets by variable. The script gets the path of a file in a variable such as `API_KEY_FILE`, and the
        /// content in any other one. A command in a container gets only contents.
        /// Variables that Bash or the dynamic linker uses, such as `PATH` and `LD_PRELOAD`, cannot be set.
        secrets: Map<Value<SecretName>>,
        /// Folders that the script may write to. A folder that does not exist is created, with mode 0750, for the user
        /// of the job. The rest of the file system is read-only, except for `/tmp`, which each run
        /// has for itself.
        writes: Vec<Value<AbsolutePath>>,
        /// The user of the host that runs the script, or `USER:GROUP`, by name or number. Default: a system user of the
        /// job's own.
        user: Option<Value<Owner>>,
        /// The time limit of a run.
        timeout: Value<Period> = "1h",
        /// The secret with the address of a check at [Healthchecks](https://healthchecks.io), which is pinged when
        /// a run starts, succeeds and fails. Each job needs a check of its own.
        ping: Option<Value<SecretName>>,
        /// Sends a notification when the job fails, if the top-level `notify` is set. Default: `failure`.
        notify: Option<Spanned<NotifyOn>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

mapping! {
    /// A command in a container.
    Exec such as "{ container: server, command: [app, cleanup] }" {
        /// The container: of the service, or of any service for a job of the host, by its full name.
        container: Text,
        /// The command and its arguments, as a list or a line. No shell interprets it.
        command: Command,
        /// The user in the container, or `USER:GROUP`. Default: the user of the container.
        user: Option<Value<Owner>>,
    }
}
