//! The account of every node of the input. A node that no other part of the import accounts for is reported as dropped.

use std::collections::HashMap;

use crate::project::{Origin, Origins, Project};
use crate::report::{Kind, Line, Mapped, Path, Report};

/// The account so far.
pub(super) struct Ledger<'a> {
    origins: &'a Origins,
    report: Report,
    /// The places in the output of collections whose members are accounted for one by one.
    places: HashMap<Origin, Path>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(project: &'a Project) -> Ledger<'a> {
        Ledger { origins: &project.origins, report: Report::default(), places: HashMap::new() }
    }

    /// The node, and all below it, is at `to` in the output.
    pub(super) fn mapped(&mut self, origin: Origin, to: Path) {
        self.places.entry(origin).or_insert_with(|| to.clone());
        self.report.mapped.push(Mapped { origin, to: Ok(to) });
    }

    /// The collection is at `to` in the output. Its members are accounted for one by one.
    pub(super) fn placed(&mut self, origin: Origin, to: Path) {
        self.places.entry(origin).or_insert(to);
    }

    /// The node, a scalar or an empty collection, has no meaning in the output, or is a default there.
    pub(super) fn left_out(&mut self, origin: Origin, why: &'static str) {
        self.report.mapped.push(Mapped { origin, to: Err(why) });
    }

    /// All leaves from the node on have no meaning in the output.
    pub(super) fn left_out_whole(&mut self, origin: Origin, why: &'static str) {
        let leaves: Vec<Origin> =
            self.origins.below(origin).filter(|(_, place)| place.is_leaf).map(|(one, _)| one).collect();
        leaves.into_iter().for_each(|leaf| self.left_out(leaf, why));
    }

    /// Another value replaces the node and all below it.
    pub(super) fn replaced(&mut self, origin: Origin) {
        let leaves = self.origins.below(origin).filter(|(_, place)| place.is_leaf);
        let leaves: Vec<Origin> = leaves.map(|(one, _)| one).collect();
        leaves.into_iter().for_each(|leaf| self.changed(leaf, "another value replaces it"));
    }

    /// Adds a line to the report.
    pub(super) fn line(
        &mut self,
        kind: Kind,
        origin: Option<Origin>,
        cause: impl Into<String>,
        detail: Option<String>,
    ) {
        self.report.lines.push(Line { origin, kind, cause: cause.into(), detail });
    }

    /// The node has another form in the output.
    pub(super) fn changed(&mut self, origin: Origin, cause: impl Into<String>) {
        self.line(Kind::Changed, Some(origin), cause, None);
    }

    /// The node, and all below it, is lost.
    pub(super) fn dropped(&mut self, origin: Origin, cause: impl Into<String>) {
        self.line(Kind::Dropped, Some(origin), cause, None);
    }

    /// The project cannot be written because of the node.
    pub(super) fn refused(&mut self, origin: Origin, cause: impl Into<String>) {
        self.line(Kind::Refused, Some(origin), cause, None);
    }

    /// True if a line refuses the project.
    pub(super) fn is_refused(&self) -> bool {
        self.report.lines.iter().any(|line| line.kind == Kind::Refused)
    }

    /// The number of lines so far.
    pub(super) fn line_count(&self) -> usize {
        self.report.lines.len()
    }

    /// The lines after the first `count` that refuse something.
    pub(super) fn refusals(&self, count: usize) -> Vec<Line> {
        self.report.lines[count..].iter().filter(|line| line.kind == Kind::Refused).cloned().collect()
    }

    /// Adds lines of an earlier conversion.
    pub(super) fn refuse_again(&mut self, lines: &[Line]) {
        self.report.lines.extend(lines.iter().cloned());
    }

    /// The nodes by their places in the output.
    pub(super) fn mapped_places(&self) -> HashMap<Path, Origin> {
        let mapped = self.report.mapped.iter().rev();
        mapped.filter_map(|one| Some((one.to.as_ref().ok()?.clone(), one.origin))).collect()
    }

    /// The places in the output of nodes, for their comments.
    pub(super) fn places(&self) -> &HashMap<Origin, Path> {
        &self.places
    }

    /// The report. Leaves without an account are dropped. If nothing is written, only the refusals count.
    pub(super) fn close(mut self, is_written: bool) -> Report {
        if !is_written {
            self.report.lines.retain(|line| line.kind == Kind::Refused);
            self.report.mapped.clear();
            return self.report;
        }
        let count = self.origins.iter().count();
        let mut has_account = vec![false; count];
        // A line or a mapped node accounts for all below it, a node that is left out only for itself.
        let mut has_all_below = vec![false; count];
        for line in &self.report.lines {
            let Some(origin) = line.origin else { continue };
            has_account[origin.0 as usize] = true;
            let is_flat = self.is_flat(origin);
            has_all_below[origin.0 as usize] |= matches!(line.kind, Kind::Dropped | Kind::Refused) || is_flat;
        }
        for mapped in &self.report.mapped {
            has_account[mapped.origin.0 as usize] = true;
            has_all_below[mapped.origin.0 as usize] |= mapped.to.is_ok();
        }
        for (origin, place) in self.origins.iter() {
            let is_covered = place.parent.is_some_and(|parent| has_all_below[parent.0 as usize]);
            has_all_below[origin.0 as usize] |= is_covered;
            has_account[origin.0 as usize] |= is_covered;
        }
        let lost: Vec<Origin> = self
            .origins
            .iter()
            .filter(|(origin, place)| place.is_leaf && !has_account[origin.0 as usize])
            .map(|(origin, _)| origin)
            .collect();
        for origin in lost {
            self.dropped(origin, "homegen cannot import this key");
        }
        self.report
    }

    /// True if the node is an item of a list or a collection of scalars, for which one line is enough.
    fn is_flat(&self, origin: Origin) -> bool {
        matches!(self.origins.place(origin).step, crate::project::Step::Item(_))
    }
}
