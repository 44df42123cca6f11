//! homegen creates folders and moves no data: a container whose folder changed since the last build would start on an
//! empty one. One constant can move the folders of many services, so that folders which move together are reported
//! together.

use indexmap::IndexMap;

use super::moves::{Move, constant, move_by_hand, moved_folders, moves, stop};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::path::is_below;
use crate::setting::VolumeSource;
use crate::tree::{Node, Text};

/// The maximum number of folders that a message names.
const NAMED: usize = 8;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut groups: IndexMap<(String, String), Vec<Move>> = IndexMap::new();
    for one in moves(host) {
        let is_bind = matches!(one.volume.source, VolumeSource::Bind(_)) && one.from.starts_with('/');
        if is_bind && one.disk.is_none() {
            groups.entry(moved_folders(one.from, &one.to)).or_default().push(one);
        }
    }
    for ((from, to), moves) in groups {
        let mut folders: IndexMap<&str, &str> = IndexMap::new();
        folders.extend(moves.iter().map(|one| (one.from, one.to.as_str())));
        let (count, first) = (folders.len(), &moves[0]);
        let message = match count {
            1 => format!("the data of `{}` would stay in `{}`", first.container.name, first.from),
            _ => format!("the data of {count} folders would stay in `{from}`"),
        };
        let constant = moves.iter().find_map(|one| constant(host, source(one)?, &from));
        let position = |one: &Move| source(one).map_or(one.volume.span, |text| text.span);
        let mut diagnostic = match constant {
            Some(span) => {
                let was = format!("changed from `{from}` to `{to}` since the last build");
                Diagnostic::new(Code::FolderLeft, message, span, was).and(position(first), label(first))
            }
            None => Diagnostic::new(Code::FolderLeft, message, position(first), label(first)),
        };
        for one in moves.iter().skip(1).take(3) {
            diagnostic = diagnostic.and(position(one), label(one));
        }
        let help = move_by_hand(&moves).unwrap_or_else(|| help(&moves, &folders));
        diagnostics.push(diagnostic.help(help));
    }
}

fn label(one: &Move) -> String {
    format!("was `{}` in the last build", one.from)
}

fn source<'a>(one: &Move<'a>) -> Option<&'a Text> {
    match &one.volume.source {
        VolumeSource::Bind(path) => Some(path),
        _ => None,
    }
}

fn help(moves: &[Move], folders: &IndexMap<&str, &str>) -> String {
    // A folder that moves with a parent folder needs no command of its own.
    let moves_along = |from: &str, to: &str| {
        crate::path::ancestors(from).skip(1).any(|parent| {
            folders.get(parent).is_some_and(|new| {
                from.strip_prefix(parent).is_some_and(|rest| to.strip_prefix(new) == Some(rest))
            })
        })
    };
    let alone: Vec<(&str, &str)> =
        folders.iter().map(|(from, to)| (*from, *to)).filter(|(from, to)| !moves_along(from, to)).collect();
    if let Some((from, to)) = alone.iter().find(|(from, to)| is_below(from, to) || is_below(to, from)) {
        return format!(
            "before the switch, stop the container and move the contents of `{from}` to `{to}`; or keep the old path"
        );
    }
    let named = &alone[..alone.len().min(NAMED)];
    let mut parents: Vec<&str> = Vec::new();
    for (_, to) in named {
        let parent = to.rsplit_once('/').map_or("", |(parent, _)| parent);
        if !parent.is_empty() && !parents.contains(&parent) {
            parents.push(parent);
        }
    }
    let stopped = moves.iter().filter(|one| named.iter().any(|(from, _)| is_below(one.from, from)));
    let mut commands = vec![stop(stopped.map(|one| one.previous))];
    if !parents.is_empty() {
        commands.push(format!("mkdir -p {}", shell_words::join(&parents)));
    }
    commands.extend(named.iter().map(|(from, to)| format!("mv -T {}", shell_words::join([from, to]))));
    let more = match alone.len() - named.len() {
        0 => String::new(),
        more => format!(", and the other {more} in the same way"),
    };
    format!(
        "move the data before the switch, as root: `{}`{more}; or keep the old path",
        commands.join(" && ")
    )
}
