//! A repository of restic's is best one job's: `restore latest` brings what came last, whoever brought it.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::hir::job::{Repository, Work};
use crate::source::Span;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut taken: HashMap<(bool, String), (Span, &str)> = HashMap::new();
    for job in host.jobs() {
        let Work::Backup(backup) = &job.work else { continue };
        let Some(offsite) = &backup.offsite else { continue };
        let (is_secret, text) = match &offsite.repository {
            Repository::Plain(text) => (false, text),
            Repository::Secret(name) => (true, &name.0),
        };
        let place = (is_secret, text.value().trim_end_matches('/').to_owned());
        let Some((first, name)) = taken.get(&place) else {
            taken.insert(place, (text.span, &job.name));
            continue;
        };
        diagnostics.push(
            Diagnostic::new(
                Code::RepositoryTwice,
                format!("`{}` and `{name}` copy to one repository", job.name),
                text.span,
                "its `latest` may be the other one's",
            )
            .and(*first, "copies there too")
            .help(match is_secret {
                true => "give each job a repository of its own, and a secret with its address".to_owned(),
                false => format!("give each job a repository of its own, such as {}/{}", place.1, job.name),
            }),
        );
    }
}
