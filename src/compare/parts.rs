//! The differences of the parts of two hosts: ports, images, secrets, sites, jobs and volumes.

use std::collections::{HashMap, HashSet};

use crate::inventory::{Cell, Inventory, Kind, Row};
use crate::plan::{PartChange, PartEffect, ValueChange};

/// The changes from `old` to `new`, kind by kind.
pub(super) fn compare(old: &Inventory, new: &Inventory) -> Vec<PartChange> {
    let mut found = Vec::new();
    for kind in Kind::ALL.iter().copied() {
        match kind {
            Kind::Ports => rows(kind, &old.ports, &new.ports, &mut found),
            Kind::Images => rows(kind, &old.images, &new.images, &mut found),
            Kind::Secrets => rows(kind, &old.secrets, &new.secrets, &mut found),
            Kind::Sites => rows(kind, &old.sites, &new.sites, &mut found),
            Kind::Jobs => rows(kind, &old.jobs, &new.jobs, &mut found),
            Kind::Volumes => rows(kind, &old.volumes, &new.volumes, &mut found),
        }
    }
    found
}

fn rows<R: Row>(kind: Kind, old: &[R], new: &[R], found: &mut Vec<PartChange>) {
    let texts = |rows: &[R]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.cells().iter().map(Cell::text).collect()).collect()
    };
    let (old, new) = (texts(old), texts(new));
    let name = |row: &[String]| row[..R::NAME].join(" ");
    let before: HashMap<String, &Vec<String>> = old.iter().map(|row| (name(row), row)).collect();
    let after: HashSet<String> = new.iter().map(|row| name(row)).collect();
    let none = vec![String::new(); R::COLUMNS.len()];
    let gone = old.iter().filter(|row| !after.contains(&name(row)));
    let rows = gone.map(|row| (row, PartEffect::Gone, row, &none)).chain(new.iter().map(|row| {
        match before.get(&name(row)) {
            Some(before) => (row, PartEffect::Changed, *before, row),
            None => (row, PartEffect::New, &none, row),
        }
    }));
    for (row, effect, before, after) in rows {
        let cells = R::COLUMNS.iter().zip(before.iter().zip(after)).skip(R::NAME);
        let values: Vec<ValueChange> = cells
            .filter(|(_, (before, after))| before != after)
            .map(|(column, (before, after))| ValueChange {
                path: (*column).to_owned(),
                before: Some(before.clone()).filter(|text| !text.is_empty()),
                after: Some(after.clone()).filter(|text| !text.is_empty()),
                lines: Vec::new(),
            })
            .collect();
        if effect != PartEffect::Changed || !values.is_empty() {
            found.push(PartChange { kind: kind.name(), name: name(row), effect, values });
        }
    }
}
