//! Jobs: an option, a unit, a timer and programs. Each kind of job has a file of its own.
//!
//! ```yaml
//! notes: { backup: { database: { sqlite: /srv/notes/notes.db, to: /srv/backups/notes, at: daily } } }
//! ```
//! ```nix
//! options.homeserver.notesBackup = { enable = lib.mkOption { … }; at = lib.mkOption { … }; };
//! systemd.services.notes-backup = { startAt = cfg.at; serviceConfig = scripts.copying // { … }; };
//! systemd.timers.notes-backup.timerConfig = { Persistent = true; RandomizedDelaySec = "5min"; };
//! ```

mod backup;
mod own;
mod smoke_test;
mod task;
mod update;

use super::context::{self, HostContext};
use super::secret;
use crate::form::SecretName;
use crate::hir::job::{Job, Schedule, Work};
use crate::hir::{Container, Host, HostPort, Id, Service};
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Binding, Module};
use crate::script::Script;
use crate::tree::Text;
use crate::value::Value;

/// The sandbox of a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Confinement {
    /// For jobs that send requests over the network or read the state of disks.
    Confined,
    /// For jobs that copy files of any user.
    Copying,
    /// For scripts of the owner, which run as a user of their own.
    Isolated,
    /// For jobs that use Podman or the host's Postgres.
    Restricted,
}

impl Confinement {
    /// The set of scripts/default.nix with the settings.
    fn settings(self) -> Script {
        match self {
            Confinement::Confined => Script::Confined,
            Confinement::Copying => Script::Copying,
            Confinement::Isolated => Script::Isolated,
            Confinement::Restricted => Script::Restricted,
        }
    }

    /// True if the unit may use the network for the work itself.
    fn uses_network(self) -> bool {
        matches!(self, Confinement::Confined | Confinement::Isolated)
    }

    /// A command that needs root, in the sandbox.
    fn as_root(self, command: Expr) -> Expr {
        match self {
            Confinement::Isolated => Expr::Infix(Box::new(Expr::str("!")), "+", Box::new(command)),
            _ => command,
        }
    }
}

const ONLINE: &str = "network-online.target";

/// The unit of a job, as the kind of job defines it.
struct Unit {
    /// The description of the job's option, after "Whether to".
    about: String,
    /// The program of the unit, and its name.
    program: Expr,
    name: String,
    /// Units that the job is ordered after.
    after: Vec<String>,
    /// Folders whose mounts the unit requires.
    paths: Vec<Text>,
    /// The sandbox.
    confinement: Confinement,
    /// Commands that have to succeed before the program runs.
    before: Vec<Expr>,
    /// The secrets that the program reads.
    secrets: Vec<Value<SecretName>>,
    /// The time limit, in the format of systemd.time(7).
    timeout: Expr,
    /// True if a run that was missed while the host was off is made up for.
    persistent: bool,
    /// A command after each run, also after a run that was killed.
    finally: Option<Expr>,
    /// Additional settings of `serviceConfig`.
    more: Vec<(&'static str, Expr)>,
}

/// The module of a job of the service `owner`, or of the host.
pub(super) fn lower(
    job: &Job,
    owner: Option<&Service>,
    host: &Host,
    context: &HostContext,
) -> Option<Module> {
    let mut module =
        Module { origin: job.origin.clone(), option: Some(job.option.clone()), ..Module::default() };
    let unit = match &job.work {
        Work::Backup(backup) => backup::lower(job, backup, owner?, context, &mut module)?,
        Work::RepositoryCheck(check) => backup::lower_check(job, check, context, &mut module)?,
        Work::Update(update) => update::lower(job, update, owner?, context, &mut module),
        Work::Task(task) => task::lower(job, task, owner?, context, &mut module),
        Work::SmokeTest(test) => smoke_test::lower(job, test, host, &mut module),
        Work::Run(run) => own::lower_run(job, run, owner, context, &mut module),
        Work::Exec(exec) => own::lower_exec(job, exec, owner, host),
    };
    options(job, owner.or_else(|| used(job, host)), &unit.about, &mut module);
    module.bindings.insert(0, (Binding::Program, unit.program));
    let set = module.unit(&job.unit);
    set.set("description", Expr::str(job.title(owner)));
    let mut after = unit.after;
    let is_remote = job.backup().is_some_and(|backup| backup.direct().is_some())
        || matches!(job.work, Work::RepositoryCheck(_));
    if unit.confinement.uses_network() || job.ping.is_some() || is_remote {
        after.push(ONLINE.to_owned());
        set.append("wants", [Expr::str(ONLINE)]);
    }
    if !unit.secrets.is_empty() || job.ping.is_some() {
        after.extend(secret::units(host).map(str::to_owned));
    }
    set.append("after", after.into_iter().map(Expr::str));
    set.at(&["unitConfig"]).append("RequiresMountsFor", unit.paths.iter().map(|path| quoted("", path)));
    set.set_with("A switch does not interrupt a run.", "restartIfChanged", Expr::Bool(false));
    match &job.schedule {
        Schedule::At(_) => set.set("startAt", Expr::code("cfg.at")),
        // The default limit of 5 starts in 10 s would stop a job that runs each second.
        Schedule::Every(_) => set.set("startLimitIntervalSec", Expr::Int(0)),
    }
    if job.notification.is_on() {
        set.append("onFailure", [Expr::str("notify-failure@%n.service")]);
    }
    let mut exec = Set::default();
    let mut before = unit.before;
    let confinement = unit.confinement;
    before.extend(unit.secrets.iter().map(|name| confinement.as_root(secret_is_there(name, host))));
    before.extend(job.ping.iter().map(|ping| confinement.as_root(pinged(ping, "start", host))));
    exec.set("Type", Expr::str("oneshot"));
    exec.append("ExecStartPre", before);
    let program = format!("/bin/{}", unit.name);
    exec.set(
        "ExecStart",
        Expr::Str(vec![Part::Code(Binding::Program.name().into()), Part::Text(program.into())]),
    );
    let ended = job.ping.as_ref().map(|ping| confinement.as_root(pinged(ping, "end", host)));
    match (unit.finally, ended) {
        (Some(finally), Some(ended)) => exec.append("ExecStopPost", [finally, ended]),
        (one, other) => one.or(other).into_iter().for_each(|command| exec.set("ExecStopPost", command)),
    }
    exec.set("TimeoutStartSec", unit.timeout);
    for (name, value) in unit.more {
        exec.set(name, value);
    }
    set.set(
        "serviceConfig",
        Expr::Infix(Box::new(Expr::Script(unit.confinement.settings())), "//", Box::new(Expr::Set(exec))),
    );
    timer(job, unit.persistent, &mut module);
    Some(module)
}

fn timer(job: &Job, persistent: bool, module: &mut Module) {
    let timer = module.config.at(&["systemd", "timers", &job.unit]);
    match &job.schedule {
        Schedule::At(_) => {
            let config = timer.at(&["timerConfig"]);
            if persistent {
                config.set("Persistent", Expr::Bool(true));
            }
            config.set("RandomizedDelaySec", Expr::str("5min"));
        }
        Schedule::Every(_) => {
            timer.append("wantedBy", [Expr::str("timers.target")]);
            let config = timer.at(&["timerConfig"]);
            config.set("OnBootSec", Expr::code("cfg.every"));
            config.set("OnUnitActiveSec", Expr::code("cfg.every"));
            // The default is one minute (systemd.timer(5)).
            config.set("AccuracySec", Expr::str("1s"));
        }
    }
}

/// The service of the container in which a job of the host runs its command.
fn used<'a>(job: &Job, host: &'a Host) -> Option<&'a Service> {
    match &job.work {
        Work::Exec(exec) => host.service_of(exec.container.as_ref()?),
        _ => None,
    }
}

fn options(job: &Job, owner: Option<&Service>, about: &str, module: &mut Module) {
    let options = module.options.at(&["homeserver", &job.option]);
    let default = match (job.enable, owner) {
        (None, Some(service)) => context::enable(&service.option),
        (enable, _) => Expr::Bool(enable.unwrap_or(true)),
    };
    let enable = Set::of([
        ("type", Expr::code("lib.types.bool")),
        ("default", default),
        ("description", Expr::str(format!("Whether to {about}."))),
    ]);
    options.set("enable", Expr::call("lib.mkOption", [Expr::Set(enable)]));
    let (name, value, description) = match &job.schedule {
        Schedule::At(at) => ("at", &at.text, "Schedule, as a systemd calendar expression."),
        Schedule::Every(every) => ("every", &every.text, "Time between two starts, as a systemd time span."),
    };
    let schedule = Set::of([
        ("type", Expr::code("lib.types.str")),
        ("default", Expr::text(value)),
        ("description", Expr::str(description)),
    ]);
    options.set(name, Expr::call("lib.mkOption", [Expr::Set(schedule)]));
}

/// Adds a program to the PATH of the host.
fn on_path(program: Expr, module: &mut Module) {
    module.config.at(&["environment"]).append("systemPackages", [program]);
}

/// True if systemd reads a path literally (systemd.syntax(7)): it has no specifier, no quote and no space.
fn is_plain(path: &Text) -> bool {
    path.value().bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+@:,".contains(&b))
}

/// A path for a list of systemd, after a prefix. systemd removes quotes and backslashes, and expands `%`
/// (systemd.syntax(7), systemd.unit(5)).
fn quoted(prefix: &'static str, path: &Text) -> Expr {
    if is_plain(path) {
        return match prefix {
            "" => Expr::text(path),
            _ => Expr::string([vec![Part::Text(prefix.into())], parts(path)].concat()),
        };
    }
    let escaped = path.value().replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    Expr::str(format!("\"{prefix}{escaped}\""))
}

fn require_mount(mount: &Text) -> Expr {
    Expr::run(Script::RequireMount, [Expr::text(mount)])
}

fn secret_is_there(name: &Value<SecretName>, host: &Host) -> Expr {
    Expr::run(Script::RequireSecret, [secret::set(name, host)])
}

fn pinged(name: &Value<SecretName>, moment: &'static str, host: &Host) -> Expr {
    Expr::run(Script::Ping, [secret::set(name, host), Expr::str(moment)])
}

/// The units of a service. A missed run is made up for during boot, when the service may not have started yet.
fn started(service: &Service) -> impl Iterator<Item = String> {
    service.units().map(|unit| format!("{unit}.service"))
}

/// The units of containers, separated by spaces.
fn units<'a>(containers: impl Iterator<Item = &'a Id<Container>>) -> Expr {
    let units = containers.map(|container| format!("{}.service", container.unit()));
    Expr::str(units.collect::<Vec<_>>().join(" "))
}

/// An address of the service on this host.
fn address(service: &Service, context: &HostContext, path: &[Part]) -> Expr {
    let mut all = vec![Part::Text("http://127.0.0.1:".into())];
    let port = HostPort::Service(service.name.clone());
    all.extend(parts(&context::port(&port, context.host)));
    all.extend(path.iter().cloned());
    Expr::Str(all)
}
