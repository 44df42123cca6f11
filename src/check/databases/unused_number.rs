//! The number of a database of Valkey is the value of a variable of a container, whose name homegen knows for some images.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::image::ConnectionPart;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let users = host.valkey.iter().flat_map(|valkey| &valkey.users.entries);
    for (name, number) in users.filter_map(|(name, user)| Some((name, user.database.as_ref()?))) {
        let is_known = host.containers().any(|container| {
            let used = container.uses.valkey.as_ref().is_some_and(|used| used.value() == name.value());
            let variables = container.settings.image.value.valkey_variables().unwrap_or_default();
            used && variables.iter().any(|(_, part)| *part == ConnectionPart::Database)
        });
        if !is_known {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnsupportedValue,
                    format!("the database number of `{}` has no effect", name.value()),
                    number.text.span,
                    "homegen knows no variable for it in a container that uses the user",
                )
                .help("remove it, and set the number in a variable of the container"),
            );
        }
    }
}
