//! Ports and ranges of ports.

use super::Form;

/// A port, or a range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port. It equals the first for a single port.
    pub last: u16,
}

impl PortRange {
    /// A range of one port.
    pub(crate) fn one(port: u16) -> PortRange {
        PortRange { first: port, last: port }
    }

    /// Reports whether there is more than one port.
    pub(crate) fn is_range(self) -> bool {
        self.first < self.last
    }

    /// Reports whether the range includes `port`.
    pub(crate) fn has(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl Form for PortRange {
    const NOUN: &'static str = "a port";
    const LOOKS: &'static str = " such as 8080 or 8000-8010";
    const EXPECTED: &'static str = "a number from 1 to 65535, or a range such as 8000-8010";
    const EXAMPLE: &'static str = "8080";
    const PATTERN: &'static str = r"^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<PortRange> {
        match text.split_once('-') {
            None => port(text).map(PortRange::one),
            Some((first, last)) => {
                let ports = PortRange { first: port(first)?, last: port(last)? };
                (ports.first < ports.last).then_some(ports)
            }
        }
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|number: &u16| *number > 0 && number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::*;

    #[test]
    fn a_port_range_is_one_port_or_two_in_ascending_order() {
        assert_eq!(PortRange::parse("8000-8010"), Some(PortRange { first: 8000, last: 8010 }));
        assert!(PortRange::parse("8000-8010").is_some_and(|ports| ports.has(8010) && !ports.has(8011)));
        parses::<PortRange>(
            &["1", "65535"],
            &["", "80-80", "0", "080", "+80", "65536", "9-8", "80-", "a", "1-2-3"],
        );
    }
}
