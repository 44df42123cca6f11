//! Nouns of the keywords, for messages.

use crate::ast::Condition;
use crate::setting::{Format, LogDriver, PullPolicy, Release, Restart, Tell, VolumeType};

/// A choice between words.
pub(crate) trait Keyword {
    /// The noun with its article: `a restart policy`.
    const NOUN: &'static str;
}

impl Keyword for Condition {
    const NOUN: &'static str = "a condition of a dependency";
}

impl Keyword for Format {
    const NOUN: &'static str = "a secret format";
}

impl Keyword for LogDriver {
    const NOUN: &'static str = "a log driver";
}

impl Keyword for PullPolicy {
    const NOUN: &'static str = "a pull policy";
}

impl Keyword for Release {
    const NOUN: &'static str = "a NixOS release";
}

impl Keyword for Restart {
    const NOUN: &'static str = "a restart policy";
}

impl Keyword for Tell {
    const NOUN: &'static str = "a notification event";
}

impl Keyword for VolumeType {
    const NOUN: &'static str = "a volume type";
}
