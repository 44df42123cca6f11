//! Jobs: an option, a unit, a timer, and the programs that they run. What each kind runs is in a file of
//! its own.

mod backup;
mod smoke_test;
mod task;
mod update;

use super::around::{self, Around};
use super::secret;
use crate::form::SecretName;
use crate::hir::job::{Job, Work};
use crate::hir::{Container, Host, HostPort, Id, Service};
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::{Binding, Module};
use crate::script::Script;
use crate::tree::Text;
use crate::value::Value;

/// What restricts a job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Confinement {
    /// It asks others over the network, and looks at disks.
    Confined,
    /// It copies files, whoever's they are.
    Copying,
    /// It talks to Podman.
    Restricted,
}

impl Confinement {
    /// The set of scripts/default.nix with its settings.
    fn settings(self) -> Script {
        match self {
            Confinement::Confined => Script::Confined,
            Confinement::Copying => Script::Copying,
            Confinement::Restricted => Script::Restricted,
        }
    }
}

const ONLINE: &str = "network-online.target";

/// What kinds of jobs differ in.
struct Unit {
    /// What the unit does, in a few words.
    description: String,
    /// What the option that turns it on says, after "Whether to".
    about: String,
    /// The program that it runs, and what it is called.
    program: Expr,
    name: String,
    /// Units that it comes after.
    after: Vec<String>,
    /// Folders whose mounts are brought up before.
    paths: Vec<Text>,
    /// What restricts it.
    confinement: Confinement,
    /// Commands that have to succeed before.
    before: Vec<Expr>,
    /// The secrets that it reads.
    secrets: Vec<Value<SecretName>>,
    /// How long it may take, as systemd.time(7) writes it.
    timeout: &'static str,
    /// Whether a run that was missed while the host was off is made up for.
    persistent: bool,
    /// What else is in `serviceConfig`.
    more: Vec<(&'static str, Expr)>,
}

/// The module of a job, which is `owner`'s or the host's.
pub(super) fn lower(job: &Job, owner: Option<&Service>, host: &Host, around: &Around) -> Option<Module> {
    let mut module =
        Module { origin: job.origin.clone(), option: Some(job.option.clone()), ..Module::default() };
    let unit = match &job.work {
        Work::Backup(backup) => backup::lower(job, backup, owner?, around, &mut module),
        Work::Update(update) => update::lower(job, update, owner?, around, &mut module),
        Work::Task(task) => task::lower(job, task, owner?, around, &mut module),
        Work::SmokeTest(test) => smoke_test::lower(job, test, host, &mut module),
    };
    options(job, owner, &unit.about, &mut module);
    module.bindings.insert(0, (Binding::Program, unit.program));
    let set = module.unit(&job.unit);
    set.set("description", Expr::str(unit.description));
    let mut after = unit.after;
    if unit.confinement == Confinement::Confined || job.ping.is_some() {
        after.push(ONLINE.to_owned());
        set.append("wants", [Expr::str(ONLINE)]);
    }
    if !unit.secrets.is_empty() || job.ping.is_some() {
        after.push(around.secrets.unit.to_owned());
    }
    set.append("after", after.into_iter().map(Expr::str));
    set.at(&["unitConfig"])
        .append("RequiresMountsFor", unit.paths.iter().filter(|p| is_plain(p)).map(Expr::text));
    set.set_with("A switch leaves a run in peace.", "restartIfChanged", Expr::Bool(false));
    set.set("startAt", Expr::code("cfg.at"));
    if job.tells.is_on() {
        set.append("onFailure", [Expr::str("notify-failure@%n.service")]);
    }
    let mut exec = Set::default();
    let mut before = unit.before;
    before.extend(unit.secrets.iter().map(secret_is_there));
    before.extend(job.ping.iter().map(|ping| pinged(ping, "start")));
    exec.set("Type", Expr::str("oneshot"));
    exec.append("ExecStartPre", before);
    let program = format!("/bin/{}", unit.name);
    exec.set(
        "ExecStart",
        Expr::Str(vec![Part::Code(Binding::Program.name().into()), Part::Text(program.into())]),
    );
    if let Some(ping) = &job.ping {
        exec.set("ExecStopPost", pinged(ping, "end"));
    }
    exec.set("TimeoutStartSec", Expr::str(unit.timeout));
    for (name, value) in unit.more {
        exec.set(name, value);
    }
    set.set(
        "serviceConfig",
        Expr::Infix(Box::new(Expr::Script(unit.confinement.settings())), "//", Box::new(Expr::Set(exec))),
    );
    let timer = module.config.at(&["systemd", "timers", &job.unit, "timerConfig"]);
    if unit.persistent {
        timer.set("Persistent", Expr::Bool(true));
    }
    timer.set("RandomizedDelaySec", Expr::str("5min"));
    Some(module)
}

fn options(job: &Job, owner: Option<&Service>, about: &str, module: &mut Module) {
    let options = module.options.at(&["homeserver", &job.option]);
    let default = match owner.filter(|_| job.enable) {
        Some(service) => Expr::code(format!("homeserver.{}.enable", attribute(&service.option))),
        None => Expr::Bool(job.enable),
    };
    let enable = Set::of([
        ("type", Expr::code("lib.types.bool")),
        ("default", default),
        ("description", Expr::str(format!("Whether to {about}."))),
    ]);
    options.set("enable", Expr::call("lib.mkOption", [Expr::Set(enable)]));
    let at = Set::of([
        ("type", Expr::code("lib.types.str")),
        ("default", Expr::text(&job.at.text)),
        ("description", Expr::str("When, as a calendar expression of systemd.")),
    ]);
    options.set("at", Expr::call("lib.mkOption", [Expr::Set(at)]));
}

/// A program for a person, on the PATH of the host.
fn on_path(program: Expr, module: &mut Module) {
    module.config.at(&["environment"]).append("systemPackages", [program]);
}

/// Whether systemd takes a path for nothing but a path (systemd.syntax(7)): no specifier, no quote, no blank.
fn is_plain(path: &Text) -> bool {
    path.value().bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+@:,".contains(&b))
}

/// The path of a decrypted secret.
fn secret_file(name: &Value<SecretName>) -> Expr {
    secret::path(&name.text.value())
}

fn secret_is_there(name: &Value<SecretName>) -> Expr {
    Expr::run(Script::RequireSecret, [Expr::code(format!("secrets.{}", attribute(&name.text.value())))])
}

fn pinged(name: &Value<SecretName>, moment: &'static str) -> Expr {
    let secret = Expr::code(format!("secrets.{}", attribute(&name.text.value())));
    Expr::run(Script::Ping, [secret, Expr::str(moment)])
}

/// The units of containers, with spaces between them.
fn units<'a>(containers: impl Iterator<Item = &'a Id<Container>>) -> Expr {
    let units = containers.map(|container| format!("{}.service", container.unit()));
    Expr::str(units.collect::<Vec<_>>().join(" "))
}

/// An address of the service on this host.
fn address(service: &Service, around: &Around, path: &[Part]) -> Expr {
    let mut all = vec![Part::Text("http://127.0.0.1:".into())];
    let port = HostPort::Service(service.name.clone());
    all.extend(parts(&around::port(&port, around.host)));
    all.extend(path.iter().cloned());
    Expr::Str(all)
}
