//! Disks and volumes, with their owners and backups.

use super::{names, rows};
use crate::coverage::Coverage;
use crate::inventory::{Inventory, Volume};

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    if inventory.disks.is_empty() && inventory.volumes.is_empty() {
        return text;
    }
    text.push_str("## Disks and volumes\n\n");
    if !inventory.disks.is_empty() {
        let followed = inventory.disks.iter().filter(|disk| disk.is_followed && !disk.containers.is_empty());
        let followed: Vec<String> = followed.map(|disk| disk.path.clone()).collect();
        if !followed.is_empty() {
            text.push_str(&format!(
                "The containers on {} stop when the disk is unmounted, and start when it is mounted again.\n\n",
                names(&followed)
            ));
        }
        text.push_str(&rows(&inventory.disks));
    }
    if inventory.volumes.is_empty() {
        return text;
    }
    text.push_str(&rows(&inventory.volumes));
    if inventory.volumes.iter().any(|volume| volume.name.is_some()) {
        text.push_str(
            "A volume without a path is one of Podman: `podman volume inspect NAME` prints its folder on the host.\n\n",
        );
    }
    let is_unsaved = |volume: &&Volume| volume.coverage.as_ref().is_some_and(Coverage::is_incomplete);
    let unsaved: Vec<String> = inventory
        .volumes
        .iter()
        .filter(is_unsaved)
        .filter_map(|volume| volume.name.clone().or_else(|| volume.path.clone()))
        .collect();
    if !unsaved.is_empty() {
        text.push_str(&format!("No backup of this file has all data in {}.\n\n", names(&unsaved)));
    }
    text
}
