//! Swap sizes: a size, or -1.

use super::{Advice, Form, Size};

/// A size, or -1 for no limit (podman-run(1), --memory-swap).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SwapSize {
    /// A limit.
    Limited(Size),
    /// No limit.
    Unlimited,
}

impl Form for SwapSize {
    const NOUN: &'static str = Size::NOUN;
    const LOOKS: &'static str = " such as 512m or 2g, or -1 for no limit";
    const EXPECTED: &'static str = "a number and a unit (b, k, m, g or t), or -1";
    const EXAMPLE: &'static str = "2g";
    const PATTERN: &'static str = r"^(-1|[0-9]+(\.[0-9]+)?([bkmgtBKMGT]([iI]?[bB])?)?)$";
    const NUMBERS: bool = true;

    fn title() -> &'static str {
        "size or `-1`"
    }

    fn parse(text: &str) -> Option<SwapSize> {
        match text {
            "-1" => Some(SwapSize::Unlimited),
            text => Size::parse(text).map(SwapSize::Limited),
        }
    }

    fn advice(text: &str) -> Option<Advice> {
        Size::advice(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::SwapSize;

    #[test]
    fn a_swap_size_is_a_size_or_minus_1() {
        parses::<SwapSize>(&["-1", "2g"], &["-2", "-1g", ""]);
        advises::<SwapSize>(&[("3", "write `3m` or `3g`, or `3b` for bytes")]);
    }
}
