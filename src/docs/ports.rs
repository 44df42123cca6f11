//! URLs and ports.

use super::rows;
use crate::inventory::Inventory;

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    if !inventory.sites.is_empty() {
        text.push_str("## URLs\n\n");
        text.push_str(&rows(&inventory.sites));
    }
    if !inventory.ports.is_empty() {
        text.push_str("## Ports\n\n");
        text.push_str(
            "The ports that programs of the file listen on. An address of `*` is every address of the host.\n\n",
        );
        text.push_str(&rows(&inventory.ports));
    }
    text
}
