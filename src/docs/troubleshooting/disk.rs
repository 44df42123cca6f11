//! A disk is full, or is not mounted.

use std::collections::BTreeSet;

use crate::docs::commands;
use crate::inventory::{Inventory, Place, Work};
use crate::markdown::code;
use crate::word::shell_word;

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    if let Some(disk) = inventory.disks.first() {
        text.push_str("### A disk is not mounted\n\n");
        let path = shell_word(&disk.path);
        let mut lines = vec![
            ("The disk, or nothing", format!("findmnt {path}")),
            ("Why it is not mounted", format!("systemctl status {path}")),
            ("The disks that the host sees", "lsblk -f".to_owned()),
            ("Errors of disks", "journalctl -k -p err -n 50 --no-pager".to_owned()),
            ("Mount it", format!("systemctl start {path}")),
        ];
        let exports = inventory.disks.iter().filter_map(|disk| disk.nfs.as_ref());
        let servers: BTreeSet<&str> =
            exports.filter_map(|export| Some(export.rsplit_once(":/")?.0)).collect();
        lines.extend(servers.into_iter().map(|server| {
            let server = server.trim_matches(['[', ']']);
            ("The server of the export", format!("ping -c 3 {}", shell_word(server)))
        }));
        text.push_str(&commands(lines));
        text.push_str("The containers on the disk start by themselves once it is mounted.\n\n");
    }
    text.push_str("### A disk is full\n\n");
    let mut lines =
        vec![("The free space, and the free inodes", "df -h".to_owned()), ("", "df -i".to_owned())];
    let has_containers = !inventory.containers.is_empty();
    if has_containers {
        lines.push(("The space of Podman's images, containers and volumes", "podman system df".to_owned()));
    }
    let mut folders: Vec<&str> = Vec::new();
    for job in &inventory.jobs {
        if let Work::Backup(saved) = &job.work
            && let Place::Folder { backup, .. } = &saved.place
        {
            folders.extend(backup.rsplit_once('/').map(|(folder, _)| folder));
        }
    }
    folders.sort_unstable();
    folders.dedup();
    lines.extend(
        folders.iter().map(|folder| ("The space of backups", format!("du -sh {}", shell_word(folder)))),
    );
    if has_containers {
        lines.push(("Delete images that no container uses", "podman image prune --all".to_owned()));
    }
    lines.push((
        "Delete old systems of NixOS, and what only they need",
        "nix-collect-garbage --delete-older-than 30d".to_owned(),
    ));
    lines.push(("Shorten the journal", "journalctl --vacuum-size=500M".to_owned()));
    text.push_str(&commands(lines));
    if has_containers && inventory.jobs.iter().any(|job| matches!(job.work, Work::Update { .. })) {
        text.push_str(&format!(
            "{} deletes the previous images too, to which a failed update would go back.\n\n",
            code("podman image prune --all")
        ));
    }
    if !folders.is_empty() {
        text.push_str(
            "Backups are deleted by their jobs after `keep`; a smaller value in the file takes effect with the next run.\n\n",
        );
    }
    if !inventory.host.datasets.is_empty() {
        text.push_str("Snapshots keep the space of deleted files. The state of the pools, and the space of snapshots:\n\n");
        text.push_str(&commands([
            ("", "zpool status -x".to_owned()),
            ("", "zfs list -t snapshot -s used".to_owned()),
        ]));
    }
    text
}
