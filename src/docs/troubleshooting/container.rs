//! A container does not start, or is not healthy.

use super::messages;
use crate::docs::{commands, names};
use crate::inventory::{Container, Inventory};
use crate::markdown::{code, name, table};

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = native(inventory);
    let Some(first) = inventory.containers.first() else { return text };
    text.push_str("### A container does not start\n\n");
    text.push_str("The state of its unit comes first, and its log has the cause of a failed start:\n\n");
    text.push_str(&commands([
        ("The state of each container", "systemctl list-units --all 'podman-*.service'".to_owned()),
        ("The state of one, and the last lines of its log", format!("systemctl status {}", first.unit)),
        ("More of its log", format!("journalctl -u {} -n 50 --no-pager", first.unit)),
    ]));
    text.push_str(&table(&["State", "Meaning and action"], &states(inventory)));
    text.push_str(&messages(&causes(inventory)));
    text.push_str(&format!(
        "Any other message is of the program in the container: look for the first error after `Started` or before \
         `Main process exited`. {} prints how the container is called, with its mounts and arguments.\n\n",
        code(&format!("systemctl cat {}", first.unit))
    ));
    let checked: Vec<&Container> =
        inventory.containers.iter().filter(|container| container.has_health_check).collect();
    if let Some(first) = checked.first() {
        text.push_str("### A health check fails\n\n");
        let all: Vec<String> = checked.iter().map(|container| container.name.clone()).collect();
        text.push_str(&format!(
            "Containers with a health check: {}. Their units are `activating` until the first check succeeds, and \
             containers that wait for them start afterwards. After the time limit, systemd reports \
             `start operation timed out`, and starts the container again. A container that becomes unhealthy later runs on.\n\n",
            names(&all)
        ));
        text.push_str(&commands([
            ("The state of the checks: healthy, starting or unhealthy", "podman ps".to_owned()),
            (
                "The last checks with their output",
                format!("podman inspect --format '{{{{json .State.Health}}}}' {}", first.name),
            ),
            ("Check now", format!("podman healthcheck run {}", first.name)),
            ("The log of the program", format!("journalctl -u {} -n 50 --no-pager", first.unit)),
        ]));
        text.push_str(&format!(
            "If the program hangs, restart it: {}.\n\n",
            code(&format!("systemctl restart {}", first.unit))
        ));
    }
    text
}

/// The states of the unit of a container.
fn states(inventory: &Inventory) -> Vec<Vec<String>> {
    let mut stopped = "It was stopped, and its log has no error.".to_owned();
    if let Some(target) = inventory.services.iter().find_map(|service| service.target.as_ref()) {
        let start = code(&format!("systemctl start {target}"));
        stopped.push_str(&format!(" Start the target of its service, such as {start}."));
    }
    if inventory.containers.iter().any(|container| !container.starts_after.is_empty()) {
        stopped.push_str(
            " If it does not start, a container that starts before it does not run: [Services and \
             containers](#services-and-containers) lists them. It starts by itself after them.",
        );
    }
    if inventory.disks.iter().any(|disk| disk.is_followed && !disk.containers.is_empty()) {
        stopped.push_str(
            " A container also stops when its disk is unmounted: see [A disk is not mounted](#a-disk-is-not-mounted).",
        );
    }
    let starting = match inventory.containers.iter().any(|container| container.has_health_check) {
        true => {
            "It pulls its image, or waits for its first successful check: see [A health check fails](#a-health-check-fails)."
        }
        false => "It pulls its image, or starts.",
    };
    let states = [
        (
            "`activating`, `auto-restart`",
            "Its last start failed. It tries again every 10 s, without a limit, and starts by itself once the cause is gone: \
             see the messages below."
                .to_owned(),
        ),
        ("`activating`, `start`", starting.to_owned()),
        ("`inactive`", stopped),
        ("`active`", "It runs. If the program does not work, its own log has the reason.".to_owned()),
    ];
    states.into_iter().map(|(state, meaning)| vec![state.to_owned(), meaning]).collect()
}

/// The units of NixOS that belong to services.
fn native(inventory: &Inventory) -> String {
    let services = inventory.services.iter().filter(|service| service.enabled);
    let units = services.flat_map(|service| &service.units).filter(|unit| !unit.starts_with("podman-"));
    let units: Vec<String> = units.cloned().collect();
    let Some(first) = units.first() else { return String::new() };
    format!(
        "### A unit of NixOS does not start\n\n\
         These units belong to services: {}. Before each start, they check their secrets and disks like containers, and try \
         again every 10 s.\n\n{}",
        names(&units),
        commands([
            ("", format!("systemctl status {first}")),
            ("", format!("journalctl -u {first} -n 50 --no-pager"))
        ])
    )
}

/// The messages before and at a start, with their causes.
fn causes(inventory: &Inventory) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let containers = &inventory.containers;
    if containers.iter().any(|container| !container.secrets.is_empty()) {
        let mut action = "The secret was not decrypted.".to_owned();
        let stores: Vec<&str> = inventory.secrets.iter().filter_map(|secret| secret.store).collect();
        if stores.is_empty() {
            action.push_str(" Run the program that creates the file.");
        } else {
            action.push_str(
                " `/run/current-system/activate` decrypts all secrets again, and its messages name the file and the \
                 reason: a missing file, or a file that is not encrypted for this host.",
            );
            if stores.contains(&"agenix") {
                action.push_str(
                    " Encrypt it for the host's key again with `agenix -r` in the folder of the secrets, then switch.",
                );
            }
            action.push_str(
                " If the host creates users with systemd-sysusers or userborn, a unit decrypts them instead: \
                 `systemctl list-units --all '*install-secrets*'`.",
            );
        }
        rows.push(("secret NAME is not available: PATH is missing or empty; check the messages of the last activation", action));
    }
    if inventory.secrets.iter().any(|secret| secret.min_length.is_some()) {
        rows.push((
            "secret NAME has N characters, and min_length is M",
            "The secret is too short, often because of a line that was cut. Change it.".to_owned(),
        ));
    }
    if containers.iter().any(|container| !container.disks.is_empty()) {
        rows.push((
            "no disk is mounted at PATH: waiting for it",
            "The disk is not mounted. `systemctl status PATH` shows why, and `systemctl start PATH` mounts it. `lsblk -f` lists \
             the disks that the host sees."
                .to_owned(),
        ));
    }
    if containers.iter().any(|container| !container.networks.is_empty()) {
        rows.push((
            "network NAME cannot be recreated while containers use it: CONTAINERS",
            "The options of the network changed. Stop the named containers; the network is then created anew.".to_owned(),
        ));
        rows.push((
            "subnet … is already used",
            "Another network of the host or of Podman has the subnet: `podman network ls` and `ip route` list them. Choose \
             another `subnet` in the file."
                .to_owned(),
        ));
    }
    let host = &inventory.host;
    if host.runs_postgres {
        rows.push((
            "Postgres does not accept connections: see systemctl status postgresql",
            "Postgres of the host does not run. See [The host's Postgres](#the-hosts-postgres-does-not-run)."
                .to_owned(),
        ));
    }
    if host.runs_valkey {
        rows.push((
            "Valkey does not answer: see systemctl status redis-valkey",
            "Valkey of the host does not run. See [The host's Valkey](#the-hosts-valkey-does-not-run)."
                .to_owned(),
        ));
    }
    if containers.iter().any(|container| container.on_tailnet) {
        rows.push((
            "INTERFACE does not have the address ADDRESS: check that the host is in the tailnet",
            "The host is not connected to the tailnet: `tailscale status` shows its state, and `tailscale up` connects it."
                .to_owned(),
        ));
    }
    rows.push((
        "cannot assign requested address",
        match containers.iter().any(|container| container.on_tailnet) {
            true => "The host does not have the address of a published port. `systemctl status tailscale-address.service` and \
                     `tailscale status` show the state of the tailnet."
                .to_owned(),
            false => "The host does not have the address of a published port: `ip address` lists its addresses.".to_owned(),
        },
    ));
    rows.push((
        "address already in use",
        "Another program has the port: `ss -tulpn` lists the programs with their ports.".to_owned(),
    ));
    let image = inventory.images.first().map(|image| image.image.clone()).unwrap_or_default();
    rows.push((
        "initializing source docker://…",
        format!(
            "The image could not be pulled: no network, no such tag, or a limit of the registry. {} shows the error.",
            name(&format!("podman pull {image}"))
        ),
    ));
    rows.push((
        "code=exited, status=137",
        "The program was killed, often for lack of memory. `journalctl -k -g oom` lists what the kernel killed. Raise \
         `limits.memory` in the file."
            .to_owned(),
    ));
    if let Some(target) = inventory.services.iter().find_map(|service| service.target.as_ref()) {
        rows.push((
            "Dependency failed for …, or Job … failed with result 'dependency'",
            format!(
                "Its service is stopped, so nothing starts its containers. Start the target of the service, such as {}.",
                code(&format!("systemctl start {target}"))
            ),
        ));
    }
    rows
}
