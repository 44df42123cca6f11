//! Patterns of keys and channels of Valkey.

use super::{Advice, Form, text_form};

text_form! {
    /// A glob pattern of an ACL (<https://valkey.io/topics/acl/>).
    AclPattern
}

impl Form for AclPattern {
    const NOUN: &'static str = "a pattern";
    const LOOKS: &'static str = " such as notes:*";
    const EXPECTED: &'static str = "printable characters without a space";
    const EXAMPLE: &'static str = "notes:*";
    const PATTERN: &'static str = r"^\S+$";

    fn parse(text: &str) -> Option<AclPattern> {
        // The ACL is a line of words, and quotes would have a meaning in it.
        let is_valid = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'');
        (!text.is_empty() && !text.starts_with(['~', '&', '%']) && text.chars().all(is_valid))
            .then(|| AclPattern(text.to_owned()))
    }

    /// `~notes:*` of an ACL.
    fn advice(text: &str) -> Option<Advice> {
        let pattern = text.strip_prefix('~')?;
        AclPattern::parse(pattern).and_then(|_| Advice::write("begins with the mark of an ACL", pattern))
    }
}

impl AclPattern {
    /// The text before the first special character.
    pub(crate) fn prefix(&self) -> &str {
        self.as_str().split(['*', '?', '[', '\\']).next().unwrap_or_default()
    }

    /// True if the pattern matches all keys that begin with the prefix of `other`.
    pub(crate) fn covers(&self, other: &AclPattern) -> bool {
        let is_prefix = self.as_str().strip_suffix('*') == Some(self.prefix());
        is_prefix && other.prefix().starts_with(self.prefix())
    }

    /// True if a key may match both patterns. Only their prefixes are compared.
    pub(crate) fn may_overlap(&self, other: &AclPattern) -> bool {
        let (one, two) = (self.prefix(), other.prefix());
        let is_fixed = |pattern: &AclPattern| pattern.as_str().len() == pattern.prefix().len();
        match (is_fixed(self), is_fixed(other)) {
            (true, true) => one == two,
            (true, false) => one.starts_with(two),
            (false, true) => two.starts_with(one),
            (false, false) => one.starts_with(two) || two.starts_with(one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::*;

    #[test]
    fn a_pattern_is_one_word_without_quotes() {
        parses::<AclPattern>(&["*", "notes:*", "a[bc]?", "{x}"], &["", "a b", "a\nb", "a\"b", "a'b", "é"]);
    }

    #[test]
    fn patterns_overlap_if_a_key_may_match_both() {
        let overlap = |a: &str, b: &str| {
            let pattern = |text: &str| AclPattern::parse(text).expect("a pattern");
            assert_eq!(pattern(a).may_overlap(&pattern(b)), pattern(b).may_overlap(&pattern(a)));
            pattern(a).may_overlap(&pattern(b))
        };
        assert!(overlap("a*", "*"));
        assert!(overlap("notes:*", "notes:tags:*"));
        assert!(overlap("a", "a"));
        assert!(overlap("ab", "a?"));
        assert!(!overlap("a", "ab"));
        assert!(!overlap("a:*", "b:*"));
        assert!(!overlap("ab", "b*"));
    }
}
