//! The YAML types of plain scalars (go-yaml's `resolver.go`), their texts in Go, and parts of scalars.

use std::ops::Range;

use crate::project::{Part, Scalar, ValueSource};

/// A scalar as YAML reads it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Atom {
    /// A string.
    Text,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer of 64 bits, with or without sign.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A date, with its text in Go.
    Time(String),
}

impl Atom {
    /// The type of a scalar.
    pub(super) fn of(scalar: &Scalar) -> Atom {
        if scalar.is_plain { plain(&scalar.value()) } else { Atom::Text }
    }

    /// The type in a message.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Atom::Text => "a string",
            Atom::Boolean(_) => "a boolean",
            Atom::Integer(_) | Atom::Float(_) => "a number",
            Atom::Time(_) => "a date",
        }
    }

    /// The text that Compose writes for a value that is not a string.
    pub(super) fn printed(&self) -> Option<String> {
        match self {
            Atom::Text => None,
            Atom::Boolean(is_true) => Some(is_true.to_string()),
            Atom::Integer(number) => Some(number.to_string()),
            Atom::Float(number) => Some(print_float(*number)),
            Atom::Time(text) => Some(text.clone()),
        }
    }
}

/// The type of a scalar without quotes.
fn plain(text: &str) -> Atom {
    match text {
        "true" | "True" | "TRUE" => return Atom::Boolean(true),
        "false" | "False" | "FALSE" => return Atom::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Atom::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Atom::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Atom::Float(f64::NEG_INFINITY),
        "-0" | "-0.0" => return Atom::Float(-0.0),
        _ => {}
    }
    // No other number has so many characters.
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) || text.len() > 400 {
        return Atom::Text;
    }
    if let Some(time) = time(text) {
        return Atom::Time(time);
    }
    let digits = match text.starts_with('.') {
        true => text.to_owned(),
        false => text.replace('_', ""),
    };
    if let Some(number) = integer(&digits) {
        return Atom::Integer(number);
    }
    match is_float(&digits).then(|| digits.parse::<f64>().ok()).flatten() {
        // A number that is too large is an error for Go, and stays text.
        Some(number) if number.is_finite() => Atom::Float(number),
        _ => Atom::Text,
    }
}

/// An integer in Go's syntax: `0x`, `0o`, `0b` and a leading zero choose the base.
fn integer(text: &str) -> Option<i128> {
    let (is_negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, base).ok()?);
    let has_sign = text.starts_with(['+', '-']);
    let number = if is_negative { -number } else { number };
    // Go reads numbers beyond 63 bits without sign only.
    (number >= i128::from(i64::MIN) && (number <= i128::from(i64::MAX) || !has_sign)).then_some(number)
}

/// Tells whether a text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
        }
        None => !mantissa.is_empty() && is_digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(|exponent| !exponent.is_empty() && is_digits(exponent))
}

/// The text of Go's `fmt.Sprint`: as few digits as identify the number, with an exponent below 1e-4 and from 1e6
/// (`strconv.FormatFloat` with the format `g`).
fn print_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match number != 0.0 && !(-4..6).contains(&exponent) {
        true => format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
        false => format!("{number}"),
    }
}

/// The text in Go of a date, or of a date with a time, in one of the four forms that go-yaml reads.
fn time(text: &str) -> Option<String> {
    let mut rest = text;
    let year = number(&mut rest, 4, 4)?;
    let month = after(&mut rest, '-').and_then(|()| number(&mut rest, 1, 2))?;
    let day = after(&mut rest, '-').and_then(|()| number(&mut rest, 1, 2))?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(format!("{date} 00:00:00 +0000 UTC"));
    }
    let separator = rest.chars().next().filter(|c| matches!(c, 'T' | 't' | ' '))?;
    rest = &rest[1..];
    let hour = number(&mut rest, 1, 2).filter(|hour| *hour < 24)?;
    let minute =
        after(&mut rest, ':').and_then(|()| number(&mut rest, 1, 2)).filter(|minute| *minute < 60)?;
    let second =
        after(&mut rest, ':').and_then(|()| number(&mut rest, 1, 2)).filter(|second| *second < 60)?;
    let mut fraction = "";
    if let Some(digits) = rest.strip_prefix(['.', ',']) {
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return None;
        }
        // Go keeps nanoseconds.
        fraction = digits[..length.min(9)].trim_end_matches('0');
        rest = &digits[length..];
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let zone = match (separator, rest) {
        (' ', "") | ('T' | 't', "Z") => "+0000 UTC".to_owned(),
        ('T' | 't', _) => {
            let sign = rest.chars().next().filter(|c| matches!(c, '+' | '-'))?;
            rest = &rest[1..];
            let hours = number(&mut rest, 2, 2).filter(|hours| *hours <= 24)?;
            let minutes =
                after(&mut rest, ':').and_then(|()| number(&mut rest, 2, 2)).filter(|m| *m <= 60)?;
            if !rest.is_empty() {
                return None;
            }
            match (hours, minutes) {
                (0, 0) => "+0000 UTC".to_owned(),
                _ => format!("{sign}{hours:02}{minutes:02} {sign}{hours:02}{minutes:02}"),
            }
        }
        _ => return None,
    };
    Some(format!("{date} {hour:02}:{minute:02}:{second:02}{point}{fraction} {zone}"))
}

/// Takes a number with a count of digits from the start of `rest`.
fn number(rest: &mut &str, least: usize, most: usize) -> Option<u32> {
    let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let digits = rest.get(..length).filter(|_| length >= least)?;
    *rest = &rest[length..];
    digits.parse().ok()
}

/// Takes a separator from the start of `rest`.
fn after(rest: &mut &str, separator: char) -> Option<()> {
    *rest = rest.strip_prefix(separator)?;
    Some(())
}

/// The part of a scalar in `range` of its value. A variable stays one if its whole value is in the range.
pub(super) fn slice(scalar: &Scalar, range: Range<usize>) -> Scalar {
    let mut parts = Vec::new();
    let mut start = 0;
    for part in &scalar.parts {
        let value = part.value();
        let end = start + value.len();
        let is_inside = range.start <= start && end <= range.end;
        match part {
            Part::Variable(reference) if is_inside => parts.push(Part::Variable(reference.clone())),
            _ => {
                let (from, to) = (range.start.clamp(start, end), range.end.clamp(start, end));
                if from < to {
                    parts.push(Part::Text(value[from - start..to - start].to_owned()));
                }
            }
        }
        start = end;
    }
    if parts.is_empty() {
        parts.push(Part::Text(String::new()));
    }
    Scalar { parts, is_plain: false }
}

/// A scalar with the parts of several.
pub(super) fn join(scalars: impl IntoIterator<Item = Scalar>) -> Scalar {
    let mut parts: Vec<Part> = Vec::new();
    for part in scalars.into_iter().flat_map(|scalar| scalar.parts) {
        match (parts.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (Some(_), Part::Text(text)) if text.is_empty() => {}
            (_, part) => parts.push(part),
        }
    }
    Scalar { parts, is_plain: false }
}

/// Reports whether a scalar uses a variable without a value.
pub(super) fn has_missing(scalar: &Scalar) -> bool {
    scalar.parts.iter().any(|part| match part {
        Part::Variable(reference) => {
            matches!(reference.source, ValueSource::Unset | ValueSource::Required(_))
        }
        Part::Text(_) => false,
    })
}

/// Reports whether a scalar uses a variable.
pub(super) fn has_variable(scalar: &Scalar) -> bool {
    scalar.parts.iter().any(|part| matches!(part, Part::Variable(_)))
}

/// Sets the text of a scalar. The variables stay if the text is the same.
pub(super) fn set(scalar: &mut Scalar, text: String) {
    if scalar.value() != text {
        scalar.parts = vec![Part::Text(text)];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::project::Reference;

    fn plain_scalar(text: &str) -> Scalar {
        Scalar { is_plain: true, ..Scalar::text(text) }
    }

    /// The values are those of `yaml.Unmarshal` and `fmt.Sprint`.
    #[test]
    fn plain_scalars_are_printed_as_in_go() {
        for (written, printed) in [
            ("010", Some("8")),
            ("08", Some("8")),
            ("0o17", Some("15")),
            ("0x1F", Some("31")),
            ("0b11", Some("3")),
            ("1_000", Some("1000")),
            ("+1", Some("1")),
            ("-1", Some("-1")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("1.50", Some("1.5")),
            ("1.0", Some("1")),
            ("1.", Some("1")),
            (".5", Some("0.5")),
            ("1e3", Some("1000")),
            ("1e21", Some("1e+21")),
            ("1.5e-7", Some("1.5e-07")),
            ("0.0001", Some("0.0001")),
            ("99999999999999999999", Some("1e+20")),
            ("123456.5", Some("123456.5")),
            ("1234567.5", Some("1.2345675e+06")),
            ("1e6", Some("1e+06")),
            ("-0", Some("-0")),
            (".inf", Some("+Inf")),
            (".nan", Some("NaN")),
            ("True", Some("true")),
            ("FALSE", Some("false")),
            ("2001-01-01", Some("2001-01-01 00:00:00 +0000 UTC")),
            ("2001-1-2 3:4:5.60", Some("2001-01-02 03:04:05.6 +0000 UTC")),
            ("2001-12-14T21:59:43Z", Some("2001-12-14 21:59:43 +0000 UTC")),
            ("2001-12-14t21:59:43.10-05:00", Some("2001-12-14 21:59:43.1 -0500 -0500")),
            ("2001-02-30", None),
            ("2001-12-14 21:59", None),
            ("yes", None),
            ("tRUE", None),
            ("1.2.3", None),
            ("12:30", None),
            ("1e", None),
            ("-", None),
            ("0x", None),
            ("-_", None),
            ("1e999", None),
            ("10.0.0.1", None),
        ] {
            assert_eq!(Atom::of(&plain_scalar(written)).printed().as_deref(), printed, "{written}");
        }
        assert_eq!(Atom::of(&Scalar::text("010")), Atom::Text);
    }

    #[test]
    fn a_slice_keeps_whole_variables() {
        let variable = |value: &str| {
            let source = ValueSource::Default;
            Part::Variable(Reference { name: "A".to_owned(), value: value.to_owned(), source })
        };
        let text = |text: &str| Part::Text(text.to_owned());
        let scalar =
            Scalar { parts: vec![variable("80"), text(":9"), variable("0"), variable("")], is_plain: false };
        assert_eq!(slice(&scalar, 0..2).parts, [variable("80")]);
        assert_eq!(slice(&scalar, 0..1).parts, [text("8")]);
        assert_eq!(slice(&scalar, 3..5).parts, [text("9"), variable("0"), variable("")]);
        assert_eq!(slice(&scalar, 3..4).parts, [text("9")]);
        assert_eq!(slice(&scalar, 2..2).parts, [text("")]);
    }

    proptest! {
        #[test]
        fn no_plain_text_panics(text in "[-+.0-9a-zé_:TZ ]{0,30}|.*") {
            Atom::of(&plain_scalar(&text)).printed();
        }
    }
}
