//! Jobs of the owner: scripts beside the compiled file, and commands in containers.
//!
//! ```yaml
//! jobs: { sync: { every: 5m, run: ./sync.sh, packages: [jq], secrets: { KEY_FILE: api-key }, writes: [/srv/sync] } }
//! ```
//! ```nix
//! program = scripts.withSecrets "job-sync" (scripts.ownProgram "job-sync" [ pkgs.jq ] ../../sync.sh) {
//!   SECRET_FILES.KEY_FILE = "api-key";
//! };
//! systemd.services.job-sync.serviceConfig = scripts.isolated // {
//!   LoadCredential = [ "api-key:${secrets.api-key.path}" ];
//!   ReadWritePaths = [ "-/srv/sync" ];
//!   User = "job-sync";
//! };
//! ```
//!
//! The commands of homegen in `ExecStartPre=` run as root: with `+` outside of the sandbox, whose folders may not exist
//! yet, and with `!` inside of it (systemd.service(5), Command lines).

use sha2::{Digest, Sha256};

use super::{Confinement, Unit, quoted, require_mount, started};
use crate::form::AbsolutePath;
use crate::hir::job::Job;
use crate::hir::own_job::{Exec, Run, SecretVariables};
use crate::hir::{Host, Id, Service};
use crate::lower::context::HostContext;
use crate::lower::secret;
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::Module;
use crate::script::Script;
use crate::setting::takes_path;
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The longest name of a user that NixOS accepts (nixos/modules/config/users-groups.nix).
const LONGEST_USER: usize = 31;

/// A folder of a script that does not exist is created with this mode. The colon leaves an existing one as it is.
const NEW_MODE: &str = ":0750";

/// Lowers a script.
pub(super) fn lower_run(
    job: &Job,
    run: &Run,
    owner: Option<&Service>,
    context: &HostContext,
    module: &mut Module,
) -> Unit {
    let name = job.name.to_string();
    let packages = run.packages.iter().map(|package| {
        let names = package.value.names().map(attribute).collect::<Vec<_>>();
        Expr::code(format!("pkgs.{}", names.join(".")))
    });
    let script = Expr::run(
        Script::OwnProgram,
        [Expr::str(name.clone()), Expr::List(packages.collect()), Expr::Directory(run.script.value())],
    );
    let account = match Account::of(run) {
        Some(account) => {
            let group = account.group.as_ref().map_or(Expr::Null, Expr::text);
            let arguments = [Expr::str(job.unit.clone()), Expr::text(&account.user), group];
            module.config.append("assertions", [Expr::run(Script::AccountExists, arguments)]);
            account
        }
        None => own_account(&job.unit, module),
    };
    let mounts = run.mounts.iter().map(|mount| as_root("+", require_mount(mount)));
    let folders = run.writes.iter().map(|folder| as_root("+", make_folder(&folder.text, &account, context)));
    let mut before: Vec<Expr> = mounts.chain(folders).collect();
    let is_writable =
        |folder: &Value<AbsolutePath>| Expr::run(Script::RequireWritable, [Expr::text(&folder.text)]);
    before.extend(run.writes.iter().map(is_writable));
    let mut more = credentials(&run.secrets, context.host);
    if account.is_root {
        more.push(("CapabilityBoundingSet", Expr::str(ROOT)));
    }
    more.push(("User", Expr::text(&account.user)));
    more.extend(account.group.iter().map(|group| ("Group", Expr::text(group))));
    if !run.writes.is_empty() {
        let folders = run.writes.iter().map(|folder| writable(&folder.text));
        more.push(("ReadWritePaths", Expr::List(folders.collect())));
    }
    Unit {
        about: format!("run the job {}", job.own_name(owner)),
        program: with_secrets(&name, script, &run.secrets),
        name,
        after: owner.into_iter().flat_map(started).collect(),
        paths: run
            .writes
            .iter()
            .map(|folder| folder.text.clone())
            .chain(run.mounts.iter().cloned())
            .collect(),
        confinement: Confinement::Isolated,
        before,
        secrets: run.secrets.0.iter().map(|(_, secret)| secret.clone()).collect(),
        timeout: Expr::text(&run.timeout),
        persistent: true,
        finally: None,
        more,
    }
}

/// Lowers a command in a container.
pub(super) fn lower_exec(job: &Job, exec: &Exec, owner: Option<&Service>, host: &Host) -> Unit {
    let name = job.name.to_string();
    let mut parameters = Set::default();
    let container = exec.container.as_ref();
    parameters.set("CONTAINER", Expr::str(container.map(Id::to_string).unwrap_or_default()));
    parameters.set("COMMAND", Expr::List(exec.command.iter().map(Expr::text).collect()));
    if let Some(user) = &exec.user {
        parameters.set("CONTAINER_USER", Expr::text(user));
    }
    set_secrets(&mut parameters, &exec.secrets);
    let program = Expr::run(Script::ExecInContainer, [Expr::str(name.clone()), Expr::Set(parameters)]);
    Unit {
        about: format!("run the job {}", job.own_name(owner)),
        program,
        name,
        after: container.iter().map(|container| format!("{}.service", container.unit())).collect(),
        paths: vec![],
        confinement: Confinement::Restricted,
        before: vec![],
        secrets: exec.secrets.0.iter().map(|(_, secret)| secret.clone()).collect(),
        timeout: Expr::text(&exec.timeout),
        persistent: true,
        finally: None,
        more: credentials(&exec.secrets, host),
    }
}

/// The capabilities of a script that runs as root: those with which it reads and changes files of any user.
const ROOT: &str =
    "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID";

/// The user and the group of a script.
struct Account {
    user: Text,
    group: Option<Text>,
    is_root: bool,
}

impl Account {
    /// The account in the file.
    fn of(run: &Run) -> Option<Account> {
        let owner = run.user.as_ref()?;
        // A constant with the value `user:group` has no two parts in the output.
        let whole = match owner.text.reference() {
            Some(_) => Text::literal(owner.text.value(), owner.text.span),
            None => owner.text.clone(),
        };
        let (user, group) = match whole.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (owner.text.clone(), None),
        };
        Some(Account { user, group, is_root: owner.value.user.is_root() })
    }
}

/// Declares the user of a job without a user in the file.
fn own_account(unit: &str, module: &mut Module) -> Account {
    let name = user_name(unit);
    let users = module.config.at(&["users"]);
    users.at(&["groups"]).set(name.clone(), Expr::code("{ }"));
    let user = users.at(&["users", &name]);
    user.set("isSystemUser", Expr::Bool(true));
    user.set("group", Expr::str(name.clone()));
    let name = Text::literal(name, Span::default());
    Account { user: name.clone(), group: Some(name), is_root: false }
}

/// The name of a job's own user: the name of its unit, or the beginning of a long one with a hash.
fn user_name(unit: &str) -> String {
    if unit.len() <= LONGEST_USER {
        return unit.to_owned();
    }
    let hash =
        Sha256::digest(unit).iter().take(4).fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    format!("{}-{hash}", &unit[..LONGEST_USER - 1 - hash.len()])
}

fn as_root(prefix: &'static str, command: Expr) -> Expr {
    Expr::Infix(Box::new(Expr::str(prefix)), "+", Box::new(command))
}

fn make_folder(path: &Text, account: &Account, context: &HostContext) -> Expr {
    let of_new = |name: &Text| Expr::string([vec![Part::Text(":".into())], parts(name)].concat());
    // A user without a name has no group but the one of the same number.
    let is_number = account.user.value().bytes().all(|b| b.is_ascii_digit());
    let group = account.group.as_ref().or(is_number.then_some(&account.user));
    let arguments = [
        Expr::text(path),
        Expr::str(NEW_MODE),
        of_new(&account.user),
        group.map_or_else(|| Expr::str("-"), of_new),
    ];
    match context.written.holding(&path.value()) {
        Some(writer) => {
            let shared = std::iter::once(Expr::text(&writer.folder));
            Expr::run(Script::MakeFolderIn, shared.chain(arguments))
        }
        None => Expr::run(Script::MakeFolder, arguments),
    }
}

/// A folder in `ReadWritePaths=`. The hyphen lets the commands of `ExecStartPre=` run before the folder exists.
fn writable(path: &Text) -> Expr {
    quoted("-", path)
}

/// The settings with which systemd passes secrets to the program, whatever its user.
fn credentials(secrets: &SecretVariables, host: &Host) -> Vec<(&'static str, Expr)> {
    let mut set = Set::default();
    set.append(
        "LoadCredential",
        secrets.0.iter().map(|(_, secret)| {
            let mut credential = vec![Part::Text(format!("{}:", secret.text.value()).into())];
            credential.extend(secret::credential(secret, host));
            Expr::Str(credential)
        }),
    );
    set.0.into_iter().map(|(_, attribute)| ("LoadCredential", attribute.value)).collect()
}

/// The program with its secrets in the environment.
fn with_secrets(name: &str, program: Expr, secrets: &SecretVariables) -> Expr {
    if secrets.0.is_empty() {
        return program;
    }
    let mut parameters = Set::default();
    set_secrets(&mut parameters, secrets);
    Expr::run(Script::WithSecrets, [Expr::str(name.to_owned()), program, Expr::Set(parameters)])
}

/// Sets the parameters of a program with the secrets by variable.
fn set_secrets(parameters: &mut Set, secrets: &SecretVariables) {
    for (variable, secret) in &secrets.0 {
        let parameter = if takes_path(&variable.value()) { "SECRET_FILES" } else { "SECRET_CONTENTS" };
        parameters.at(&[parameter]).set(variable.value(), Expr::str(secret.text.value()));
    }
}

#[cfg(test)]
mod tests {
    use super::user_name;

    #[test]
    fn long_user_names_are_shortened_to_the_limit_of_nixos() {
        assert_eq!(user_name("job-sync"), "job-sync");
        let long = |end: &str| user_name(&format!("job-synchronize-the-photos-of-{end}"));
        assert_eq!(long("alice").len(), 31);
        assert_ne!(long("alice"), long("bob"));
    }
}
