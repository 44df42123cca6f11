//! Podman refuses a limit that it does not know, and a soft limit above the hard one, at each start.

use crate::diag::{Code, Diagnostic, Diagnostics, suggestion};
use crate::hir::Host;
use crate::podman::ulimits;
use crate::setting::Ulimit;
use crate::tree::{Node, Text};

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for container in host.containers() {
        for (name, limit) in &container.settings.ulimits.entries {
            let key = name.value();
            if !ulimits().contains(&key.as_str()) {
                let lower = key.to_lowercase();
                let resource = lower.strip_prefix("rlimit_").unwrap_or(&lower);
                let title = format!("`{key}` is not a resource that Podman limits");
                diagnostics.push(
                    Diagnostic::new(
                        Code::UnsupportedValue,
                        title,
                        name.span,
                        "expected a resource such as `nofile`",
                    )
                    .help(suggestion(resource, ulimits().iter().copied())),
                );
            } else if let Some(hard) = limit.hard.as_ref().filter(|hard| is_above(limit, hard)) {
                let title = format!("the soft limit of `{key}` is above the hard one");
                diagnostics.push(
                    Diagnostic::new(Code::Contradiction, title, limit.soft.span, "the soft limit")
                        .and(hard.span, "the hard limit")
                        .help(format!("write `hard: {}`", limit.soft.value())),
                );
            }
        }
    }
}

/// True if the soft limit is above the hard one; -1 is no limit.
fn is_above(limit: &Ulimit, hard: &Text) -> bool {
    let number = |text: &Text| text.value().parse::<i64>().ok().map(|n| if n == -1 { i64::MAX } else { n });
    number(&limit.soft) > number(hard)
}
