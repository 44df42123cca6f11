//! MAC addresses.

use super::{Advice, Form};

/// The MAC address of one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mac(pub [u8; 6]);

impl Form for Mac {
    const NOUN: &'static str = "a MAC address";
    const LOOKS: &'static str = " such as 02:42:ac:11:00:02";
    const EXPECTED: &'static str = "six hexadecimal bytes with `:` between them";
    const EXAMPLE: &'static str = "02:42:ac:11:00:02";
    const PATTERN: &'static str = r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$";

    /// Rejects an odd first byte: that is a multicast address, which the kernel refuses for an interface.
    fn parse(text: &str) -> Option<Mac> {
        let byte = |part: &str| {
            u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2 && !part.starts_with('+'))
        };
        let bytes: Vec<u8> = text.split(':').map(byte).collect::<Option<_>>()?;
        <[u8; 6]>::try_from(bytes).ok().filter(|bytes| bytes[0] % 2 == 0).map(Mac)
    }

    /// `02-42-ac-11-00-02`, and `01:00:00:00:00:05`.
    fn advice(text: &str) -> Option<Advice> {
        let colons = text.replace('-', ":");
        if Mac::parse(&colons).is_some() {
            return Advice::rewrite("expected `:` between the bytes", colons);
        }
        let (first, rest) = text.split_once(':')?;
        let unicast = format!("{:02x}:{rest}", u8::from_str_radix(first, 16).ok()? & !1);
        Mac::parse(&unicast)?;
        Advice::write("is a multicast address: its first byte is odd", unicast)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Mac;

    #[test]
    fn a_mac_address_is_unicast_and_has_six_pairs_of_digits() {
        advises::<Mac>(&[("02-42-ac-11-00-02", "write `02:42:ac:11:00:02`"), ("", "")]);
        parses::<Mac>(
            &["02:42:ac:11:00:02", "02:42:AC:11:00:02"],
            &["", "03:42:ac:11:00:02", "2:42:ac:11:00:02", "02-42-ac-11-00-02", "02:42:ac:11:00"],
        );
    }
}
