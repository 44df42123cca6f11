//! Names of the output: slugs of Compose's names, unique among the names of the file.

use std::collections::{HashMap, HashSet};

/// The most characters of a name: the most that homegen allows for a service, so that longer names made of it fit.
const LONGEST: usize = 40;

/// Turns a name into lower-case letters, digits and single hyphens, beginning with a letter.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(LONGEST);
    let slug = slug.trim_end_matches('-');
    match slug.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => slug.to_owned(),
        false => format!("x-{slug}").trim_end_matches('-').to_owned(),
    }
}

/// Turns the name of a variable into the name of a constant: `DATA_FOLDER` into `dataFolder`.
pub(super) fn camel_case(variable: &str) -> String {
    let mut name = String::new();
    for word in variable.split('_').filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        match name.is_empty() {
            true => name.push_str(&lower),
            false => {
                name.push_str(&lower[..1].to_ascii_uppercase());
                name.push_str(&lower[1..]);
            }
        }
    }
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => name,
        false => format!("x{name}"),
    }
}

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    names: HashSet<String>,
    /// The last number behind each name that was taken again.
    numbers: HashMap<String, usize>,
}

impl Taken {
    /// The names that are taken from the start.
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Taken {
        Taken { names: names.into_iter().collect(), numbers: HashMap::new() }
    }

    /// Takes `name`, or `name-2`, `name-3` and so on if it is taken.
    pub(super) fn take(&mut self, name: &str) -> String {
        if self.names.insert(name.to_owned()) {
            return name.to_owned();
        }
        let number = self.numbers.entry(name.to_owned()).or_insert(1);
        loop {
            *number += 1;
            let numbered = format!("{name}-{number}");
            if self.names.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{camel_case, slug};

    #[test]
    fn a_slug_has_single_hyphens_and_begins_with_a_letter() {
        let slugs = ["Nextcloud_DB", "my.app--x", "_a_", "0db", "-", "ä"].map(slug);
        assert_eq!(slugs, ["nextcloud-db", "my-app-x", "a", "x-0db", "x", "x"]);
    }

    #[test]
    fn the_name_of_a_variable_becomes_camel_case() {
        let names = ["DATA_FOLDER", "TZ", "__x", "_1", "a_B_c"].map(camel_case);
        assert_eq!(names, ["dataFolder", "tz", "x", "x1", "aBC"]);
    }
}
