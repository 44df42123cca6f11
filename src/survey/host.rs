//! The host itself.

use indexmap::IndexSet;

use super::{containers, values};
use crate::hir;
use crate::image::Kind;
use crate::inventory::{Certificates, Host};
use crate::setting::{Prune, Tls};

pub(super) fn survey(host: &hir::Host, file: &str) -> Host {
    let runs = |kind: Kind| {
        containers(host).any(|(_, c)| c.settings.image.value.known().is_some_and(|known| known.kind == kind))
    };
    let machine = &host.machine;
    let front = host.front.as_ref();
    let notify = host.notify.as_ref();
    Host {
        name: machine.name.text.value(),
        release: machine.nixos.word(),
        timezone: machine.timezone.0.value(),
        file: file.to_owned(),
        has_command: host.podman.as_ref().is_some_and(|podman| podman.commands.value),
        has_postgres: runs(Kind::Postgres) || host.postgres.is_some(),
        // Redis and Valkey are the only images of this kind.
        has_valkey: runs(Kind::Cache) || host.valkey.is_some(),
        runs_postgres: host.postgres.is_some(),
        runs_valkey: host.valkey.is_some(),
        tailnet: host.tailscale.as_ref().map(|tailscale| tailscale.address.text.value()),
        caddy_waits_for_tailnet: host.tailscale.is_some() && front.is_some_and(hir::Front::waits_for_tailnet),
        notify: notify.map(destinations).unwrap_or_default(),
        caddy: front.map(hir::Front::unit),
        certificates: front.and_then(certificates),
        haproxy: host.haproxy.is_some(),
        tunnel: host.cloudflared.as_ref().map(|tunnel| format!("{}.service", tunnel.unit())),
        datasets: host
            .zfs
            .as_ref()
            .map(|zfs| values(zfs.snapshots.entries.iter().map(|(name, _)| name)))
            .unwrap_or_default(),
        prune: host.podman.as_ref().and_then(|podman| match &podman.prune {
            Prune::At(at) => Some(at.text.value()),
            Prune::Never => None,
        }),
    }
}

fn destinations(notify: &crate::setting::Notify) -> Vec<&'static str> {
    let all = [
        ("Pushover", notify.pushover.is_some()),
        ("ntfy", notify.ntfy.is_some()),
        ("a webhook", notify.webhook.is_some()),
    ];
    all.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
}

fn certificates(front: &hir::Front) -> Option<Certificates> {
    // A front without a source and with sites in plain HTTP alone has no certificate.
    let secure = || front.sites.iter().filter(|site| site.listen.is_none());
    secure().next()?;
    Some(match front.tls() {
        Some(Tls::Acme(_)) => {
            let name = |site: &hir::Site| match &front.domain {
                Some(domain) if site.below_domain => domain.text.value(),
                _ => site.host.value(),
            };
            let names: IndexSet<String> = secure().map(name).collect();
            Certificates::Acme(names.into_iter().collect())
        }
        Some(Tls::Tailscale) => Certificates::Tailscale,
        Some(Tls::Internal) => Certificates::Internal,
        Some(Tls::Plugin(_)) | None => Certificates::Caddy,
    })
}
