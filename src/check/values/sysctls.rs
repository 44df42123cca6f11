//! A container may set the kernel parameters of its own namespaces. Podman refuses all others at each start, and the
//! kernel refuses a word instead of a number.

use crate::check::isolation::grants::{Grant, sysctls};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::NamespaceOf;
use crate::hir::Host;
use crate::podman::{SysctlOf, sysctl_of};
use crate::setting::NetworkMode;
use crate::tree::Node;

/// The number for a word that stands for a switch. No parameter takes such a word.
fn number(quoted: &str) -> Option<u8> {
    match quoted.trim_matches('"').to_lowercase().as_str() {
        "true" | "yes" | "on" | "enabled" => Some(1),
        "false" | "no" | "off" | "disabled" => Some(0),
        _ => None,
    }
}

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        let settings = &container.settings;
        let host_network = matches!(container.network_mode, Some(NetworkMode::Host(_)));
        let host_ipc = settings.ipc.as_ref().filter(|ipc| ipc.value.0 == NamespaceOf::Host);
        for Grant { granted: (key, set), span } in sysctls(container) {
            let report = |label: &str, help: String| {
                Diagnostic::new(
                    Code::UnsupportedValue,
                    format!("the container `{}` cannot set `{key}`", container.name),
                    span,
                    label,
                )
                .help(help)
            };
            // NixOS takes some parameters as numbers only, such as vm.max_map_count.
            let set = if set.parse::<i64>().is_ok() { set } else { format!("\"{set}\"") };
            let on_host =
                format!("set it for the host: `nixos: {{ boot.kernel.sysctl: {{ \"{key}\": {set} }} }}`");
            diagnostics.push(match sysctl_of(&key) {
                SysctlOf::Host if key.contains('/') => {
                    report("expected a name with dots", format!("write `{}`", key.replace('/', ".")))
                }
                SysctlOf::Host => {
                    report("this parameter has no namespace: it applies to the whole kernel", on_host)
                }
                SysctlOf::Network if host_network => report(
                    "a parameter of the network namespace, which is the host's (`network_mode: host`)",
                    on_host,
                ),
                SysctlOf::Ipc if host_ipc.is_some() => {
                    report("a parameter of the IPC namespace, which is the host's (`ipc: host`)", on_host)
                }
                SysctlOf::Network | SysctlOf::Ipc => match number(&set) {
                    Some(digit) => Diagnostic::new(
                        Code::UnsupportedValue,
                        format!("{set} is not a valid value of `{key}`"),
                        span,
                        "expected a number",
                    )
                    .help(format!("write \"{digit}\"")),
                    None => continue,
                },
            });
        }
    }
}
