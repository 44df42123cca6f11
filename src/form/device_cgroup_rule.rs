//! Device cgroup rules.

use super::{Form, text_form};

text_form! {
    /// A device cgroup rule, `TYPE MAJOR:MINOR MODE`, with `*` for any number (podman-run(1), --device-cgroup-rule).
    DeviceCgroupRule
}

impl Form for DeviceCgroupRule {
    const NOUN: &'static str = "a device cgroup rule";
    const LOOKS: &'static str = " such as `c 189:* rmw`";
    const EXPECTED: &'static str = "TYPE MAJOR:MINOR MODE";
    const EXAMPLE: &'static str = "c 189:* rmw";
    const PATTERN: &'static str = r"^[abc] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$";

    fn parse(text: &str) -> Option<DeviceCgroupRule> {
        let parts: Vec<&str> = text.split(' ').collect();
        let [kind, numbers, mode] = parts.as_slice() else { return None };
        let is_number = |n: &str| n == "*" || (!n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        let fits = matches!(*kind, "a" | "b" | "c")
            && numbers.split_once(':').is_some_and(|(major, minor)| is_number(major) && is_number(minor))
            && matches!(mode.len(), 1..=3)
            && mode.bytes().all(|b| b"rwm".contains(&b));
        fits.then(|| DeviceCgroupRule(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::DeviceCgroupRule;

    #[test]
    fn a_rule_has_a_type_two_numbers_and_permissions() {
        parses::<DeviceCgroupRule>(
            &["c 189:* rmw", "a *:* r"],
            &["", "d 1:1 r", "c 1 r", "c 1:1 x", "c 1:1 rwmr"],
        );
    }
}
