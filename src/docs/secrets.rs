//! Secrets: their files and readers, and how to change one. Their contents are never read.

use super::{commands, names, rows};
use crate::inventory::{Container, DatabaseServer, Inventory, Reader, Secret};
use crate::markdown::{code, name, table};

pub(super) fn section(inventory: &Inventory) -> String {
    let mut text = String::new();
    if inventory.secrets.is_empty() {
        return text;
    }
    text.push_str("## Secrets\n\n");
    text.push_str(&rows(&inventory.secrets));
    let cells = |secret: &Secret| {
        let (restarted, later): (Vec<&Reader>, Vec<&Reader>) =
            secret.read_by.iter().partition(|reader| reader.unit.is_some());
        let restarted: Vec<String> = restarted.into_iter().filter_map(|reader| reader.unit.clone()).collect();
        let later: Vec<String> = later.into_iter().map(|reader| reader.name.clone()).collect();
        vec![
            name(&secret.name),
            secret.edit.as_deref().map(name).unwrap_or_else(|| "its own program".to_owned()),
            names(&restarted),
            names(&later),
        ]
    };
    text.push_str("### Change a secret\n\n");
    text.push_str(&table(
        &["Secret", "Change it with", "The switch restarts", "Read anew at the next use by"],
        &inventory.secrets.iter().map(cells).collect::<Vec<_>>(),
    ));
    if let Some(edit) = inventory.secrets.iter().find_map(|secret| secret.edit.clone()) {
        text.push_str(
            "Write the new value and save, then switch. The switch decrypts the new file, and restarts the units that keep \
             the old value in memory:\n\n",
        );
        text.push_str(&commands([("", edit), ("", "nixos-rebuild switch".to_owned())]));
    }
    if inventory.secrets.iter().any(|secret| secret.edit.is_none()) {
        text.push_str(
            "A switch does not see that another program changed a secret. Restart the readers of such a secret by hand.\n\n",
        );
    }
    for container in &inventory.containers {
        if let (Some(server), false) = (container.server, container.secrets.is_empty()) {
            text.push_str(&first_password(container, server, inventory.host.has_command));
        }
    }
    text
}

/// The steps that change the password of a database, besides its secret. The variables of the image give the user
/// (docker-library/docs, postgres).
fn first_password(container: &Container, server: DatabaseServer, has_command: bool) -> String {
    let name = &container.name;
    let change = match (server, has_command) {
        (DatabaseServer::Postgres, true) => format!("homeserver psql {name} -c '\\password'"),
        (DatabaseServer::Postgres, false) => {
            format!(
                "podman exec -it {name} sh -c 'psql -U \"${{POSTGRES_USER:-postgres}}\" -c \"\\password\"'"
            )
        }
        (DatabaseServer::Mysql, _) => {
            format!("podman exec -it {name} sh -c 'mariadb -u root -p || mysql -u root -p'")
        }
    };
    let then = match server {
        DatabaseServer::Postgres => "asks for the new password",
        DatabaseServer::Mysql => {
            "asks for the password of root; `ALTER USER … IDENTIFIED BY …;` then changes the password of a user"
        }
    };
    format!(
        "The database in {} keeps the password of its first start: the secret {} alone does not change it. After the switch, \
         change it in the database too. This command {then}:\n\n{}",
        code(name),
        names(&container.secrets),
        commands([("", change)])
    )
}
