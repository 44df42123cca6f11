//! Podman creates a volume that does not exist, and it is empty. The name of a volume contains its service's name, so
//! that a renamed service has other volumes.

use indexmap::IndexMap;

use super::moves::{Move, move_by_hand, moves, stop};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::map::VOLUMES;
use crate::tree::Node;

/// The maximum number of volumes that a message names.
const NAMED: usize = 4;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut groups: IndexMap<(&str, &str), Vec<Move>> = IndexMap::new();
    for one in moves(host) {
        if !(one.from.starts_with('/') && one.to.starts_with('/')) {
            let key = (one.previous.service.as_str(), one.service.name.as_str());
            groups.entry(key).or_default().push(one);
        }
    }
    for ((old, new), moves) in groups {
        let mut sources: IndexMap<&str, &str> = IndexMap::new();
        sources.extend(moves.iter().map(|one| (one.from, one.to.as_str())));
        let first = &moves[0];
        let message = match sources.len() {
            1 => format!("the data of `{}` would stay in {}", first.container.name, describe(first.from)),
            count => format!("the data of {count} volumes of `{old}` would stay in the old volumes"),
        };
        let label =
            |one: &Move| format!("{} in the last build, {} here", describe(one.from), describe(&one.to));
        let mut diagnostic = Diagnostic::new(Code::VolumeLeft, message, first.volume.span, label(first));
        for one in moves.iter().skip(1).take(3) {
            diagnostic = diagnostic.and(one.volume.span, label(one));
        }
        if old != new {
            diagnostic = diagnostic.and(first.service.span, format!("named `{old}` in the last build"));
        }
        let named: Vec<String> = sources.iter().take(NAMED).map(|(from, to)| copy(from, to)).collect();
        let stopped = moves.iter().filter(|one| sources.get_index_of(one.from).is_some_and(|at| at < NAMED));
        let commands = [vec![stop(stopped.map(|one| one.previous))], named].concat().join(" && ");
        let more = match sources.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and the other {more} in the same way"),
        };
        if let Some(help) = move_by_hand(&moves) {
            diagnostics.push(diagnostic.help(help));
            continue;
        }
        let keep = if old != new { format!("the name `{old}`") } else { "the old volume".to_owned() };
        diagnostics.push(
            diagnostic.help(format!(
                "copy the data before the switch, as root: `{commands}`{more}; or keep {keep}"
            )),
        );
    }
}

fn describe(source: &str) -> String {
    match source.starts_with('/') {
        true => format!("`{source}`"),
        false => format!("the volume `{source}`"),
    }
}

/// The command that copies the data of one source to another. Podman cannot rename a volume.
fn copy(from: &str, to: &str) -> String {
    let quoted = |text: &str| shell_words::quote(text).into_owned();
    let folder = |source: &str| match source.starts_with('/') {
        true => source.to_owned(),
        false => format!("{VOLUMES}/{source}/_data"),
    };
    let make = match to.starts_with('/') {
        true => format!("mkdir -p {}", quoted(to)),
        false => format!("podman volume create {}", quoted(to)),
    };
    let copy = match (from.starts_with('/'), to.starts_with('/')) {
        (false, false) => {
            format!("podman volume export {} | podman volume import {} -", quoted(from), quoted(to))
        }
        _ => format!("cp -a {} {}", quoted(&format!("{}/.", folder(from))), quoted(&folder(to))),
    };
    format!("{make} && {copy}")
}
