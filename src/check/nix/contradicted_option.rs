//! An option under `nixos` must have the value that other keys of the file need.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::setting;
use crate::source::Span;
use crate::tree::{Kind, Node, options};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let needed = needed(host);
    for option in host.raw_options().flat_map(options) {
        let Kind::Scalar(text) = &option.node.kind else { continue };
        let path = option.path.join(".");
        let Some(need) = needed.iter().find(|need| need.option == path) else { continue };
        if text.value() == need.value {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("`{path}` must be `{}`", need.value),
                option.node.span,
                format!("expected `{}`", need.value),
            )
            .and(need.span, need.reason)
            .help(need.help),
        );
    }
}

/// An option that another key of the file depends on.
struct Need {
    option: &'static str,
    value: String,
    span: Span,
    reason: &'static str,
    help: &'static str,
}

fn needed(host: &Host) -> Vec<Need> {
    let on = || "true".to_owned();
    let mut found = Vec::new();
    if let Some(tailscale) = &host.tailscale {
        let interface = &tailscale.interface.text;
        found.push(Need {
            option: "services.tailscale.enable",
            value: on(),
            span: tailscale.span,
            reason: "`tailscale` enables it",
            help: "remove this option",
        });
        found.push(Need {
            option: "services.tailscale.interfaceName",
            value: interface.value(),
            span: interface.span,
            reason: "the firewall and the units use this interface",
            help: "remove this option, and write the name as `interface` under `tailscale`",
        });
    }
    if let Some(front) = &host.front {
        found.push(Need {
            option: "services.caddy.enable",
            value: on(),
            span: front.span,
            reason: "`caddy` enables it",
            help: "remove this option",
        });
    }
    if let Some(haproxy) = &host.haproxy {
        found.push(Need {
            option: "services.haproxy.enable",
            value: on(),
            span: haproxy.span,
            reason: "`haproxy` enables it",
            help: "remove this option",
        });
    }
    if let Some(cloudflared) = &host.cloudflared {
        found.push(Need {
            option: "services.cloudflared.enable",
            value: on(),
            span: cloudflared.span,
            reason: "`cloudflared` enables it",
            help: "remove this option",
        });
    }
    if let Some(postgres) = &host.postgres {
        let span = postgres.version.span();
        found.push(Need {
            option: "services.postgresql.enable",
            value: on(),
            span,
            reason: "`postgres` enables it",
            help: "remove this option",
        });
        // The second is the former name (`mkRenamedOptionModule` in nixpkgs' postgresql).
        for option in ["services.postgresql.settings.port", "services.postgresql.port"] {
            found.push(Need {
                option,
                value: setting::Postgres::PORT.to_string(),
                span,
                reason: "containers, jobs and the firewall use this port of the host's Postgres",
                help: "remove this option",
            });
        }
    }
    if let Some(container) = host.containers().next() {
        found.push(Need {
            option: "virtualisation.podman.enable",
            value: on(),
            span: container.span,
            reason: "a container needs Podman",
            help: "remove this option",
        });
        found.push(Need {
            option: "virtualisation.oci-containers.backend",
            value: "podman".to_owned(),
            span: container.span,
            reason: "the container runs in Podman",
            help: "remove this option",
        });
    }
    found
}
