//! Services with their containers, and the commands that stop, start and look at them.

use super::{commands, names, rows};
use crate::inventory::Inventory;
use crate::markdown::{code, name, table};

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    let services = inventory.services.iter().filter(|service| service.enabled);
    let services_with_target: Vec<Vec<String>> = services
        .filter_map(|service| {
            let target = name(service.target.as_ref()?);
            Some(vec![name(&service.name), target, names(&service.units), service.limits.clone()])
        })
        .collect();
    if services_with_target.is_empty() {
        return text;
    }
    text.push_str("## Services and containers\n\n");
    text.push_str(
        "The target of a service starts and stops all of its units, in the order of their dependencies. A service that is \
         stopped stays stopped, also across a switch, until its target is started or the host boots. A unit that is \
         stopped alone starts again with the next switch.\n\n",
    );
    text.push_str(&table(&["Service", "Target", "Units", "Limits of all"], &services_with_target));
    let targets: Vec<&str> = inventory
        .services
        .iter()
        .filter(|service| service.enabled)
        .filter_map(|service| service.target.as_deref())
        .collect();
    let first = targets[0];
    let mut lines = vec![
        ("Stop, start and restart a service", format!("systemctl stop {first}")),
        ("", format!("systemctl start {first}")),
        ("", format!("systemctl restart {first}")),
    ];
    if targets.len() > 1 {
        lines.push(("Stop and start all services", format!("systemctl stop {}", targets.join(" "))));
        lines.push(("", format!("systemctl start {}", targets.join(" "))));
    }
    text.push_str(&commands(lines));
    text.push_str(&rows(&inventory.containers));
    if !inventory.images.is_empty() {
        text.push_str("### Images\n\n");
        text.push_str(&rows(&inventory.images));
        let moving = inventory.images.iter().filter(|image| image.moves_within.is_some());
        let moving: Vec<String> = moving.map(|image| image.container.clone()).collect();
        if !moving.is_empty() {
            text.push_str(&format!(
                "A tag that moves brings another version only when the image is pulled. This pulls the image of {}, and \
                 starts a new container from it:\n\n",
                code(&moving[0])
            ));
            let container = inventory.containers.iter().find(|container| container.name == moving[0]);
            let unit = container.map(|container| container.unit.clone()).unwrap_or_default();
            let image = container.map(|container| container.image.clone()).unwrap_or_default();
            text.push_str(&match inventory.host.has_command {
                true => commands([("", format!("homeserver recreate {}", moving[0]))]),
                false => commands([
                    ("", format!("podman pull {image}")),
                    ("", format!("systemctl restart {unit}")),
                ]),
            });
        }
    }
    if inventory.host.has_command {
        text.push_str("### The command `homeserver`\n\n");
        text.push_str(&command(inventory));
    }
    text
}

/// The words of the command, as `templates/scripts/homeserver.sh` takes them.
fn command(inventory: &Inventory) -> String {
    let host = &inventory.host;
    let mut lines = vec![
        ("homeserver list", "all containers and units, with their states"),
        ("homeserver start|stop|restart NAME", "start or stop a service, a container or a unit"),
        ("homeserver pull NAME", "pull the images"),
        ("homeserver recreate NAME", "pull the images, and restart with new containers"),
        ("homeserver logs NAME [OPTION...]", "the journal, with options of journalctl"),
        ("homeserver shell CONTAINER [COMMAND...]", "a shell or a command in a container"),
    ];
    if host.has_postgres {
        lines.push(("homeserver psql NAME", "a client of Postgres, as its superuser"));
    }
    if host.has_postgres || inventory.containers.iter().any(|container| container.server.is_some()) {
        lines.push(("homeserver password NAME", "the password of a database"));
    }
    if host.has_valkey {
        lines.push(("homeserver valkey NAME [--as USER]", "a client of Valkey or Redis"));
    }
    let width = lines.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    let lines: Vec<String> =
        lines.into_iter().map(|(command, about)| format!("{command:width$}  {about}")).collect();
    crate::markdown::block("text", &lines)
}
