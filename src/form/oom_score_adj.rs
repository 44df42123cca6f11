//! OOM score adjustments, by which the kernel chooses processes to kill.

use super::Form;

/// An adjustment of an OOM score (proc_pid_oom_score_adj(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OomScoreAdj(pub i16);

impl Form for OomScoreAdj {
    const NOUN: &'static str = "an OOM score adjustment";
    const LOOKS: &'static str = " such as -500";
    const EXPECTED: &'static str = "a whole number from -1000 to 1000";
    const EXAMPLE: &'static str = "-500";
    const PATTERN: &'static str = r"^(0|-?[1-9][0-9]{0,3})$";
    const NUMBERS: bool = true;

    fn title() -> &'static str {
        "number from -1000 to 1000"
    }

    fn parse(text: &str) -> Option<OomScoreAdj> {
        let number: i16 = text.parse().ok()?;
        ((-1000..=1000).contains(&number) && number.to_string() == text).then_some(OomScoreAdj(number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::OomScoreAdj;

    #[test]
    fn an_oom_score_is_a_number_from_minus_1000_to_1000() {
        parses::<OomScoreAdj>(&["-1000", "0", "1000"], &["", "-1001", "1001", "+1", "-0", "01", "1.5"]);
    }
}
