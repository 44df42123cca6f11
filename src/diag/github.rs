//! Diagnostics as workflow commands: GitHub Actions shows each at its line of a pull request.

use super::Diagnostic;
use super::region::{Region, Regions};
use crate::printable::printable;
use crate::source::Sources;

/// Renders one command for each of `diagnostics`, each on a line.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let regions = Regions::new(sources);
    // The path must exactly match a file of the repository.
    let name = printable(&sources.file().name);
    let file = name.strip_prefix("./").unwrap_or(&name);
    diagnostics.iter().map(|diagnostic| command(diagnostic, &regions, file)).collect()
}

fn command(diagnostic: &Diagnostic, regions: &Regions, file: &str) -> String {
    let mut properties = format!("file={}", property(file));
    let mut message = diagnostic.message.clone();
    for (i, (Region { start, end }, text)) in regions.labels(diagnostic).into_iter().enumerate() {
        if i == 0 {
            properties.push_str(&format!(
                ",line={},col={},endLine={},endColumn={}",
                start.line, start.column, end.line, end.column
            ));
            message.push_str(&format!("\n{text}"));
        } else {
            // An annotation has one place, so that the message lists the others.
            message.push_str(&format!("\nline {}: {text}", start.line));
        }
    }
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let (severity, code) = (diagnostic.severity().name(), diagnostic.code.code());
    format!("::{severity} {properties},title={}::{}\n", property(code), data(&message))
}

/// Escapes the message after `::`, like `escapeData` of GitHub's toolkit.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, like `escapeProperty` of the toolkit.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn characters_that_would_end_a_command_or_a_property_are_escaped() {
        assert_eq!(data("100 % of a: b, c\r\nd"), "100 %25 of a: b, c%0D%0Ad");
        assert_eq!(property("100 % of a: b, c\r\nd"), "100 %25 of a%3A b%2C c%0D%0Ad");
        assert_eq!(data("%0A"), "%250A", "an escape that a user wrote stays what it is");
    }
}
