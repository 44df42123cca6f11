//! MariaDB and MySQL upgrade their data when another release starts, and an older release does not start with it
//! (<https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/downgrading>). A major of Postgres is a
//! diagnostic.

use std::collections::HashSet;

use super::Change;
use crate::deployment::Deployment;
use crate::form::{Form, Image};
use crate::image::Kind;
use crate::plan::Risk;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    let mut found = Vec::new();
    for (service, declared) in &change.new.record.services {
        for (name, container) in &declared.containers {
            let Some(before) = change.new.predecessors.get(&container.name) else { continue };
            // A new folder is empty, and another risk.
            let sources = |of: &Deployment, name: &str| -> HashSet<String> {
                let own = of.coverage.iter().filter(|path| path.container == name);
                own.map(|path| path.source.clone()).collect()
            };
            let (Some(old), Some(new)) = (release(&before.image), release(&container.image)) else {
                continue;
            };
            // `11` is any release of 11.
            if old.iter().zip(&new).all(|(old, new)| old == new)
                || sources(change.old, &before.name).is_disjoint(&sources(change.new, &container.name))
            {
                continue;
            }
            let shown = |release: &[u32]| release.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            let message = format!(
                "`{}` changes from release {} to {} on the same data",
                container.name,
                shown(&old),
                shown(&new)
            );
            let help = match old < new {
                true => format!(
                    "dump the databases before the switch: the server upgrades the data, and release {} does not start with it again",
                    shown(&old)
                ),
                false => format!(
                    "dump the databases with release {}, mount a new folder, and restore the dump: an older release does not start with the data of a newer one",
                    shown(&old)
                ),
            };
            let path = format!("services.{service}.containers.{name}.image");
            found.push(change.at(&path, "image", message, help));
        }
    }
    found
}

/// The release series of MariaDB or MySQL in the tag of an image: one or two numbers.
fn release(image: &str) -> Option<Vec<u32>> {
    let image = Image::parse(image)?;
    image.known().filter(|known| known.kind == Kind::Mysql)?;
    let numbers = image.tag.as_deref()?.split(['.', '-']).map_while(|part| part.parse().ok());
    Some(numbers.take(2).collect::<Vec<u32>>()).filter(|numbers| !numbers.is_empty())
}
