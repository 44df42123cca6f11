//! The host and its services.

use super::rows;
use crate::inventory::{Inventory, Service};
use crate::markdown::{code, words};

pub(super) fn section(inventory: &Inventory) -> String {
    let host = &inventory.host;
    let mut text = format!("# {}\n\n", words(&host.name));
    text.push_str(&format!(
        "`homegen docs` wrote this page from {}. Run the commands as root on the host, for example in a shell of \
         `sudo -i`. Commands of homegen, agenix and sops run in the folder of {}. `nixos-rebuild switch` stands for the \
         command with which you switch, such as {}.\n\n",
        code(&host.file),
        code(&host.file),
        code(&format!("nixos-rebuild switch --flake .#{}", host.name)),
    ));
    text.push_str("## Overview\n\n");
    text.push_str(&format!("NixOS {}, time zone {}.", host.release, code(&host.timezone)));
    if let Some(address) = &host.tailnet {
        text.push_str(&format!(" The address in the tailnet is {}.", code(address)));
    }
    let fronts: Vec<&str> = [
        host.caddy.map(|_| "Caddy"),
        host.haproxy.then_some("HAProxy"),
        host.tunnel.as_ref().map(|_| "a tunnel of Cloudflare"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !fronts.is_empty() && !inventory.sites.is_empty() {
        text.push_str(&format!(" Sites are served by {}.", fronts.join(" and ")));
    }
    let servers: Vec<&str> = [host.runs_postgres.then_some("Postgres"), host.runs_valkey.then_some("Valkey")]
        .into_iter()
        .flatten()
        .collect();
    if !servers.is_empty() {
        text.push_str(&format!(" The host itself runs {}.", servers.join(" and ")));
    }
    if !host.notify.is_empty() {
        text.push_str(&format!(" Notifications go to {}.", host.notify.join(" and ")));
    }
    text.push_str("\n\n");
    let (on, off): (Vec<&Service>, Vec<&Service>) =
        inventory.services.iter().partition(|service| service.enabled);
    text.push_str(&rows(on));
    for service in off {
        text.push_str(&format!(
            "- {} is off, and is not in the rest of this page. {} turns it on.\n",
            code(&service.name),
            code(&format!("{} = true;", service.option))
        ));
    }
    text.trim_end().to_owned() + "\n\n"
}
