//! systemd service units.

use super::{Advice, Form, text_form};
use crate::word::is_word;

text_form! {
    /// A systemd service unit, without `.service` (systemd.unit(5)).
    ServiceUnit
}

/// The types of systemd units (systemd.unit(5)).
const UNIT_TYPES: &[&str] = &[
    "automount",
    "device",
    "mount",
    "path",
    "scope",
    "service",
    "slice",
    "socket",
    "swap",
    "target",
    "timer",
];

impl Form for ServiceUnit {
    const NOUN: &'static str = "a service unit";
    const LOOKS: &'static str = " such as plex";
    const EXPECTED: &'static str = "a unit name as `systemctl` lists it, without `.service`";
    const EXAMPLE: &'static str = "plex";
    const PATTERN: &'static str = r"^[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,199}$";

    fn parse(text: &str) -> Option<ServiceUnit> {
        let has_kind = text.rsplit_once('.').is_some_and(|(_, kind)| UNIT_TYPES.contains(&kind));
        let fits = text.len() <= 200
            && is_word(text, b":_.@-")
            && !text.starts_with([':', '.', '@', '-'])
            && !has_kind;
        fits.then(|| ServiceUnit(text.to_owned()))
    }

    /// `plex.service`, and `backup.timer`.
    fn advice(text: &str) -> Option<Advice> {
        let (name, kind) = text.rsplit_once('.')?;
        ServiceUnit::parse(name)?;
        match kind {
            "service" => Advice::write("expected the name without `.service`", name),
            "timer" => Advice::write("is a timer, expected the service that it starts", name),
            kind => {
                Advice::new(format!("is a {kind} unit, expected a service"), "write the name of a service")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::ServiceUnit;

    #[test]
    fn a_service_is_named_without_the_suffix_of_its_unit() {
        parses::<ServiceUnit>(
            &["plex", "a@b", "org.x"],
            &["", "plex.service", "-a", "a b", &"a".repeat(201)],
        );
        advises::<ServiceUnit>(&[
            ("plex.service", "write `plex`"),
            ("backup.timer", "write `backup`"),
            ("x.mount", "write the name of a service"),
        ]);
    }
}
