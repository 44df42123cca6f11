//! Values of `security_opt` with which Podman does not start the container.

use crate::check::isolation::grants;
use crate::diag::{Code, Diagnostic, Diagnostics, closest};
use crate::hir::Host;
use crate::podman::{is_security_option, security_option_parts, security_options};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for grant in
            grants::security_options(container).iter().filter(|grant| !is_security_option(&grant.granted))
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::BadValue,
                    format!("`{}` is not a valid security option", grant.granted),
                    grant.span,
                    format!("`{}` would not start", container.name),
                )
                .help(help(&grant.granted)),
            );
        }
    }
}

fn help(option: &str) -> String {
    let (key, value) = security_option_parts(option);
    match (security_options().contains(&key), value) {
        (true, _) if key == "no-new-privileges" => "write `no-new-privileges`".to_owned(),
        (true, _) if key == "systempaths" => "write `systempaths=unconfined`, or remove it".to_owned(),
        (true, _) => format!("write `{key}=VALUE`, as in podman-run(1)"),
        (false, _) => match closest(key, security_options().iter().copied()) {
            Some("no-new-privileges") => "did you mean `no-new-privileges`?".to_owned(),
            Some(known) => format!("did you mean `{known}={}`?", value.unwrap_or("VALUE")),
            None => format!("write one of: {}", security_options().join(", ")),
        },
    }
}
