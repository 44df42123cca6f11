//! Datasets of ZFS.

use super::zfs_pool::is_pool;
use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// The name of a dataset: a pool, and the steps below it (zfsconcepts(7)).
    Dataset
}

impl Form for Dataset {
    const NOUN: &'static str = "a ZFS dataset";
    const LOOKS: &'static str = " such as tank/photos";
    const EXPECTED: &'static str = "POOL or POOL/NAME";
    const EXAMPLE: &'static str = "tank/photos";
    const PATTERN: &'static str = r"^[A-Za-z][A-Za-z0-9_.:-]*(/[A-Za-z0-9_.:-]+)*$";

    fn parse(text: &str) -> Option<Dataset> {
        let (pool, rest) = text.split_once('/').map_or((text, None), |(pool, rest)| (pool, Some(rest)));
        let steps = || rest.into_iter().flat_map(|rest| rest.split('/'));
        // The kernel refuses a name of more than 255 characters (ZFS_MAX_DATASET_NAME_LEN), and "." and "..".
        let fits =
            text.len() <= 255 && steps().all(|step| is_word(step, b"_-.:") && !matches!(step, "." | ".."));
        (fits && is_pool(pool)).then(|| Dataset(text.to_owned()))
    }

    /// `/tank/photos`, and `tank/photos/`.
    fn advice(text: &str) -> Option<Advice> {
        let name = text.trim_matches('/');
        Dataset::parse(name).filter(|_| name != text)?;
        let why = match text.starts_with('/') {
            true => "expected the name of a dataset, not a path",
            false => "expected POOL or POOL/NAME",
        };
        Advice::write(why, name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Dataset;

    #[test]
    fn a_dataset_is_a_pool_with_steps_below_it() {
        let long = format!("tank/{}", "a".repeat(251));
        parses::<Dataset>(
            &["tank", "tank/photos", "tank/a/1.b:c", &long[..255]],
            &["", "/tank", "tank/", "tank//a", "tank/..", "tank/a b", "tank@daily", "1/a", &long],
        );
        advises::<Dataset>(&[
            ("/tank/photos", "write `tank/photos`"),
            ("tank/", "write `tank`"),
            ("a b", ""),
        ]);
    }
}
