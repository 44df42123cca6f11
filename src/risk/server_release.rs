//! MariaDB and MySQL upgrade their data when another release starts, and an older release does not start with it
//! (<https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/downgrading>). A major of Postgres is a
//! diagnostic.

use super::Change;
use crate::form::{Form, Image};
use crate::image::Kind;
use crate::plan::Risk;

pub(super) fn find(change: &Change) -> Vec<Risk> {
    let mut found = Vec::new();
    for (service, declared) in &change.new.record.services {
        for (name, container) in &declared.containers {
            let Some(before) = change.new.predecessors.get(&container.name) else { continue };
            // A new folder is empty, and another risk.
            if !before.mounts.values().any(|source| container.mounts.values().any(|new| new == source)) {
                continue;
            }
            let (Some(old), Some(new)) = (release(&before.image), release(&container.image)) else {
                continue;
            };
            if old == new {
                continue;
            }
            let shown = |(major, minor): (u32, u32)| format!("{major}.{minor}");
            let message = format!(
                "`{}` changes from release {} to {} on the same data",
                container.name,
                shown(old),
                shown(new)
            );
            let help = match old < new {
                true => format!(
                    "dump the databases before the switch: the server upgrades the data, and release {} does not start with it again",
                    shown(old)
                ),
                false => format!(
                    "dump the databases with release {}, mount a new folder, and restore the dump: an older release does not start with the data of a newer one",
                    shown(old)
                ),
            };
            let path = format!("services.{service}.containers.{name}.image");
            found.push(change.at(&path, "image", message, help));
        }
    }
    found
}

/// The release series of MariaDB or MySQL in the tag of an image.
fn release(image: &str) -> Option<(u32, u32)> {
    let image = Image::parse(image)?;
    image.known().filter(|known| known.kind == Kind::Mysql)?;
    let mut numbers = image.tag.as_deref()?.split(['.', '-']).map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}
