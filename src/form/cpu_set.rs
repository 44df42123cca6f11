//! Sets of CPUs.

use super::Form;

/// The CPUs on which a container may run, as numbers and ranges (cpuset(7), List format).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CpuSet {
    /// The first and the last number of each range.
    pub ranges: Vec<(u16, u16)>,
}

impl CpuSet {
    /// The highest number.
    pub(crate) fn last(&self) -> u16 {
        self.ranges.iter().map(|(_, last)| *last).max().unwrap_or_default()
    }

    /// The first number that is not in `other`.
    pub(crate) fn outside(&self, other: &CpuSet) -> Option<u16> {
        let mut sorted = other.ranges.clone();
        sorted.sort_unstable();
        self.ranges.iter().find_map(|&(first, last)| {
            let mut next = first;
            for &(from, to) in &sorted {
                if (from..=to).contains(&next) {
                    if to >= last {
                        return None;
                    }
                    next = to + 1;
                }
            }
            Some(next)
        })
    }
}

impl Form for CpuSet {
    const NOUN: &'static str = "a set of CPUs";
    const LOOKS: &'static str = " such as 0-3 or 0,2";
    const EXPECTED: &'static str = "numbers of CPUs from 0 on, and ranges, separated by commas";
    const EXAMPLE: &'static str = "0-3";
    const PATTERN: &'static str = r"^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<CpuSet> {
        let number = |text: &str| {
            let is_short = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            is_short.then(|| text.parse::<u16>().ok()).flatten()
        };
        let ranges: Option<Vec<(u16, u16)>> = text
            .split(',')
            .map(|part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some((first, last))
            })
            .collect();
        ranges.map(|ranges| CpuSet { ranges })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::*;

    #[test]
    fn a_set_of_cpus_has_numbers_and_ranges() {
        parses::<CpuSet>(&["0", "0-3", "0,2", "4,0-1"], &["", "a", "3-1", "0,", "-1", "0 1", "0-", "12345"]);
        assert_eq!(CpuSet::parse("4,0-1").map(|set| set.last()), Some(4));
    }

    #[test]
    fn a_cpu_is_outside_of_a_set_that_has_no_range_with_it() {
        let outside = |inner, outer| CpuSet::parse(inner).unwrap().outside(&CpuSet::parse(outer).unwrap());
        assert_eq!(outside("0-3", "2-3,0-1"), None);
        assert_eq!(outside("0-4", "0-3"), Some(4));
        assert_eq!(outside("1,5", "0-3"), Some(5));
        assert_eq!(outside("0-3", "0,2-3"), Some(1));
    }
}
