//! Pools of ZFS.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of a pool. A letter comes first (zpoolconcepts(7), zpool-create(8)).
    ZfsPool
}

impl Form for ZfsPool {
    const NOUN: &'static str = "a ZFS pool";
    const LOOKS: &'static str = " such as tank";
    const EXPECTED: &'static str = "a letter, followed by letters, digits, `_`, `-`, `.` and `:`";
    const EXAMPLE: &'static str = "tank";
    const PATTERN: &'static str = r"^[A-Za-z][A-Za-z0-9_.:-]*$";

    fn parse(text: &str) -> Option<ZfsPool> {
        is_pool(text).then(|| ZfsPool(text.to_owned()))
    }

    /// `tank/photos`, and `/tank`.
    fn advice(text: &str) -> Option<Advice> {
        let pool = text.trim_start_matches('/').split('/').next()?;
        ZfsPool::parse(pool).filter(|_| pool != text)?;
        Advice::write("expected the pool, without the datasets below it", pool)
    }
}

/// True if `text` may be the name of a pool.
pub(super) fn is_pool(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && is_word(text, b"_-.:")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::ZfsPool;

    #[test]
    fn a_pool_begins_with_a_letter() {
        parses::<ZfsPool>(&["tank", "T1_a-b.c:d"], &["", "1tank", "-tank", "tank/a", "a b", "tänk"]);
        advises::<ZfsPool>(&[("tank/photos", "write `tank`"), ("1/tank", "")]);
    }
}
