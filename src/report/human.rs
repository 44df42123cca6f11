//! The report as text, grouped by kind and cause.

use indexmap::IndexMap;

use super::json::Lines;
use super::{Kind, Line, Report};
use crate::printable::printable;
use crate::project::Project;
use crate::source::Sources;

/// The most places that are shown for one cause.
const MAX_PLACES: usize = 8;

/// Renders the lines of a report. `Changed` stands last, because it needs the least attention.
pub fn render(report: &Report, project: &Project, sources: &Sources) -> String {
    let lines = Lines::new(sources);
    let mut groups: IndexMap<(Kind, &str), Vec<&Line>> = IndexMap::new();
    for line in &report.lines {
        groups.entry((line.kind, &line.cause)).or_default().push(line);
    }
    // A stable sort: causes of one kind keep their order.
    groups.sort_by(|(a, _), _, (b, _), _| a.cmp(b));
    let mut text = String::new();
    let mut last = None;
    for ((kind, cause), places) in groups {
        if last != Some(kind) {
            text.push_str(&format!("\n{}:\n", title(kind)));
            last = Some(kind);
        }
        text.push_str(&format!("  {}\n", printable(cause)));
        for line in places.iter().take(MAX_PLACES) {
            let Some(origin) = line.origin else { continue };
            let place = project.origins.place(origin);
            let name = &sources.get(place.at.source).name;
            let path = project.origins.path(origin);
            let detail = line.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            let shown = format!("{name}:{} {path}{detail}", lines.of(origin, project));
            text.push_str(&format!("    {}\n", printable(&shown)));
        }
        if places.len() > MAX_PLACES {
            text.push_str(&format!("    and {} more places\n", places.len() - MAX_PLACES));
        }
    }
    text
}

/// The heading of a kind.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Refused => "Refused",
        Kind::Dropped => "Dropped, without an equivalent",
        Kind::FillIn => "To fill in",
        Kind::OnTheHost => "To do on the host",
        Kind::Changed => "Changed, with the same meaning",
    }
}
