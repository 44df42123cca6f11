//! Units of NixOS's own modules whose options the output sets. An option of a module that is not in [`PROGRAMS`] changes units
//! that only NixOS knows.

use serde_json::{Value, json};

use super::MULTI_USER;
use crate::configuration::Configuration;
use crate::unit::{OnChange, Unit, Units};

/// A program with a module in NixOS.
struct Program {
    /// The set of its options.
    options: &'static [&'static str],
    /// The unit. `{}` stands for the name of an attribute, if each attribute of the set has a unit.
    unit: &'static str,
    /// The action for a changed option, from the module in nixpkgs (`nixos/modules`).
    on_change: OnChange,
    /// The options whose change is only a reload.
    reload: &'static [&'static str],
    /// True if the unit runs only from time to time.
    is_job: bool,
}

/// The programs.
const PROGRAMS: &[Program] = &[
    // services/web-servers/caddy
    Program {
        options: &["services", "caddy"],
        unit: "caddy.service",
        on_change: OnChange::StopAndStart,
        reload: &["acmeCA", "email", "extraConfig", "globalConfig", "logFormat", "virtualHosts"],
        is_job: false,
    },
    // services/networking/haproxy.nix, and the reload trigger in haproxy.nix of the output
    Program {
        options: &["services", "haproxy"],
        unit: "haproxy.service",
        on_change: OnChange::StopAndStart,
        reload: &["config"],
        is_job: false,
    },
    // services/networking/tailscale.nix
    Program {
        options: &["services", "tailscale"],
        unit: "tailscaled.service",
        on_change: OnChange::Restart,
        reload: &[],
        is_job: false,
    },
    // services/networking/cloudflared.nix
    Program {
        options: &["services", "cloudflared", "tunnels"],
        unit: "cloudflared-tunnel-{}.service",
        on_change: OnChange::StopAndStart,
        reload: &[],
        is_job: false,
    },
    Program {
        options: &["services", "cloudflared", "tunnels"],
        unit: "cloudflared-tunnel-{}.target",
        on_change: OnChange::Nothing,
        reload: &[],
        is_job: true,
    },
    // virtualisation/podman/default.nix
    Program {
        options: &["virtualisation", "podman", "dockerSocket"],
        unit: "podman.socket",
        on_change: OnChange::Nothing,
        reload: &[],
        is_job: false,
    },
    // services/databases/postgresql.nix
    Program {
        options: &["services", "postgresql"],
        unit: "postgresql.service",
        on_change: OnChange::StopAndStart,
        reload: &[],
        is_job: false,
    },
    // services/databases/redis.nix
    Program {
        options: &["services", "redis", "servers"],
        unit: "redis-{}.service",
        on_change: OnChange::StopAndStart,
        reload: &[],
        is_job: false,
    },
    // services/backup/restic.nix
    Program {
        options: &["services", "restic", "backups"],
        unit: "restic-backups-{}.service",
        on_change: OnChange::Nothing,
        reload: &[],
        is_job: true,
    },
    // services/backup/sanoid.nix
    Program {
        options: &["services", "sanoid"],
        unit: "sanoid.service",
        on_change: OnChange::StopAndStart,
        reload: &[],
        is_job: true,
    },
    // services/networking/adguardhome.nix
    Program {
        options: &["services", "adguardhome"],
        unit: "adguardhome.service",
        on_change: OnChange::StopAndStart,
        reload: &[],
        is_job: false,
    },
    // services/networking/firewall-iptables.nix
    Program {
        options: &["networking", "firewall"],
        unit: "firewall.service",
        on_change: OnChange::Reload,
        reload: &[],
        is_job: false,
    },
];

pub(super) fn find(configuration: &Configuration, units: &mut Units) {
    for program in PROGRAMS {
        let Some(options) = configuration.get(program.options) else { continue };
        let path = program.options.join(".");
        if options["enable"] == json!(false) {
            continue;
        }
        if !program.unit.contains("{}") {
            add(program, options, &path, units.entry(program.unit.to_owned()).or_default());
            continue;
        }
        for (name, options) in options.as_object().into_iter().flatten() {
            let unit = units.entry(program.unit.replace("{}", name)).or_default();
            add(program, options, &format!("{path}.{name}"), unit);
        }
    }
    if let Some(caddy) = units.get_mut("caddy.service") {
        // NixOS orders Caddy after the unit of each site's certificate.
        let hosts = configuration.attributes(&["services", "caddy", "virtualHosts"]);
        let certificates: Vec<&Value> = hosts.filter_map(|(_, host)| host.get("useACMEHost")).collect();
        if !certificates.is_empty() {
            caddy.add("services.caddy.virtualHosts.*.useACMEHost", &json!(certificates));
        }
    }
}

fn add(program: &Program, options: &Value, path: &str, unit: &mut Unit) {
    // The text of a target has only a description.
    let options = if program.unit.ends_with(".target") { &Value::Null } else { options };
    for (key, value) in options.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match program.reload.contains(&key.as_str()) {
            true => unit.reload.insert(path, value.clone()),
            false => unit.text.insert(path, value.clone()),
        };
    }
    // The output may set it.
    if unit.on_change == OnChange::default() {
        unit.on_change = program.on_change;
    }
    if !program.is_job {
        unit.is_active = true;
        unit.wanted_by.insert(MULTI_USER.to_owned());
    }
}
