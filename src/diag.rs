//! Diagnostics: what homegen says about a file. Each has a stable code, every place that it
//! concerns, and one thing to do.

pub mod codes;
pub mod fix;
pub mod github;
pub mod human;
pub mod json;
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

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// The output is written, and probably not what was meant.
    Warning,
}

impl Severity {
    /// Its name, which is also what GitHub and SARIF call it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One place, and what is the matter there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is true of it.
    pub text: String,
}

/// One finding about the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Which rule it is about.
    pub code: Code,
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// The places, the main one first.
    pub labels: Vec<Label>,
    /// The one thing to do.
    pub help: Option<String>,
    /// The edit that does it.
    pub fix: Option<Fix>,
    /// Whether all diagnostics with its message are one mistake, which shows at several places.
    pub once: bool,
    /// What becomes of it beside others about its value: one value has one mistake.
    pub standing: Standing,
    /// Where homegen's code makes it.
    pub maker: Maker,
}

/// What becomes of a diagnostic beside others about the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It stays.
    Stays,
    /// It is dropped where another error is about the value, or about a part of that.
    GivesWay,
    /// It says why the value cannot be read: it takes the place of the errors that only say so, and is dropped where the
    /// value can be read.
    Explains,
}

/// A place in homegen's code that makes a diagnostic. Two diagnostics that say the same are equal, whichever place makes them.
#[derive(Clone, Copy, Debug)]
pub struct Maker(pub &'static Location<'static>);

impl PartialEq for Maker {
    fn eq(&self, _: &Maker) -> bool {
        true
    }
}

impl Eq for Maker {}

impl Hash for Maker {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Diagnostic {
    /// A diagnostic at one place. Its texts are printable, whatever the file brings into them.
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
            maker: Maker(Location::caller()),
        }
    }

    /// Makes it one with all others of its message: a name that is declared nowhere is one mistake, however often it is
    /// used.
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Drops it where another error is about the value at its main place, or about a part of that.
    pub fn gives_way(mut self) -> Self {
        self.standing = Standing::GivesWay;
        self
    }

    /// Puts it in the place of the errors which say that the value at its main place cannot be read, and drops it where
    /// there is none.
    pub fn explains(mut self) -> Self {
        self.standing = Standing::Explains;
        self
    }

    /// Adds a further place.
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: shown(label) });
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shown(help));
        self
    }

    /// Adds the edit that does it.
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

/// A mistake of homegen's own: what it wrote is not Nix.
#[derive(Debug)]
pub struct Bug(pub String);

/// How many errors, and how many warnings, a run keeps. Nobody mends so many before the next run.
pub const MAX_KEPT: usize = 500;

/// How many names one suggestion is chosen from.
const MAX_NAMES: usize = 1_000;

/// How many names the suggestions of a run are chosen from, together: 500 times 100, or 50 times 1,000. Comparing a
/// name takes about a microsecond.
const MAX_COMPARED: usize = 50_000;

/// The diagnostics of one run. Passes push into it and go on with what they have.
#[derive(Debug, Default)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
    /// Hashes of them.
    seen: HashSet<u64>,
    errors: usize,
    warnings: usize,
    /// How many names the suggestions were chosen from.
    compared: Cell<usize>,
    /// The values of unknown keys: where each begins, and where it ends.
    muted: BTreeMap<(SourceId, u32), u32>,
}

impl Diagnostics {
    /// Suggests the one of `names`, which the file declares, that `word` was probably meant to be. Looks at a limited
    /// number of names in a run, and at none once another error is not kept.
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
            ..=LISTED => format!("there are: {}", names.join(", ")),
            count => none_of(count),
        }
    }

    /// The one of `names` that `word` was probably meant to be, within the limits of [`Diagnostics::suggestion`].
    pub fn closest<'a>(&self, word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let left = MAX_COMPARED.saturating_sub(self.compared.get());
        if self.is_full() || left == 0 {
            return None;
        }
        let names: Vec<&str> = names.into_iter().take(left.min(MAX_NAMES)).collect();
        self.compared.set(self.compared.get() + names.len());
        closest(word, names)
    }

    /// Ignores every later diagnostic with a place inside of `span`, the value of a key that was reported: what is wrong
    /// there follows from the key.
    pub fn mute(&mut self, span: Span) {
        if !self.is_muted(span) {
            self.muted.insert((span.source, span.start), span.end);
        }
    }

    fn is_muted(&self, span: Span) -> bool {
        let before = self.muted.range(..=(span.source, span.start)).next_back();
        before.is_some_and(|((source, _), end)| *source == span.source && span.end <= *end)
    }

    /// Adds one, unless the very same was said already, or it is about what could not be read.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let is_ignored = |span: Span| span == Span::NOWHERE || self.is_muted(span);
        if diagnostic.labels.iter().any(|label| is_ignored(label.span)) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        diagnostic.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return;
        }
        // It only ever takes the place of one that is counted.
        if diagnostic.standing == Standing::Explains {
            self.all.push(diagnostic);
            return;
        }
        let (kept, most, code) = match diagnostic.severity() {
            Severity::Error => (&mut self.errors, "mistakes", Code::TooLarge),
            Severity::Warning => (&mut self.warnings, "warnings", diagnostic.code),
        };
        *kept += 1;
        if *kept <= MAX_KEPT {
            self.all.push(diagnostic);
        } else if *kept == MAX_KEPT + 1 {
            let at = diagnostic.labels.first().map(|label| label.span).unwrap_or_default();
            self.all.push(
                Diagnostic::new(code, format!("more than {MAX_KEPT} {most}"), at, "the next one")
                    .help("mend the others first: they may be the cause of the rest"),
            );
        }
    }

    /// Adds those of another run.
    pub fn append(&mut self, other: Diagnostics) {
        other.all.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Whether there are so many errors that another one is not kept.
    pub fn is_full(&self) -> bool {
        self.is_full_after(0)
    }

    /// Whether another error is not kept once `pending` more are there.
    pub fn is_full_after(&self, pending: usize) -> bool {
        self.errors + pending > MAX_KEPT
    }

    /// Whether there were so many that some are not kept.
    pub fn is_cut(&self) -> bool {
        self.errors > MAX_KEPT || self.warnings > MAX_KEPT
    }

    /// Whether there is one that forbids writing.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether one has this code.
    pub fn has(&self, code: Code) -> bool {
        self.all.iter().any(|d| d.code == code)
    }

    /// Drops those for which `is_accepted` holds.
    pub fn accept(&mut self, mut is_accepted: impl FnMut(&Diagnostic) -> bool) {
        let errors = &mut self.errors;
        self.all.retain(|diagnostic| {
            let dropped = is_accepted(diagnostic);
            *errors -= usize::from(dropped && diagnostic.severity() == Severity::Error);
            !dropped
        });
    }

    /// All of them, in the order of their main place in the file, and at one place errors first.
    pub fn into_sorted(mut self, sources: &Sources) -> Vec<Diagnostic> {
        self.all.sort_by_key(|d| (d.labels.first().map(|l| sources.in_file(l.span)), d.severity()));
        self.all = join(self.all);
        self.explain();
        let errors =
            self.all.iter().filter(|d| d.severity() == Severity::Error && d.standing != Standing::GivesWay);
        let mut errors: Vec<Span> = errors.filter_map(|d| d.labels.first()).map(|l| l.span).collect();
        errors.sort_by_key(|span| (span.source, span.start));
        // A span that lies in another one begins in it.
        let has_error = |value: Span| {
            let from = errors.partition_point(|span| (span.source, span.start) < (value.source, value.start));
            let inside = errors[from..]
                .iter()
                .take_while(|span| span.source == value.source && span.start <= value.end);
            inside.into_iter().any(|span| value.contains(*span))
        };
        let gives_way = |d: &Diagnostic| d.standing == Standing::GivesWay;
        self.all.retain(|d| !(gives_way(d) && d.labels.first().is_some_and(|l| has_error(l.span))));
        // Two places of a preset are one in the file.
        let mut seen = HashSet::new();
        self.all.retain(|d| {
            let places: Vec<Span> = d.labels.iter().map(|l| sources.in_file(l.span)).collect();
            seen.insert((d.code, d.message.clone(), places))
        });
        self.all
    }
}

impl Diagnostics {
    /// Leaves of each value's errors the one that explains the others, or else the others.
    fn explain(&mut self) {
        let main = |d: &Diagnostic| d.labels.first().map(|label| label.span);
        let explains = |d: &Diagnostic| d.standing == Standing::Explains;
        let is_explained =
            |d: &Diagnostic| !explains(d) && matches!(d.code, Code::BadValue | Code::WrongType);
        let explained: HashSet<Option<Span>> = self.all.iter().filter(|d| explains(d)).map(main).collect();
        let unread: HashSet<Option<Span>> = self
            .all
            .iter()
            .filter(|d| is_explained(d))
            .map(main)
            .filter(|at| explained.contains(at))
            .collect();
        self.all.retain(|d| match unread.contains(&main(d)) {
            true => !is_explained(d),
            false => !explains(d),
        });
    }
}

/// How many places a diagnostic shows that is one with others.
const PLACES: usize = 8;

/// Joins those that are one mistake: the first one gets the places of the others.
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

/// The one of `names` that `word` was probably meant to be.
pub fn closest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // What is this long is no slip of the fingers.
    let names = names.into_iter().take(if word.len() > 200 { 0 } else { MAX_NAMES });
    names
        .filter(|name| name.len() <= 200)
        .map(|name| {
            let name_lower = name.to_lowercase();
            // Two letters that changed places, or one that is wrong, in a short word; or none but their case.
            let slips = strsim::osa_distance(&word, &name_lower);
            let nearly = if word.len() > 2 && slips < 2 { 2.0 - slips as f64 } else { 0.0 };
            (strsim::jaro_winkler(&word, &name_lower) + nearly, name)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// How many names a message lists.
const LISTED: usize = 24;

/// `did you mean …?`, or else what there is to choose from. For words of the language; names that a file declares go
/// through [`Diagnostics::suggestion`].
pub fn suggestion<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().take(MAX_NAMES + 1).collect();
    match closest(word, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if names.is_empty() => "there is none yet".to_owned(),
        None if names.len() > LISTED => none_of(names.len()),
        None => format!("there are: {}", names.join(", ")),
    }
}

fn none_of(count: usize) -> String {
    match count {
        ..=MAX_NAMES => format!("it is none of the {count} that exist here"),
        _ => format!("it is none of the more than {MAX_NAMES} that exist here"),
    }
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn the_name_that_was_meant() {
        for (word, meant) in [
            ("hg0506", Some("HG0506")),
            ("wbe", Some("web")),
            ("enviroment", Some("environment")),
            ("zzz", None),
        ] {
            assert_eq!(closest(word, ["HG0509", "HG0506", "environment", "web"]), meant, "{word}");
        }
    }
}
