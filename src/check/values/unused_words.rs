//! Keys that have no effect in their position.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::front::{Certificate, Forward};
use crate::hir::{Container, Host, HostPort, Upstream};
use crate::podman::arguments::arguments;
use crate::setting::{HealthTest, Healthcheck, NetworkMode};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let unchecked: Vec<Span> = host.containers().filter_map(settings_without_test).collect();
    let mut unused = |span: Span, title: &str, help: &str| {
        diagnostics.push(Diagnostic::new(Code::UnsupportedValue, title, span, "has no effect").help(help));
    };
    for Forward { upstream, port, certificate } in host.forwards() {
        let behind = upstream.and_then(Upstream::host_port);
        if let Some(port) = port
            // A port with the number of the service's own is that port.
            && !matches!(behind, Some(HostPort::Service(_)))
            && !matches!(behind, Some(HostPort::Fixed(fixed)) if fixed.span == port.text.span)
        {
            unused(port.text.span, "`port` is set on a target that is not a container", "remove `port`");
        }
        if !upstream.is_some_and(|upstream| upstream.https) {
            for (key, span) in certificate.into_iter().flat_map(Certificate::written) {
                let title = format!("`{key}` is set on a target without a certificate");
                unused(span, &title, &format!("remove `{key}`, or write the target with `https://`"));
            }
        }
    }
    for service in &host.services {
        if let Some(shares) = &service.limits.cpu_shares {
            unused(
                shares.text.span,
                "`cpu_shares` is set on a service",
                "move it to the `limits` of the containers: slices have weights of another scale",
            );
        }
    }
    for span in unchecked {
        unused(span, "the health check has settings but no `test`", "add `test`, or remove the settings");
    }
    for network in host.networks.iter().filter(|n| n.is_external()) {
        let declared = &network.settings;
        let flags = [&declared.internal, &declared.ipv6].into_iter();
        let flags = flags.filter_map(|flag| flag.text.written()).map(|text| text.span);
        let words = declared
            .interface
            .iter()
            .map(|i| i.text.span)
            .chain(declared.driver_opts.0.iter().map(|(n, _)| n.span));
        flags.chain(words).for_each(|span| {
            unused(span, "an external network cannot have settings", "remove it, or remove `external`")
        });
    }
    for (_, mount) in &host.machine.mounts.entries {
        if mount.nfs.is_some() {
            continue;
        }
        let options = mount.options.iter().map(|option| &option.text);
        let words = options.chain(mount.automount.text.written()).map(|text| text.span);
        words.for_each(|span| {
            unused(
                span,
                "homegen does not mount this disk",
                "remove it: your own NixOS configuration mounts this disk",
            )
        });
    }
    for service in host.services.iter().filter(|service| service.is_idle()) {
        if !service.limits.is_empty() {
            unused(
                service.limits.span,
                "`limits` is set on a service without containers and units",
                "remove it, or list the units of NixOS that it limits under `units` of the service",
            );
        }
        if let Some(notify) = &service.notify {
            unused(
                notify.span,
                "`notify` is set on a service without containers and units",
                "remove it, or list the units of NixOS under `units` of the service",
            );
        }
    }
    for container in host.services.iter().flat_map(|s| &s.containers) {
        let settings = &container.settings;
        if let Some(check) = settings.healthcheck.as_ref() {
            // A setting of the file can turn off a check of the preset.
            let off = check.disable.value.then_some(check.disable.text.span.source);
            let test = match &check.test {
                Some(HealthTest::Shell(line)) => Some(line.span),
                Some(HealthTest::Exec(words)) => words.first().map(|word| word.span),
                Some(HealthTest::None) | None => None,
            };
            if written_settings(check)
                .map(|setting| setting.span)
                .chain(test)
                .any(|setting| off == Some(setting.source))
            {
                unused(
                    check.span,
                    "a disabled health check cannot have settings",
                    "keep `disable: true` only, or remove it",
                );
            }
        }
        let on_host = matches!(container.network_mode, Some(NetworkMode::Host(_)));
        if let (true, Some(interface), true) =
            (on_host, settings.firewall.0.first(), settings.expose.is_empty())
        {
            unused(
                interface.text.span,
                "`firewall` is set without `expose`",
                "add `expose` with the ports that the container listens on",
            );
        }
    }
}

/// The settings that the file sets for a health check, without its test.
fn written_settings(check: &Healthcheck) -> impl Iterator<Item = &Text> {
    let settings = [
        &check.interval.text,
        &check.timeout.text,
        &check.retries.text,
        &check.start_period.text,
        &check.start_interval.text,
    ];
    settings.into_iter().filter_map(Text::written)
}

/// The settings of a health check without a test. Without `--health-cmd`, `podman run` ignores the other options of the
/// check, and the check of the image keeps its own settings (FillOutSpecGen in Podman's pkg/specgenutil/specgen.go).
fn settings_without_test(container: &Container) -> Option<Span> {
    let check = container.settings.healthcheck.as_ref()?;
    let has_settings = written_settings(check).next().is_some();
    if !has_settings || check.test.is_some() || check.disable.value || check.unreadable.may_hold(&["test"]) {
        return None;
    }
    let has_argument = arguments(&container.settings.podman_args).iter().any(|a| a.name == "health-cmd");
    (!has_argument).then_some(check.span)
}
