//! Diagnostics about a file. Each has a stable code, the places that it concerns, and one action to take.

pub mod codes;
pub mod fix;
pub mod github;
pub mod human;
pub mod json;
mod missing_key;
pub mod region;
pub mod sarif;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;

use serde::Serialize;

use crate::printable::printable;
use crate::source::{SourceId, Sources, Span};
pub use codes::{Code, Level};
pub use fix::{Edit, Fix, Help};

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No output is written.
    Error,
    /// The output is written, but probably has a mistake.
    Warning,
}

impl Severity {
    /// The name, which GitHub and SARIF use too.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A place with a fact about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The fact.
    pub text: String,
}

/// One finding about the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The code of the rule.
    pub code: Code,
    /// The problem, in lower case, without a period.
    pub message: String,
    /// The places, the main one first.
    pub labels: Vec<Label>,
    /// The action to take.
    pub help: Option<String>,
    /// The edit that takes the action.
    pub fix: Option<Fix>,
    /// All diagnostics with this message are one mistake with several places.
    pub once: bool,
    /// The precedence over other diagnostics about the same value: one mistake gets one diagnostic.
    pub standing: Standing,
    /// The place in homegen's code that creates it.
    pub emitted_at: EmittedAt,
}

/// The precedence of a diagnostic over others about the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The diagnostic stays.
    Stays,
    /// The diagnostic is dropped if another error is about the value or a part of it.
    Yields,
    /// The diagnostic explains why the value is invalid. It replaces the errors that only report the invalid value, and is
    /// dropped if the value is valid.
    Explains,
}

/// The place in homegen's code that creates a diagnostic. Equality of diagnostics ignores it.
#[derive(Clone, Copy, Debug)]
pub struct EmittedAt(pub &'static Location<'static>);

impl PartialEq for EmittedAt {
    fn eq(&self, _: &EmittedAt) -> bool {
        true
    }
}

impl Eq for EmittedAt {}

impl Hash for EmittedAt {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Diagnostic {
    /// Creates a diagnostic at one place. Its texts are made printable.
    #[track_caller]
    pub fn new(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Diagnostic {
            code,
            message: shown(message),
            labels: vec![Label { span, text: shown(label) }],
            help: None,
            fix: None,
            once: false,
            standing: Standing::Stays,
            emitted_at: EmittedAt(Location::caller()),
        }
    }

    /// Joins the diagnostic with all others that have the same message: an undeclared name is one mistake, however often
    /// it is used.
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Drops the diagnostic if another error is about the value at its main place or a part of it.
    pub fn yields(mut self) -> Self {
        self.standing = Standing::Yields;
        self
    }

    /// Replaces the errors that report the value at the main place as invalid, and drops the diagnostic if there are none.
    pub fn explains(mut self) -> Self {
        self.standing = Standing::Explains;
        self
    }

    /// Adds a place.
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: shown(label) });
        self
    }

    /// Sets the help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shown(help));
        self
    }

    /// Sets the fix.
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// The severity of its code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

fn shown(text: impl Into<String>) -> String {
    let text = text.into();
    match printable(&text) {
        Cow::Owned(escaped) => escaped,
        Cow::Borrowed(_) => text,
    }
}

/// A bug of homegen: its output is not valid Nix.
#[derive(Debug)]
pub struct Bug(pub String);

/// The most errors, and the most warnings, that a run keeps. People correct fewer before the next run.
pub const MAX_KEPT: usize = 500;

/// The most names that one suggestion compares.
const MAX_NAMES: usize = 1_000;

/// The most names that the suggestions of a run compare, in all: 500 times 100, or 50 times 1,000. One comparison takes
/// about a microsecond.
const MAX_COMPARED: usize = 50_000;

/// The diagnostics of one run. Passes push into it and continue.
#[derive(Debug, Default)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
    /// The hashes of the diagnostics, to drop duplicates.
    seen: HashSet<u64>,
    errors: usize,
    warnings: usize,
    /// The number of names that suggestions compared so far.
    compared: Cell<usize>,
    /// The values of undeclared keys: the start and the end of each.
    muted: BTreeMap<(SourceId, u32), u32>,
}

impl Diagnostics {
    /// Suggests one of `names`, which the file declares, for `word`. Compares a limited number of names in a run, and
    /// none once the limit of errors is reached.
    pub fn suggestion<'a>(&self, word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
        if self.is_full() {
            return String::new();
        }
        let names: Vec<&str> = names.into_iter().take(MAX_NAMES + 1).collect();
        let compared = self.compared.get() + names.len();
        if compared <= MAX_COMPARED {
            self.compared.set(compared);
            return suggestion(word, names);
        }
        match names.len() {
            ..=LISTED => format!("write one of {}", names.join(", ")),
            count => none_of(count),
        }
    }

    /// The one of `names` that is close to `word`, within the limits of [`Diagnostics::suggestion`].
    pub fn closest<'a>(&self, word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let left = MAX_COMPARED.saturating_sub(self.compared.get());
        if self.is_full() || left == 0 {
            return None;
        }
        let names: Vec<&str> = names.into_iter().take(left.min(MAX_NAMES)).collect();
        self.compared.set(self.compared.get() + names.len());
        closest(word, names)
    }

    /// Ignores every later diagnostic with a place inside `span`, the value of a reported key: its mistakes follow from the
    /// key.
    pub fn mute(&mut self, span: Span) {
        if !self.is_muted(span) {
            self.muted.insert((span.source, span.start), span.end);
        }
    }

    fn is_muted(&self, span: Span) -> bool {
        let before = self.muted.range(..=(span.source, span.start)).next_back();
        before.is_some_and(|((source, _), end)| *source == span.source && span.end <= *end)
    }

    /// Adds a diagnostic, unless it is a duplicate, or one of its places is a placeholder or ignored.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let is_ignored = |span: Span| span == Span::PLACEHOLDER || self.is_muted(span);
        if diagnostic.labels.iter().any(|label| is_ignored(label.span)) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        diagnostic.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return;
        }
        // It replaces a diagnostic that is counted.
        if diagnostic.standing == Standing::Explains {
            self.all.push(diagnostic);
            return;
        }
        let (kept, most, code) = match diagnostic.severity() {
            Severity::Error => (&mut self.errors, "errors", Code::TooLarge),
            Severity::Warning => (&mut self.warnings, "warnings", diagnostic.code),
        };
        *kept += 1;
        if *kept <= MAX_KEPT {
            self.all.push(diagnostic);
        } else if *kept == MAX_KEPT + 1 {
            let at = diagnostic.labels.first().map(|label| label.span).unwrap_or_default();
            self.all.push(
                Diagnostic::new(
                    code,
                    format!("the file has more than {MAX_KEPT} {most}"),
                    at,
                    "the next one",
                )
                .help("correct the first ones: they may cause the others"),
            );
        }
    }

    /// Adds the diagnostics of another run.
    pub fn append(&mut self, other: Diagnostics) {
        other.all.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Reports whether the limit of errors is reached.
    pub fn is_full(&self) -> bool {
        self.is_full_after(0)
    }

    /// Reports whether the limit of errors is reached with `pending` more.
    pub fn is_full_after(&self, pending: usize) -> bool {
        self.errors + pending > MAX_KEPT
    }

    /// Reports whether some diagnostics exceeded the limit.
    pub fn is_cut(&self) -> bool {
        self.errors > MAX_KEPT || self.warnings > MAX_KEPT
    }

    /// Reports whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Reports whether a diagnostic has this code.
    pub fn has(&self, code: Code) -> bool {
        self.all.iter().any(|d| d.code == code)
    }

    /// Drops the diagnostics for which `is_accepted` holds.
    pub fn accept(&mut self, mut is_accepted: impl FnMut(&Diagnostic) -> bool) {
        let errors = &mut self.errors;
        self.all.retain(|diagnostic| {
            let dropped = is_accepted(diagnostic);
            *errors -= usize::from(dropped && diagnostic.severity() == Severity::Error);
            !dropped
        });
    }

    /// Returns all diagnostics in the order of their main places, with errors before warnings at the same place.
    pub fn into_sorted(mut self, sources: &Sources) -> Vec<Diagnostic> {
        self.all.sort_by_key(|d| (d.labels.first().map(|l| sources.in_file(l.span)), d.severity()));
        self.all = join(self.all);
        self.explain();
        let errors =
            self.all.iter().filter(|d| d.severity() == Severity::Error && d.standing != Standing::Yields);
        let mut errors: Vec<Span> = errors.filter_map(|d| d.labels.first()).map(|l| l.span).collect();
        errors.sort_by_key(|span| (span.source, span.start));
        // A span inside another one also starts in it.
        let has_error = |value: Span| {
            let from = errors.partition_point(|span| (span.source, span.start) < (value.source, value.start));
            let inside = errors[from..]
                .iter()
                .take_while(|span| span.source == value.source && span.start <= value.end);
            inside.into_iter().any(|span| value.contains(*span))
        };
        let yields = |d: &Diagnostic| d.standing == Standing::Yields;
        self.all.retain(|d| !(yields(d) && d.labels.first().is_some_and(|l| has_error(l.span))));
        // Several places in a preset are the same place in the file.
        let mut seen = HashSet::new();
        self.all.retain(|d| {
            let places: Vec<Span> = d.labels.iter().map(|l| sources.in_file(l.span)).collect();
            seen.insert((d.code, d.message.clone(), places))
        });
        self.all
    }
}

impl Diagnostics {
    /// Keeps of the errors of each value the one that explains the others, or else the others.
    fn explain(&mut self) {
        let main = |d: &Diagnostic| d.labels.first().map(|label| label.span);
        let explains = |d: &Diagnostic| d.standing == Standing::Explains;
        let is_explained =
            |d: &Diagnostic| !explains(d) && matches!(d.code, Code::BadValue | Code::WrongType);
        let explained: HashSet<Option<Span>> = self.all.iter().filter(|d| explains(d)).map(main).collect();
        let unreadable: HashSet<Option<Span>> = self
            .all
            .iter()
            .filter(|d| is_explained(d))
            .map(main)
            .filter(|at| explained.contains(at))
            .collect();
        self.all.retain(|d| match unreadable.contains(&main(d)) {
            true => !is_explained(d),
            false => !explains(d),
        });
    }
}

/// The most places of a joined diagnostic.
const PLACES: usize = 8;

/// Joins diagnostics that are one mistake: the first one gets the places of the others.
fn join(all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut joined: Vec<Diagnostic> = Vec::with_capacity(all.len());
    let mut first: HashMap<(Code, String), usize> = HashMap::new();
    for diagnostic in all {
        if diagnostic.once {
            let at = *first.entry((diagnostic.code, diagnostic.message.clone())).or_insert(joined.len());
            if let Some(known) = joined.get_mut(at) {
                let room = PLACES.saturating_sub(known.labels.len());
                known.labels.extend(diagnostic.labels.into_iter().take(room));
                continue;
            }
        }
        joined.push(diagnostic);
    }
    joined
}

/// The one of `names` that is close to `word`, as for a misspelling.
pub fn closest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Long words are compared slowly, and are rarely misspellings.
    let names = names.into_iter().take(if word.len() > 200 { 0 } else { MAX_NAMES });
    names
        .filter(|name| name.len() <= 200)
        .map(|name| {
            let name_lower = name.to_lowercase();
            // Two swapped letters or one wrong letter in a short word, or a difference only in case.
            let slips = strsim::osa_distance(&word, &name_lower);
            let nearly = if word.len() > 2 && slips < 2 { 2.0 - slips as f64 } else { 0.0 };
            (strsim::jaro_winkler(&word, &name_lower) + nearly, name)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The most names that a message lists.
const LISTED: usize = 24;

/// `did you mean …?`, or a list of the names. For words of the language; [`Diagnostics::suggestion`] is for names that a
/// file declares.
pub fn suggestion<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().take(MAX_NAMES + 1).collect();
    match closest(word, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if names.is_empty() => "declare it first: none is declared yet".to_owned(),
        None if names.len() > LISTED => none_of(names.len()),
        None => format!("write one of {}", names.join(", ")),
    }
}

fn none_of(count: usize) -> String {
    match count {
        ..=MAX_NAMES => format!("write one of the {count} names that exist here"),
        _ => format!("write one of the more than {MAX_NAMES} names that exist here"),
    }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn the_closest_name_is_suggested_for_a_misspelled_one() {
        for (word, suggested) in [
            ("hg0506", Some("HG0506")),
            ("wbe", Some("web")),
            ("enviroment", Some("environment")),
            ("zzz", None),
        ] {
            assert_eq!(closest(word, ["HG0509", "HG0506", "environment", "web"]), suggested, "{word}");
        }
    }
}
