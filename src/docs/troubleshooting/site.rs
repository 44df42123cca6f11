//! A site does not answer.

use crate::docs::commands;
use crate::inventory::{Certificates, Inventory};
use crate::markdown::{code, table};
use crate::word::shell_word;

pub(super) fn section(inventory: &Inventory) -> String {
    let host = &inventory.host;
    let site = inventory.sites.iter().find(|site| site.urls.first().is_some_and(|url| !url.contains('*')));
    let Some(url) = site.and_then(|site| site.urls.first()) else { return String::new() };
    let mut text = "### A site does not answer\n\n".to_owned();
    let address = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let name = address.split(':').next().unwrap_or_default();
    let mut lines = vec![
        ("The answer, or the error", format!("curl -sS -o /dev/null -D - {}", shell_word(url))),
        (
            "The address of the name, which has to be one of this host",
            format!("getent hosts {}", shell_word(name)),
        ),
    ];
    if let Some(caddy) = host.caddy {
        lines.push(("The front", format!("systemctl status {caddy}")));
        lines.push(("", format!("journalctl -u {caddy} -n 50 --no-pager")));
    }
    if host.haproxy {
        lines.push(("HAProxy", "systemctl status haproxy.service".to_owned()));
        lines.push(("", "journalctl -u haproxy.service -n 50 --no-pager".to_owned()));
    }
    if let Some(unit) = &host.tunnel {
        lines.push(("The tunnel", format!("systemctl status {unit}")));
    }
    text.push_str(&commands(lines));
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |answer: &str, action: String| rows.push(vec![answer.to_owned(), action]);
    row(
        "`Could not resolve host`",
        "The DNS has no such name, or another one: add it where you keep the names of your network."
            .to_owned(),
    );
    let mut refused = "The front does not run, or listens on another address.".to_owned();
    if let (Some(address), true) = (&host.tailnet, host.caddy_waits_for_tailnet) {
        refused.push_str(&format!(
            " It waits for {}: `systemctl status tailscale-address.service` and `tailscale status` show the state of the \
             tailnet.",
            code(address)
        ));
    }
    row("`Connection refused`", refused);
    row(
        "`timed out`",
        "The client is in another network, or the firewall does not open the port for it: see [Ports](#ports).".to_owned(),
    );
    if matches!(host.certificates, Some(Certificates::Internal)) {
        row(
            "A certificate error",
            "The certificate is from Caddy's own authority: see [Certificates](#a-certificate-is-not-valid)."
                .to_owned(),
        );
    } else if host.certificates.is_some() {
        row("A certificate error", "See [Certificates](#a-certificate-is-not-valid).".to_owned());
    }
    if let Some(container) = inventory.containers.first() {
        let forwarded = inventory
            .sites
            .iter()
            .filter_map(|site| site.target.as_ref()?.split(':').next())
            .find_map(|target| inventory.containers.iter().find(|container| container.name == target));
        let unit = &forwarded.unwrap_or(container).unit;
        row(
            "502, 503 or 504",
            format!(
                "The front runs, and the container behind it does not answer. [URLs](#urls) has the container of each site; {} \
                 shows its state, such as a health check that has not succeeded yet.",
                code(&format!("systemctl status {unit}"))
            ),
        );
    }
    row(
        "403",
        "The site does not answer this client (`allow_from`), or the application refuses it.".to_owned(),
    );
    if inventory.sites.iter().any(|site| site.login.is_some()) {
        row(
            "401, or 502 before the login",
            "The program that asks for the login refuses the request, or does not run. A site with a login stays closed \
             while the program is down."
                .to_owned(),
        );
    }
    text.push_str(&table(&["Answer", "Cause and action"], &rows));
    text
}
