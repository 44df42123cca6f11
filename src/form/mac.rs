//! MAC addresses.

use super::{Advice, Form};

/// The MAC address of one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mac(pub [u8; 6]);

impl Form for Mac {
    const NOUN: &'static str = "a MAC address";
    const LOOKS: &'static str = " such as 02:42:ac:11:00:02";
    const EXAMPLE: &'static str = "02:42:ac:11:00:02";
    const PATTERN: &'static str = r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$";

    /// An odd first byte is a group's, which the kernel refuses for an interface.
    fn parse(text: &str) -> Option<Mac> {
        let byte = |part: &str| {
            u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2 && !part.starts_with('+'))
        };
        let bytes: Vec<u8> = text.split(':').map(byte).collect::<Option<_>>()?;
        <[u8; 6]>::try_from(bytes).ok().filter(|bytes| bytes[0] % 2 == 0).map(Mac)
    }

    /// `02-42-ac-11-00-02`.
    fn advice(text: &str) -> Option<Advice> {
        let meant = text.replace('-', ":");
        Mac::parse(&meant)?;
        Advice::rewrite("has hyphens", meant)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Mac;

    #[test]
    fn addresses_of_interfaces() {
        advises::<Mac>(&[("02-42-ac-11-00-02", "write `02:42:ac:11:00:02`"), ("", "")]);
        parses::<Mac>(
            &["02:42:ac:11:00:02", "02:42:AC:11:00:02"],
            &["", "03:42:ac:11:00:02", "2:42:ac:11:00:02", "02-42-ac-11-00-02", "02:42:ac:11:00"],
        );
    }
}
