//! Signals.

use super::{Advice, Form, text_form};
use crate::diag::closest;

text_form! {
    /// A signal by name or number.
    Signal
}

/// The signals of Podman's pkg/signal/signal_linux.go, without `SIG`. Real-time signals have an offset.
const SIGNALS: &[&str] = &[
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

impl Form for Signal {
    const NOUN: &'static str = "a signal";
    const LOOKS: &'static str = " such as SIGTERM, INT or RTMIN+3";
    const EXPECTED: &'static str = "a name such as SIGTERM, INT or RTMIN+3, or a number from 1 to 64";
    const EXAMPLE: &'static str = "SIGTERM";
    const PATTERN: &'static str = r"^[A-Za-z0-9+-]+$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<Signal> {
        let upper = text.to_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let is_number = |rest: &str, most: u8| {
            rest.parse().is_ok_and(|n: u8| (1..=most).contains(&n) && n.to_string() == rest)
        };
        let fits = SIGNALS.contains(&name)
            || name.strip_prefix("RTMIN+").is_some_and(|offset| is_number(offset, 15))
            || name.strip_prefix("RTMAX-").is_some_and(|offset| is_number(offset, 14))
            || is_number(text, 64);
        fits.then(|| Signal(text.to_owned()))
    }

    /// `SIGTREM`.
    fn advice(text: &str) -> Option<Advice> {
        let upper = text.to_uppercase();
        let suggested = closest(upper.strip_prefix("SIG").unwrap_or(&upper), SIGNALS.iter().copied())?;
        Advice::new("Linux has no signal of this name", format!("did you mean `SIG{suggested}`?"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::Signal;

    #[test]
    fn a_signal_is_a_name_or_a_number() {
        parses::<Signal>(
            &["SIGTERM", "term", "15", "SIGRTMIN+3", "RTMAX-14"],
            &["TREM", "0", "65", "RTMIN+16", "+9", "SIG"],
        );
        advises::<Signal>(&[("SIGTREM", "did you mean `SIGTERM`?")]);
    }
}
