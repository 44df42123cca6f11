//! Shares of CPU time.

use super::Form;

/// The weight of a container's CPU time while the CPUs are busy. 1024 is the default (podman-run(1), --cpu-shares).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CpuShares(pub u32);

impl Form for CpuShares {
    const NOUN: &'static str = "a number of CPU shares";
    const LOOKS: &'static str = " such as 512";
    const EXPECTED: &'static str = "a whole number from 2 to 262144; 1024 is the default";
    const EXAMPLE: &'static str = "512";
    const PATTERN: &'static str = r"^[1-9][0-9]{0,5}$";
    const NUMBERS: bool = true;

    fn title() -> &'static str {
        "number from 2 to 262144"
    }

    fn parse(text: &str) -> Option<CpuShares> {
        let number: u32 = text.parse().ok()?;
        ((2..=262_144).contains(&number) && number.to_string() == text).then_some(CpuShares(number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::CpuShares;

    #[test]
    fn cpu_shares_are_a_number_from_2_to_262144() {
        parses::<CpuShares>(&["2", "1024", "262144"], &["", "0", "1", "262145", "+2", "02", "1.5", "-1"]);
    }
}
