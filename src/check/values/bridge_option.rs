//! Podman refuses a network with an option that its bridges do not have, with every container on it.

use crate::diag::{Code, Diagnostic, Diagnostics, suggestion};
use crate::hir::Host;
use crate::podman::bridge_options;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let made = host.networks.iter().filter(|network| !network.is_external());
    for declared in made.map(|network| &network.settings) {
        for (name, value) in &declared.driver_opts.0 {
            let option = name.value();
            match bridge_options().iter().find(|known| known.name == option) {
                None => diagnostics.push(
                    Diagnostic::new(
                        Code::UnsupportedValue,
                        format!("`{option}` is not an option of Podman's bridge networks"),
                        name.span,
                        "Podman would refuse to create the network",
                    )
                    .help(instead_of(&option)),
                ),
                Some(known) if !known.fits(&value.value()) => diagnostics.push(
                    Diagnostic::new(
                        Code::UnsupportedValue,
                        format!("`{}` is not a valid value of the bridge option `{option}`", value.value()),
                        value.span,
                        format!("expected {}", known.expected),
                    )
                    .and(name.span, "this option")
                    .help(format!("write {}", known.expected)),
                ),
                Some(_) => {}
            }
        }
    }
}

fn instead_of(option: &str) -> String {
    match option {
        "com.docker.network.bridge.name" => format!("Docker's `{option}` is `interface` here"),
        "com.docker.network.driver.mtu" => format!("Docker's `{option}` is `mtu` here"),
        "parent" | "ipvlan_mode" | "macvlan_mode" | "bclim" => {
            "remove it: homegen creates bridge networks; create a network with another driver yourself, and write `external: true` here"
                .to_owned()
        }
        _ => suggestion(option, bridge_options().iter().map(|known| &*known.name)),
    }
}
