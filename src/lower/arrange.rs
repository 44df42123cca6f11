//! The order in which a person would write the attributes of a unit and of a container. Concerns add
//! theirs one after the other; here each finds its place.

use crate::nix::{Expr, Set};
use crate::nixos::Module;
use crate::tree::{Atom, Reference, Step, Target};

/// systemd.services.NAME, and its serviceConfig.
const UNIT: &[&str] = &[
    "description",
    "after",
    "wants",
    "requires",
    "partOf",
    "wantedBy",
    "restartTriggers",
    "stopIfChanged",
    "restartIfChanged",
    "startAt",
    "onSuccess",
    "onFailure",
    "unitConfig",
    "startLimitIntervalSec",
    "serviceConfig",
];
const SERVICE: &[&str] = &[
    "Type",
    "RemainAfterExit",
    "ExecStartPre",
    "ExecStart",
    "ExecStartPost",
    "TimeoutStartSec",
    "TimeoutStopSec",
    "Restart",
    "RestartSec",
];

/// virtualisation.oci-containers.containers.NAME.
const CONTAINER: &[&str] = &[
    "image",
    "login",
    "pull",
    "entrypoint",
    "cmd",
    "user",
    "workdir",
    "hostname",
    "autoStart",
    "networks",
    "dependsOn",
    "ports",
    "environment",
    "environmentFiles",
    "volumes",
    "devices",
    "capabilities",
    "privileged",
    "labels",
    "log-driver",
    "podman",
    "extraOptions",
];

pub(super) fn arrange(module: &mut Module) {
    drop_empty(&mut module.config);
    name_lists(&mut module.config);
    name_lists(&mut module.own);
    if let Some(units) = module.config.find_mut(&["systemd", "services"]) {
        for unit in units.sets_mut() {
            sort(unit, UNIT);
            if let Some(service) = unit.find_mut(&["serviceConfig"]) {
                sort(service, SERVICE);
            }
        }
    }
    if let Some(containers) = module.config.find_mut(&["virtualisation", "oci-containers", "containers"]) {
        containers.sets_mut().for_each(|container| sort(container, CONTAINER));
    }
}

/// Takes out the sets that a concern began and had nothing for.
fn drop_empty(set: &mut Set) {
    set.0.retain(|_, attr| match &mut attr.value {
        Expr::Set(inner) => {
            drop_empty(inner);
            !inner.is_empty()
        }
        Expr::List(items) => !items.is_empty(),
        _ => true,
    });
}

/// Names each list as a whole where all entries of a constant or parameter follow each other: `devices`, and not
/// `builtins.elemAt devices 0` and so on.
fn name_lists(set: &mut Set) {
    for attr in set.0.values_mut() {
        match &mut attr.value {
            Expr::Set(inner) => name_lists(inner),
            Expr::List(items) => attr.value = name_list(std::mem::take(items)),
            _ => {}
        }
    }
}

fn name_list(items: Vec<Expr>) -> Expr {
    let mut parts: Vec<Expr> = Vec::new();
    let mut at = 0;
    while let Some(item) = items.get(at) {
        if let Some((whole, length)) = whole_list(&items[at..]) {
            parts.push(whole);
            at += length;
            continue;
        }
        match parts.last_mut() {
            Some(Expr::List(last)) => last.push(item.clone()),
            _ => parts.push(Expr::List(vec![item.clone()])),
        }
        at += 1;
    }
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_else(|| Expr::List(Vec::new()));
    parts.fold(first, |left, right| Expr::Infix(Box::new(left), "++", Box::new(right)))
}

/// The list whose entries `items` begin with, and the number of its entries.
fn whole_list(items: &[Expr]) -> Option<(Expr, usize)> {
    let Some(Expr::Ref(first)) = items.first() else { return None };
    let (list, Step::Item { index: 0, of }) = last_step(&first.target)? else { return None };
    let follows = |(at, item): (usize, &Expr)| match item {
        Expr::Ref(reference) => reference.target == list.clone().below(Step::Item { index: at, of: *of }),
        _ => false,
    };
    let is_whole = items.len() >= *of && items[..*of].iter().enumerate().all(follows);
    let reference = Reference { target: list.clone(), value: Atom::Null, span: first.span };
    is_whole.then(|| (Expr::Ref(reference.into()), *of))
}

/// The target without its last step, and this step.
fn last_step(target: &Target) -> Option<(Target, &Step)> {
    let (Target::Constant(path) | Target::Parameter { path, .. }) = target else { return None };
    let (last, path) = path.split_last()?;
    let target = match target {
        Target::Parameter { service, .. } => {
            Target::Parameter { service: service.clone(), path: path.to_vec() }
        }
        _ => Target::Constant(path.to_vec()),
    };
    Some((target, last))
}

fn sort(set: &mut Set, order: &[&str]) {
    let place = |name: &str| order.iter().position(|o| *o == name).unwrap_or(order.len());
    set.0.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
}

impl Set {
    /// The set at `path`, if it is there.
    fn find_mut(&mut self, path: &[&str]) -> Option<&mut Set> {
        path.iter().try_fold(self, |set, name| match &mut set.0.get_mut(*name)?.value {
            Expr::Set(inner) => Some(inner),
            _ => None,
        })
    }

    /// The attributes that are sets.
    fn sets_mut(&mut self) -> impl Iterator<Item = &mut Set> {
        self.0.values_mut().filter_map(|attr| match &mut attr.value {
            Expr::Set(inner) => Some(inner),
            _ => None,
        })
    }
}
