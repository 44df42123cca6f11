//! Reasons, for readers of the file.

use super::{Form, text_form};

text_form! {
    /// The reason of a decision.
    Reason
}

impl Form for Reason {
    const NOUN: &'static str = "a reason";
    const LOOKS: &'static str = " such as \"The models are downloaded again.\"";
    const EXPECTED: &'static str = "the reason in words";
    const EXAMPLE: &'static str = "The models are downloaded again.";
    const PATTERN: &'static str = r"^(?!([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)$).*\S";

    fn parse(text: &str) -> Option<Reason> {
        // `disposable: true` is a flag in mind, and no reason.
        let is_flag =
            ["true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
        (!text.trim().is_empty() && !is_flag).then(|| Reason(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::Reason;

    #[test]
    fn a_reason_is_not_blank_and_not_a_flag() {
        parses::<Reason>(&["The models are downloaded again."], &["", "  ", "true", "No"]);
    }
}
