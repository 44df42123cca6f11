//! Two databases in one folder destroy each other's files, or the second one does not start: each expects to own the
//! folder.

use std::collections::HashMap;

use crate::databases::{data_location, database_in, mounted_for};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{Container, Host};
use crate::image::{Kind, Known};
use crate::map::Mounted;
use crate::path::normalized;
use crate::setting::Restart;
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<String, Data> = HashMap::new();
    // One of two services may be off while data moves from one to the other.
    for container in host.services.iter().filter(|service| service.enable).flat_map(|s| &s.containers) {
        let Some((folder, data)) = data_of(container) else { continue };
        let Some(first) = seen.get(&folder) else {
            seen.insert(folder, data);
            continue;
        };
        if !(first.is_database || data.is_database) || first.is_same_program(&data) {
            continue;
        }
        let (one, other) = (&first.container.name, &container.name);
        diagnostics.push(
            Diagnostic::new(
                Code::SharedData,
                format!("`{one}` and `{other}` keep their data in the same folder"),
                data.span,
                format!("the data of `{other}`"),
            )
            .and(first.span, format!("the data of `{one}`"))
            .help(format!("mount another folder in `{other}`")),
        );
    }
}

/// The data of an image that is known.
struct Data<'a> {
    container: &'a Container,
    known: &'static Known,
    /// True if the data is a database, and false if a server has the application's database.
    is_database: bool,
    /// The volume.
    span: Span,
}

impl Data<'_> {
    /// True if both are programs of one application with its database in SQLite, such as a server and its worker:
    /// different commands of one image.
    fn is_same_program(&self, other: &Data) -> bool {
        let command = |data: &Data| {
            let words = data.container.settings.command.iter().flat_map(|command| &command.0);
            words.map(|word| word.value()).collect::<Vec<_>>()
        };
        std::ptr::eq(self.known, other.known)
            && matches!(self.known.kind, Kind::Sqlite(_))
            && command(self) != command(other)
    }
}

/// The folder of the host with the data of a container that writes to it for as long as it runs.
fn data_of(container: &Container) -> Option<(String, Data<'_>)> {
    let settings = &container.settings;
    let known = settings.image.value.known()?;
    if settings.entrypoint.is_some() || settings.restart == Restart::No {
        return None;
    }
    let (data, _) = data_location(container, known)?;
    let volume = mounted_for(container, known)?;
    if volume.options.iter().any(|option| option.value() == "ro") {
        return None;
    }
    let folder = normalized(&Mounted::of(container).on_host(&data)?);
    let is_database = database_in(container).is_some();
    Some((folder, Data { container, known, is_database, span: volume.span }))
}
