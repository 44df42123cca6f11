//! Diagnostics as SARIF 2.1.0, the format that GitHub's code scanning reads.

use serde_json::{Value, json};

use super::region::{Region, Regions};
use super::{Code, Diagnostic};
use crate::printable::printable_json;
use crate::source::Sources;

/// Renders `diagnostics` as one log with one run. The log lists all rules, because it describes the program, not only the
/// file.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let regions = Regions::new(sources);
    let hashes = line_hashes(&sources.file().text);
    let uri = uri(&sources.file().name);
    let results: Vec<Value> = diagnostics.iter().map(|d| result(d, &regions, &hashes, &uri)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": Code::ALL.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    printable_json(&format!("{log:#}")) + "\n"
}

fn rule(code: Code) -> Value {
    let page = code.page();
    let text = page.split_once("\n\n").map_or(page, |(_, text)| text);
    let prose: Vec<String> =
        text.split("\n\n").take_while(|p| !p.starts_with('#')).map(|p| p.trim().replace('\n', " ")).collect();
    json!({
        "id": code.code(),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": prose.first() },
        "help": { "text": prose.join("\n\n"), "markdown": text },
        "defaultConfiguration": { "level": code.severity().name() },
    })
}

fn result(diagnostic: &Diagnostic, regions: &Regions, hashes: &[String], uri: &str) -> Value {
    let labels = regions.labels(diagnostic);
    let mut text = format!("{}.", escape(&diagnostic.message));
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\nHelp: {}", escape(help)));
    }
    // The main place is the location of the result. The text links the other places by number.
    let further = labels.iter().enumerate().skip(1);
    let links: Vec<String> =
        further.clone().map(|(id, (_, label))| format!("[{}]({id})", escape(&link_text(label)))).collect();
    if !links.is_empty() {
        text.push_str(&format!("\nSee: {}", links.join(", ")));
    }
    let related: Vec<Value> = further
        .map(|(id, (region, label))| {
            let mut related = location(*region, label, uri);
            related["id"] = json!(id);
            related
        })
        .collect();
    let mut result = json!({
        "ruleId": diagnostic.code.code(),
        "ruleIndex": Code::ALL.iter().position(|code| *code == diagnostic.code),
        "level": diagnostic.severity().name(),
        "message": { "text": text },
        "locations": labels.iter().take(1).map(|(region, label)| location(*region, label, uri)).collect::<Vec<_>>(),
    });
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Some((fix, edits)) = regions.fix(diagnostic) {
        let replacements: Vec<Value> = edits
            .into_iter()
            .map(|(region, text)| {
                json!({ "deletedRegion": lines_and_columns(region), "insertedContent": { "text": text } })
            })
            .collect();
        let description = if fix.is_certain { "Certain." } else { "Likely." };
        result["fixes"] = json!([{
            "description": { "text": description },
            "artifactChanges": [{ "artifactLocation": { "uri": uri }, "replacements": replacements }],
        }]);
    }
    if let Some(hash) = labels.first().and_then(|(region, _)| hashes.get(region.start.line - 1)) {
        result["partialFingerprints"] = json!({ "primaryLocationLineHash": hash });
    }
    result
}

fn location(region: Region, label: &str, uri: &str) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": lines_and_columns(region),
        },
    });
    if !label.is_empty() {
        location["message"] = json!({ "text": escape(label) });
    }
    location
}

fn lines_and_columns(region: Region) -> Value {
    json!({
        "startLine": region.start.line,
        "startColumn": region.start.column,
        "endLine": region.end.line,
        "endColumn": region.end.column,
    })
}

/// Escapes the text of a message. `{0}` would be a placeholder, so that braces are doubled (SARIF 2.1.0, section 3.11.5).
fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Escapes the text of a link in brackets (section 3.11.6).
fn link_text(text: &str) -> String {
    let text = if text.is_empty() { "here" } else { text };
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// A path as a URI. GitHub resolves a relative URI from the root of the repository.
fn uri(path: &str) -> String {
    let relative = path.strip_prefix("./").unwrap_or(path);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let encoded = relative.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    scheme.chars().map(String::from).chain(encoded).collect()
}

/// The number of UTF-16 units that the hash of a line covers, from the start of the line.
const HASHED: usize = 100;

/// A fingerprint of each line, by which GitHub recognizes a result after lines above it have moved. The action that
/// uploads a log computes the same fingerprint and rejects others: the first hundred UTF-16 units from the start of the
/// line, without spaces and tabs, as a polynomial in 37, and the number of equal hashes so far.
fn line_hashes(text: &str) -> Vec<String> {
    const LINE_BREAK: u16 = b'\n' as u16;
    const END: u16 = u16::MAX;
    let plain = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut units: Vec<u16> =
        plain.encode_utf16().filter(|u| ![b' ', b'\t'].map(u16::from).contains(u)).collect();
    units.push(END);
    let starts = units.iter().enumerate().filter(|(_, unit)| **unit == LINE_BREAK).map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).collect();
    let mut seen = std::collections::HashMap::new();
    let hashes = starts.into_iter().map(|start| {
        let window = units[start..].iter().copied().chain(std::iter::repeat(0)).take(HASHED);
        let hash = window.fold(0u64, |hash, unit| hash.wrapping_mul(37).wrapping_add(u64::from(unit)));
        let count = seen.entry(hash).or_insert(0);
        *count += 1;
        format!("{hash:x}:{count}")
    });
    hashes.collect()
}

#[cfg(test)]
mod tests {
    use super::{line_hashes, link_text, uri};

    #[test]
    fn lines_have_the_hashes_that_github_computes() {
        // From the tests of github/codeql-action.
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let mixed = line_hashes(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n");
        assert_eq!(mixed[0], "e9496ae3ebfced30:1");
        assert_eq!(mixed.last().map(String::as_str), Some("c129715d7a2bc9a3:1"));
        let repeated = line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(repeated[5], "a7f2ff13bc495cf2:6");
        assert_eq!(repeated[6], "a7f2ff1481e87703:1");
    }

    #[test]
    fn a_path_is_written_as_a_uri() {
        assert_eq!(uri("./hosts/nas/homeserver.yaml"), "hosts/nas/homeserver.yaml");
        assert_eq!(uri("my host/서버: 100%.yaml"), "my%20host/%EC%84%9C%EB%B2%84%3A%20100%25.yaml");
        assert_eq!(uri("/etc/nixos/homeserver.yaml"), "file:///etc/nixos/homeserver.yaml");
    }

    #[test]
    fn brackets_in_a_link_text_are_escaped() {
        assert_eq!(link_text("`ports[0]`"), "`ports\\[0\\]`");
        assert_eq!(link_text(""), "here");
    }
}
