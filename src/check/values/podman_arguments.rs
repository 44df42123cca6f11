//! Arguments with which Podman does not start the container, or with which its unit does not work.

use crate::diag::closest;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Device, Form};
use crate::hir::{Container, Host};
use crate::podman::arguments::{Argument, Mistake, arguments, mistakes, options};
use crate::podman::{bad_option, is_tmpfs_owner};
use crate::setting::{HealthTest, Healthcheck};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.services.iter().flat_map(|s| &s.containers) {
        broken(container, diagnostics);
        for argument in arguments(&container.settings.podman_args) {
            networks(container, &argument, diagnostics);
            unknown(container, &argument, diagnostics);
            protocols(container, &argument, diagnostics);
            values(container, &argument, diagnostics);
            health(container, &argument, diagnostics);
            let Some((does, help)) = argument.harm(container.name.as_str()) else { continue };
            diagnostics.push(
                Diagnostic::new(
                    Code::UnsupportedValue,
                    format!("`{}` cannot have `--{}`", container.name, argument.name),
                    argument.span,
                    does,
                )
                .help(help),
            );
        }
    }
}

/// Reports an option that `podman run` does not have.
fn unknown(container: &Container, argument: &Argument, diagnostics: &mut Diagnostics) {
    if argument.is_known() {
        return;
    }
    let dashes = if argument.name.chars().count() == 1 { "-" } else { "--" };
    diagnostics.push(
        Diagnostic::new(
            Code::BadValue,
            format!("`podman run` has no option `{dashes}{}`", argument.name),
            argument.span,
            format!("`{}` would not start", container.name),
        )
        .help(match closest(&argument.name, options()) {
            Some(known) => format!("did you mean `--{known}`?"),
            None => "remove it; podman-run(1) lists the options".to_owned(),
        }),
    );
}

/// Reports a port with several protocols.
fn protocols(container: &Container, argument: &Argument, diagnostics: &mut Diagnostics) {
    if !matches!(argument.name.as_str(), "publish" | "expose") {
        return;
    }
    for value in argument.values() {
        let parts: Vec<&str> = value.split('/').collect();
        let [port, protocols @ ..] = parts.as_slice() else { continue };
        if protocols.len() < 2 {
            continue;
        }
        let entries: Vec<String> = protocols.iter().map(|protocol| format!("`{port}/{protocol}`")).collect();
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("a port under `podman_args` of `{}` has several protocols", container.name),
                argument.span,
                "expected one protocol",
            )
            .help(format!("write one entry for each: {}", entries.join(" and "))),
        );
    }
}

/// Reports a device or a tmpfs that Podman cannot parse.
fn values(container: &Container, argument: &Argument, diagnostics: &mut Diagnostics) {
    let problem = |value: &String| match argument.name.as_str() {
        "device" if value.starts_with("/dev/") && Device::parse(value).is_none() => {
            Some(match value.contains("/by-path/") {
                true => (
                    "contains colons, which Podman cannot escape",
                    "name the device by its link in by-id, which has no colons, or by the path that the link leads to",
                ),
                false => (
                    "expected a path and permissions, separated by colons",
                    "write `/dev/HOST:/dev/CONTAINER:rwm`; `r` permits to read, `w` to write, and `m` to create nodes",
                ),
            })
        }
        "tmpfs" => {
            let options: Vec<&str> = value.split_once(':')?.1.split(',').collect();
            let (index, _) = bad_option(&options, true)?;
            Some(match is_tmpfs_owner(options[index]) {
                true => (
                    "a tmpfs belongs to root, and Podman cannot change that",
                    "write `mode=1777` instead: every user may write there",
                ),
                false => {
                    ("Podman refuses an option of this tmpfs", "use the options in podman-run(1), at --tmpfs")
                }
            })
        }
        _ => None,
    };
    for (label, help) in argument.values().iter().filter_map(problem) {
        let message = format!("`--{}` of `{}` has a value that is not valid", argument.name, container.name);
        diagnostics.push(Diagnostic::new(Code::BadValue, message, argument.span, label).help(help));
    }
}

/// Reports `--no-healthcheck` beside a test (FillOutSpecGen in Podman's pkg/specgenutil/specgen.go).
fn health(container: &Container, argument: &Argument, diagnostics: &mut Diagnostics) {
    if argument.name != "no-healthcheck" || !argument.is_on() {
        return;
    }
    let is_tested = |check: &&Healthcheck| {
        matches!(check.test, Some(HealthTest::Shell(_) | HealthTest::Exec(_))) && !check.disable.value
    };
    let Some(check) = container.settings.healthcheck.as_ref().filter(is_tested) else { return };
    diagnostics.push(
        Diagnostic::new(
            Code::UnsupportedValue,
            format!("`{}` cannot have `--no-healthcheck`", container.name),
            argument.span,
            "Podman refuses it beside a test",
        )
        .and(check.span, "the test")
        .help("remove `--no-healthcheck`, or the `healthcheck`"),
    );
}

/// Reports a network that Podman refuses beside those that the unit names: a mode excludes every other network.
fn networks(container: &Container, argument: &Argument, diagnostics: &mut Diagnostics) {
    let has_mode = container.network_mode.is_some();
    let is_mode = argument.is_network_mode();
    if argument.name != "network" || !has_mode && (!is_mode || container.networks.is_empty()) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::UnsupportedValue,
            format!("`{}` cannot have `--network`", container.name),
            argument.span,
            "Podman refuses a network mode together with other networks",
        )
        .help(match has_mode {
            true => "remove it: the container has a `network_mode`",
            false => "write `network_mode` instead",
        }),
    );
}

fn broken(container: &Container, diagnostics: &mut Diagnostics) {
    for (mistake, span) in mistakes(&container.settings.podman_args) {
        let (label, help) = match mistake {
            Mistake::Alone => (
                "no option takes this value, so that Podman reads it as the image",
                "write the option before it, or remove it",
            ),
            Mistake::OneWord => (
                "Podman reads the whole entry as the name of an option",
                "write `--option=value`, or the option and its value as two entries",
            ),
            Mistake::NoValue => {
                ("has no value, so that Podman reads the image as its value", "write `--option=value`")
            }
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("an argument under `podman_args` of `{}` is not valid", container.name),
                span,
                label,
            )
            .help(help),
        );
    }
}
