//! Clients: for each Mac a module of home-manager, with an agent of launchd. The host does not import it.
//!
//! launchd has no limit for how long an agent runs (its `TimeOut` is advice to a program that idles), so
//! that the script has one. `WatchPaths` loses changes while the agent runs, and never sees that a server is
//! back: hence the interval.

use crate::hir::client::{Client, Upload};
use crate::hir::{Host, Service};
use crate::nix::{Expr, Part, Set, parts};
use crate::nixos::{Binding, Module, Output};
use crate::tree::{Piece, Target, Text};

pub(super) fn lower(host: &Host, output: &mut Output) {
    for client in &host.clients {
        let module = Module {
            origin: format!("clients.{}, a module of home-manager", client.name),
            elsewhere: true,
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
    url.extend(parts(&known_elsewhere(&upload.site)));
    let state = Part::Text(format!("/Library/Application Support/homeserver/{name}").into());
    // The tools of macOS come first; what a person adds, such as bun, is in the profile.
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
        ("API_KEY_FILE", super::secret::path(&upload.api_key.text.value())),
    ]);
    if let Some(notify) = &upload.notify {
        set.set("PUSHOVER_FILE", super::secret::path(&notify.text.value()));
    }
    set.set("UPLOADER", Expr::call("lib.mkDefault", [Expr::Str(uploader)]));
    set.set("PATH", Expr::Str(path));
    set
}

/// The same run for a person, with the same parameters.
fn command(name: &str, script: String) -> Expr {
    let line = |text: &'static str| vec![Part::Text(text.into())];
    let variables = Expr::call("lib.toShellVars", [Expr::code("agent.EnvironmentVariables")]);
    // As the agent runs it, so that each of the two knows the other one by its name.
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

/// launchd watches a folder that is there, and writes a log where it can.
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

/// What follows the `~` of a path.
fn below_home(path: &Text) -> Vec<Part> {
    let mut path = known_elsewhere(path);
    match path.pieces.first_mut() {
        Some(Piece::Literal(first)) if first.starts_with('~') => {
            first.remove(0);
            parts(&path)
        }
        _ => vec![Part::Text(path.value().trim_start_matches('~').to_owned().into())],
    }
}

/// A text in which only constants are referred to: the options of the host are not those of the Mac.
fn known_elsewhere(text: &Text) -> Text {
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
