//! Keys that do nothing where they stand.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Answer, Container, Host, HostPort};
use crate::podman::arguments::arguments;
use crate::setting::{HealthTest, Healthcheck, NetworkMode};
use crate::source::Span;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let unchecked: Vec<Span> = host.containers().filter_map(settings_without_test).collect();
    let mut unused = |span: Span, what: &str, help: &str| {
        diagnostics.push(Diagnostic::new(Code::UnsupportedValue, what, span, "would do nothing").help(help));
    };
    for site in host.front.iter().flat_map(|f| &f.sites) {
        if let Some(port) = &site.port
            && !matches!(&site.answer, Answer::Port(HostPort::Fixed(fixed)) if fixed.span == port.text.span)
        {
            unused(port.text.span, "a port of the host, and no container behind it", "take `port` out");
        }
    }
    for span in unchecked {
        unused(span, "settings of a health check, and no `test`", "add `test`, or remove them");
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
            unused(span, "someone else makes this network", "take it out, or take `external` out")
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
                "a mount that is only described",
                "take it out: what mounts this is in your own configuration",
            )
        });
    }
    for service in host.services.iter().filter(|service| service.containers.is_empty()) {
        if let Some(notify) = &service.notify {
            unused(
                notify.span,
                "a service without containers that would tell",
                "take it out, and name the unit under `units` of `notify`, at the top of the file",
            );
        }
    }
    for container in host.services.iter().flat_map(|s| &s.containers) {
        let settings = &container.settings;
        if let Some(check) = settings.healthcheck.as_ref() {
            // A setting of a preset's is turned off by one of the file's.
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
                    "a check that is turned off, with settings",
                    "keep `disable: true` alone, or take it out",
                );
            }
        }
        let on_host = matches!(container.network_mode, Some(NetworkMode::Host(_)));
        if let (true, Some(interface), true) =
            (on_host, settings.firewall.0.first(), settings.expose.is_empty())
        {
            unused(
                interface.text.span,
                "a firewall to open, and no port",
                "add `expose` with the ports that it listens on",
            );
        }
    }
}

/// The settings of a health check that are written, besides its test.
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

/// The settings of a health check that has no test. Without `--health-cmd`, `podman run` ignores the other options of the
/// check, and that of the image keeps its own (FillOutSpecGen in Podman's pkg/specgenutil/specgen.go).
fn settings_without_test(container: &Container) -> Option<Span> {
    let check = container.settings.healthcheck.as_ref()?;
    let has_settings = written_settings(check).next().is_some();
    if !has_settings || check.test.is_some() || check.disable.value || check.unread.may_hold(&["test"]) {
        return None;
    }
    let has_argument = arguments(&container.settings.podman_args).iter().any(|a| a.name == "health-cmd");
    (!has_argument).then_some(check.span)
}
