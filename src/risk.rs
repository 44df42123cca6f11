//! Pass: two [`deployment`](crate::deployment)s → the data at risk that no diagnostic reports. A kind of risk is a file here and
//! a line in [`KINDS`].

mod data_left;
mod fewer_backups;
mod not_backed_up;
mod offsite_changed;
mod server_release;

use crate::deployment::Deployment;
use crate::diag::Diagnostic;
use crate::diag::region::Regions;
use crate::edit::{Edits, edits_at};
use crate::plan::Risk;

/// The kinds, the worst first.
const KINDS: &[fn(&Change) -> Vec<Risk>] =
    &[server_release::find, not_backed_up::find, offsite_changed::find, fewer_backups::find, data_left::find];

/// A change of a host.
struct Change<'a> {
    old: &'a Deployment,
    new: &'a Deployment,
    edits: &'a Edits,
    /// The texts of the diagnostics about moved data.
    reported: &'a str,
    regions: &'a Regions<'a>,
}

/// The data at risk in a switch from `old` to `new`, without that in `diagnostics`.
pub(crate) fn risks(
    old: &Deployment,
    new: &Deployment,
    edits: &Edits,
    diagnostics: &[Diagnostic],
    regions: &Regions,
) -> Vec<Risk> {
    let texts = diagnostics.iter().filter(|one| one.code.code().starts_with("HG16"));
    let texts = texts.flat_map(|one| {
        let labels = one.labels.iter().map(|label| label.text.as_str());
        [one.message.as_str()].into_iter().chain(one.help.as_deref()).chain(labels).collect::<Vec<_>>()
    });
    let reported = texts.collect::<Vec<&str>>().join("\n");
    let change = Change { old, new, edits, reported: &reported, regions };
    KINDS.iter().flat_map(|find| find(&change)).collect()
}

impl Change<'_> {
    /// A risk at the first edit of a value at a path of the file, dots between its keys, or below it; preferably of the key `last`.
    fn at(&self, path: &str, last: &str, message: String, help: String) -> Risk {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let mut found = edits_at(&[&path], self.edits);
        found.sort_by_key(|(path, _)| path.last().is_none_or(|key| key != last));
        let line = found.first().map(|(_, edit)| edit.line);
        Risk { code: None, message, help: Some(help), line }
    }
}
