//! A job of the owner runs a script that exists, gets its secrets, and writes to folders of its own.

use std::collections::HashMap;

use crate::check::storage::beside;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Form, Variable};
use crate::hir::Host;
use crate::hir::job::Work;
use crate::hir::own_job::{Run, SecretVariables};
use crate::isolation::{PathKind, host_path};
use crate::path::is_below;
use crate::setting::takes_path;
use crate::source::Span;
use crate::tree::{Node, Text};

/// The endings of files that Bash does not run.
const OTHER_LANGUAGES: &[&str] =
    &["py", "js", "mjs", "ts", "rb", "pl", "php", "lua", "nix", "go", "rs", "fish", "zsh", "nu", "ps1"];

/// The folders of decrypted secrets, of which a container may mount a single file and a job may change none.
const SECRETS: &[&str] = &["/run/agenix", "/run/agenix.d", "/run/keys", "/run/secrets", "/run/secrets.d"];

/// The folders that each run has for itself (systemd.exec(5), PrivateTmp=).
const OWN: &[&str] = &["/tmp", "/var/tmp"];

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for job in host.jobs() {
        match &job.work {
            Work::Run(run) => {
                check_script(run, diagnostics);
                check_folders(run, diagnostics);
                check_variables(&run.secrets, diagnostics);
            }
            Work::Exec(exec) => {
                check_variables(&exec.secrets, diagnostics);
                for (variable, _) in &exec.secrets.0 {
                    check_is_content(variable, diagnostics);
                }
            }
            Work::Backup(_)
            | Work::RepositoryCheck(_)
            | Work::Update(_)
            | Work::Task(_)
            | Work::SmokeTest(_) => {}
        }
    }
}

fn check_script(run: &Run, diagnostics: &mut Diagnostics) {
    let path = run.script.value();
    beside::check_relative(&run.script, "./sync.sh", diagnostics);
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    if ending.is_some_and(|ending| OTHER_LANGUAGES.contains(&ending)) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{path}` is not a Bash script"),
                run.script.span,
                "expected a script such as `./sync.sh`",
            )
            .help("write a Bash script that calls the program, and list the interpreter under `packages`"),
        );
    } else if run.is_missing && !path.starts_with(['/', '~']) {
        beside::report_missing(&run.script, diagnostics);
    }
}

fn check_folders(run: &Run, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, Span> = HashMap::new();
    for folder in &run.writes {
        let path = folder.text.value();
        if let Some(first) = known.insert(path.trim_end_matches('/').to_owned(), folder.text.span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::Contradiction,
                    format!("`writes` lists `{path}` twice"),
                    folder.text.span,
                    "listed again here",
                )
                .and(first, "first listed here")
                .help("remove one of the two"),
            );
        }
        if let Some(own) = OWN.iter().find(|own| is_below(&path, own)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("a job cannot write to the host's `{own}`"),
                    folder.text.span,
                    format!("each run has a `{own}` of its own"),
                )
                .help(format!(
                    "remove this entry: a run can always write to its own `{own}`, which is deleted after the run"
                )),
            );
            continue;
        }
        let has_secrets = SECRETS.iter().any(|secrets| is_below(&path, secrets));
        let label = match host_path(&path, false).map(|row| row.kind) {
            _ if has_secrets => "contains secrets of the host",
            Some(PathKind::Secret) => "contains secrets of the host",
            Some(PathKind::Socket) => "contains a socket that controls the host",
            Some(PathKind::System | PathKind::Harmless) => "belongs to the system",
            None => continue,
        };
        diagnostics.push(
            Diagnostic::new(Code::JobFolder, format!("a job may write to `{path}`"), folder.text.span, label)
                .help("write to a folder of the job's own, such as `/var/lib/sync`"),
        );
    }
}

/// Reports names that a variable cannot have, and variables that Bash would not pass on or that change Bash itself.
fn check_variables(secrets: &SecretVariables, diagnostics: &mut Diagnostics) {
    for (variable, _) in &secrets.0 {
        let name = variable.value();
        if Variable::parse(&name).is_none() {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{name}` is not a valid variable name"),
                    variable.span,
                    format!("expected {}", Variable::EXPECTED),
                )
                .help("rename the variable"),
            );
        } else if RESERVED.contains(&name.as_str())
            || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("a secret cannot set the variable `{name}`"),
                    variable.span,
                    "Bash or systemd uses this variable",
                )
                .help("choose another name"),
            );
        }
    }
}

/// Variables that Bash sets itself or does not let a script set (bash(1), Shell Variables), and those with which the
/// output finds the secrets and its programs.
const RESERVED: &[&str] = &[
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "COMP_WORDBREAKS",
    "CREDENTIALS_DIRECTORY",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "IFS",
    "LINENO",
    "OLDPWD",
    "OPTERR",
    "OPTIND",
    "PATH",
    "PIPESTATUS",
    "PPID",
    "PS4",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
    "_",
];

/// Variables of Bash, of the locale and of the dynamic linker. Some of them write an invalid value to the log (bash(1),
/// ld.so(8)).
const RESERVED_PREFIXES: &[&str] = &["BASH_", "LC_", "LD_"];

fn check_is_content(variable: &Text, diagnostics: &mut Diagnostics) {
    let name = variable.value();
    if takes_path(&name) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{name}` takes the path of a file that the container does not have"),
                variable.span,
                "the command runs in the container",
            )
            .help(
                "name a variable that takes the content, or list the secret under `secrets` of the container",
            ),
        );
    }
}
