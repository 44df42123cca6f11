//! Clients: a home-manager module with a launchd agent for each Mac. The host does not import it.
//!
//! ```yaml
//! clients: { macbook: { upload: { to: immich, folder: ~/Pictures/upload, api_key: immich-api-key } } }
//! ```
//! ```nix
//! launchd.agents.upload-immich = { enable = true; config = { WatchPaths = [ … ]; StartInterval = …; … }; };
//! ```
//!
//! launchd has no time limit for an agent (`TimeOut` only advises an idle program), so the script has one.
//! `WatchPaths` loses changes while the agent runs, and does not notice that a server is reachable again: hence the
//! interval.

use crate::form::SecretName;
use crate::hir::client::{Client, Upload};
use crate::hir::{Host, Service};
use crate::nix::{Expr, Part, Set, attribute, parts};
use crate::nixos::{Binding, Module, Output};
use crate::tree::{Piece, Target, Text};
use crate::value::Value;

pub(super) fn lower(host: &Host, output: &mut Output) {
    for client in &host.clients {
        let module = Module {
            origin: format!("clients.{}, a module of home-manager", client.name),
            is_external: true,
            beside: vec![client.upload.uploader.script],
            ..Module::default()
        };
        let module = output.modules.entry(format!("clients/{}/default.nix", client.name)).or_insert(module);
        upload(client, &client.upload, module);
    }
}

fn upload(client: &Client, upload: &Upload, module: &mut Module) {
    let name = format!("upload-{}", upload.to.value());
    let script = format!("./{}", upload.uploader.script.0);
    let config = format!("config.launchd.agents.{name}.config");
    module.bindings =
        vec![(Binding::Agent, Expr::code(config)), (Binding::Command, command(&name, script.clone()))];
    let home = module.config.at(&["home"]);
    home.append("packages", [Binding::Command.into()]);
    home.at(&["activation"]).set(Service::option_name(&name), folders());
    let agent = module.config.at(&["launchd", "agents", &name]);
    agent.set("enable", Expr::Bool(true));
    let log = Expr::Str(in_home(vec![Part::Text(format!("/Library/Logs/homeserver/{name}.log").into())]));
    let program = [Expr::str("/bin/bash"), Expr::Str(vec![Part::Code(script.into())])];
    let config = agent.at(&["config"]);
    config.append("ProgramArguments", program);
    config.set("EnvironmentVariables", Expr::Set(environment(client, upload, &name)));
    config.append("WatchPaths", [Expr::code("agent.EnvironmentVariables.FOLDER")]);
    config.set("RunAtLoad", Expr::Bool(true));
    config.set("StartInterval", Expr::Int(3600));
    config.set("ProcessType", Expr::str("Background"));
    config.set("StandardOutPath", log.clone());
    config.set("StandardErrorPath", log);
}

/// The parameters of the script.
fn environment(client: &Client, upload: &Upload, name: &str) -> Set {
    let mut url = vec![Part::Text("https://".into())];
    url.extend(parts(&with_constants_only(&upload.site)));
    let state = Part::Text(format!("/Library/Application Support/homeserver/{name}").into());
    // The tools of macOS come first. Programs that the user installed, such as bun, are in the profile.
    let path = vec![
        Part::Text("/usr/bin:/bin:/usr/sbin:/sbin:".into()),
        Part::Code("config.home.profileDirectory".into()),
        Part::Text("/bin".into()),
    ];
    let uploader = vec![
        Part::Code(format!("pkgs.{}", upload.uploader.package).into()),
        Part::Text(format!("/bin/{}", upload.uploader.program).into()),
    ];
    let mut set = Set::of([
        ("CLIENT", Expr::str(client.name.clone())),
        ("URL", Expr::Str(url)),
        ("FOLDER", Expr::Str(in_home(below_home(&upload.folder.text)))),
        ("STATE", Expr::Str(in_home(vec![state]))),
        ("API_KEY_FILE", secret(&upload.api_key)),
    ]);
    if let Some(notify) = &upload.notify {
        set.set("PUSHOVER_FILE", secret(notify));
    }
    set.set("UPLOADER", Expr::call("lib.mkDefault", [Expr::Str(uploader)]));
    set.set("PATH", Expr::Str(path));
    set
}

/// The path of a secret that the Mac's agenix decrypts.
fn secret(name: &Value<SecretName>) -> Expr {
    Expr::code(format!("secrets.{}.path", attribute(&name.text.value())))
}

/// A command that starts the same run by hand, with the same parameters.
fn command(name: &str, script: String) -> Expr {
    let line = |text: &'static str| vec![Part::Text(text.into())];
    let variables = Expr::call("lib.toShellVars", [Expr::code("agent.EnvironmentVariables")]);
    // The same command line as the agent's, so that the two recognize each other by name.
    let run =
        vec![Part::Text("exec /bin/bash ".into()), Part::Code(script.into()), Part::Text(" \"$@\"".into())];
    let text = Expr::Lines(vec![
        line("#!/bin/bash"),
        line("set -a"),
        vec![Part::expr(variables)],
        line("set +a"),
        run,
    ]);
    Expr::call("pkgs.writeScriptBin", [Expr::str(name.to_owned()), text])
}

/// Creates the watched folder and the folder of the log, which launchd does not create.
fn folders() -> Expr {
    let folders = [
        Expr::code("agent.EnvironmentVariables.FOLDER"),
        Expr::call("dirOf", [Expr::code("agent.StandardOutPath")]),
    ];
    let folders = Expr::call("lib.escapeShellArgs", [Expr::List(folders.into())]);
    let make = Expr::Str(vec![Part::Text("run mkdir -p ".into()), Part::expr(folders)]);
    let before = Expr::List(vec![Expr::str("setupLaunchAgents")]);
    let after = Expr::List(vec![Expr::str("writeBoundary")]);
    Expr::call("lib.hm.dag.entryBetween", [before, after, make])
}

fn in_home(path: Vec<Part>) -> Vec<Part> {
    std::iter::once(Part::Code("config.home.homeDirectory".into())).chain(path).collect()
}

/// The part of a path after the `~`.
fn below_home(path: &Text) -> Vec<Part> {
    let mut path = with_constants_only(path);
    match path.pieces.first_mut() {
        Some(Piece::Literal(first)) if first.starts_with('~') => {
            first.remove(0);
            parts(&path)
        }
        _ => vec![Part::Text(path.value().trim_start_matches('~').to_owned().into())],
    }
}

/// A text with references only to constants: the Mac does not have the host's options.
fn with_constants_only(text: &Text) -> Text {
    let mut known = Text { pieces: Vec::new(), ..text.clone() };
    for piece in &text.pieces {
        known.push(match piece {
            Piece::Reference(reference) if !matches!(reference.target, Target::Constant(_)) => {
                Piece::Literal(reference.value.text())
            }
            piece => piece.clone(),
        });
    }
    known
}
