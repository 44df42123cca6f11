//! The commands of every day.

use crate::inventory::Inventory;
use crate::markdown::{name, table};
use crate::word::shell_word;

pub(super) fn section(inventory: &Inventory) -> String {
    let host = &inventory.host;
    let mut lines: Vec<(&str, String)> = Vec::new();
    let container = inventory.containers.first();
    let service = inventory.services.iter().find(|service| service.enabled && service.target.is_some());
    if let (Some(service), true) = (service, host.has_command) {
        let service = &service.name;
        lines.push(("See all containers and units", "homeserver list".to_owned()));
        for word in ["stop", "start", "restart"] {
            let task = match word {
                "stop" => "Stop a service, until it is started or the host boots",
                "start" => "Start a service",
                _ => "Restart a service",
            };
            lines.push((task, format!("homeserver {word} {service}")));
        }
        lines.push(("Follow the log of a service", format!("homeserver logs {service} -f")));
    } else if let Some(target) = service.and_then(|service| service.target.as_ref()) {
        lines.push(("See all containers", "systemctl list-units --all 'podman-*.service'".to_owned()));
        lines.push((
            "Stop a service, until it is started or the host boots",
            format!("systemctl stop {target}"),
        ));
        lines.push(("Start a service", format!("systemctl start {target}")));
        lines.push(("Restart a service", format!("systemctl restart {target}")));
    }
    if let Some(container) = container {
        let (name, unit) = (&container.name, &container.unit);
        lines.push(("See why a container does not run", format!("systemctl status {unit}")));
        lines.push(("Follow the log of a container", format!("journalctl -u {unit} -f")));
        lines.push((
            "Open a shell in a container",
            match host.has_command {
                true => format!("homeserver shell {name}"),
                false => format!("podman exec -it {name} sh"),
            },
        ));
        if host.has_command {
            lines.push(("Pull its image, and restart it", format!("homeserver recreate {name}")));
        }
        lines.push(("See the memory and CPU of all containers", "podman stats --no-stream".to_owned()));
    }
    lines.push(("See what failed", "systemctl --failed".to_owned()));
    if !inventory.jobs.is_empty() {
        lines.push(("See when the jobs run next", "systemctl list-timers".to_owned()));
    }
    let file = match host.file.as_str() {
        "homeserver.yaml" => String::new(),
        file => format!(" {}", shell_word(file)),
    };
    lines.push(("Check the file", format!("homegen check{file}")));
    lines.push(("See what a change does", format!("homegen plan{file}")));
    lines.push(("Apply a change", format!("homegen build{file}")));
    lines.push(("… and then", "nixos-rebuild switch".to_owned()));
    lines.push(("Go back to the system before the switch", "nixos-rebuild switch --rollback".to_owned()));
    let rows: Vec<Vec<String>> =
        lines.into_iter().map(|(task, command)| vec![task.to_owned(), name(&command)]).collect();
    format!("## Quick reference\n\n{}", table(&["To", "Run"], &rows))
}
