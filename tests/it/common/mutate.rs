//! Nearly valid files: fixtures with changes that the bytes of a fuzzer or of proptest select. Random bytes would fail in
//! the YAML parser, and these files reach the later passes.

/// Values that a later pass may handle wrongly.
const VALUES: &[&str] = &[
    "",
    "~",
    "null",
    "true",
    "no",
    "0",
    "-1",
    "00",
    "0x10",
    "0o17",
    "1e999",
    "-0.0",
    ".inf",
    "1_000",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "65535",
    "65536",
    "0.1",
    "1.50",
    "\"\"",
    "\" \"",
    "'",
    "''",
    "\"",
    "\"\\0\"",
    "\"\\n\"",
    "\"\\\\\"",
    "\"\\x7f\"",
    "\"${\"",
    "\"$${x}\"",
    "\"${}\"",
    "\"${x\"",
    "${paths.data}",
    "\"${paths.data}\"",
    "\"${services.web.port}\"",
    "\"${host.name}\"",
    "\"${host}\"",
    "\"${constants}\"",
    "\"${a.b.c}\"",
    "\"''${x}\"",
    "\"''\"",
    "\"a''\\\\b\"",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "{ a: {} }",
    "[1, 2]",
    "{ a: 1 }",
    "[\"a:b\"]",
    "!nix \"1\"",
    "!nix \"{ }\"",
    "!nix \"(\"",
    "!nix \"a: a\"",
    "!nix \"1 # x\"",
    "!nix |",
    "|",
    ">",
    "|+",
    "!!str 1",
    "&a x",
    "*a",
    "/",
    "//",
    "..",
    "../..",
    "/a b",
    "/é",
    ":",
    "a:b:c",
    "80:80",
    "0.0.0.0:80:80",
    "[::]:80:80",
    "127.0.0.1:80-90:80-90/udp",
    "80/tcp/tcp",
    "10.0.0.0/8",
    "10.0.0.0/33",
    "fd00::/64",
    "0.0.0.0/0",
    "::1",
    "1.2.3.4",
    "256.1.1.1",
    "1s",
    "1h30m",
    "5x",
    "-1s",
    "1g",
    "1.5g",
    "g",
    "1000:1000",
    "root",
    "0",
    "0755",
    "abc",
    "é",
    "사",
    "\u{1F600}",
    "\u{202E}x",
    "\u{FEFF}",
    "a.b",
    "a_b",
    "a-b",
    "-",
    "_",
    "A",
    "a/b",
    "default",
    "host",
    "none",
    "service:web",
    "container:web",
    "@",
    "`",
    "%",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// Decisions, taken from bytes until there are no more.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    /// One of so many.
    fn below(&mut self, count: usize) -> usize {
        let wide = self.next().unwrap_or(0) << 8 | if count > 256 { self.next().unwrap_or(0) } else { 0 };
        (if count > 256 { wide } else { wide >> 8 }) % count.max(1)
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| all[self.below(all.len())])
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The part of a line before its value, and the value.
fn parts(line: &str) -> (&str, &str) {
    match line.split_once(": ") {
        Some((key, value)) => (key, value),
        None => (line.trim_end_matches(':'), ""),
    }
}

/// A line, and all that is indented below it.
fn block(lines: &[String], at: usize) -> usize {
    let below = lines[at + 1..].iter().take_while(|l| l.trim().is_empty() || indent(l) > indent(&lines[at]));
    at + 1 + below.count()
}

/// Takes one of `files`, and makes the changes that `bytes` select.
pub fn mutate(files: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut choices = Choices(bytes);
    let Some(file) = choices.of(files) else { return Vec::new() };
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    while let Some(kind) = choices.next() {
        if lines.is_empty() {
            break;
        }
        let at = choices.below(lines.len());
        match kind % 14 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => {
                let other = choices.below(lines.len());
                lines.swap(at, other);
            }
            3 => {
                let value = choices.of(VALUES).unwrap_or_default();
                lines[at] = format!("{}: {value}", parts(&lines[at]).0);
            }
            4 => {
                // A value of another line, of any file.
                let from: Vec<&str> = choices.of(files).unwrap_or_default().lines().collect();
                let value = parts(choices.of(&from).unwrap_or_default()).1;
                lines[at] = format!("{}: {value}", parts(&lines[at]).0);
            }
            5 => {
                // A key of another line, of any file.
                let from: Vec<&str> = choices.of(files).unwrap_or_default().lines().collect();
                let key = parts(choices.of(&from).unwrap_or_default()).0.trim_start();
                lines[at] = format!("{}{key}: {}", " ".repeat(indent(&lines[at])), parts(&lines[at]).1);
            }
            6 => lines[at].insert_str(0, "  "),
            7 if indent(&lines[at]) >= 2 => drop(lines[at].drain(..2)),
            8 => drop(lines.drain(at..block(&lines, at))),
            9 => {
                let copied = lines[at..block(&lines, at)].to_vec();
                let to = choices.below(lines.len());
                lines.splice(to..to, copied);
            }
            10 => {
                // A part of another file, at the depth of this line.
                let from: Vec<String> =
                    choices.of(files).unwrap_or_default().lines().map(str::to_owned).collect();
                if !from.is_empty() {
                    let start = choices.below(from.len());
                    let depth = indent(&lines[at]);
                    let strip = indent(&from[start]);
                    let part = from[start..block(&from, start)].iter();
                    let part: Vec<String> = part
                        .map(|l| format!("{}{}", " ".repeat(depth), l.get(strip..).unwrap_or_default()))
                        .collect();
                    lines.splice(at..at, part);
                }
            }
            11 => {
                // Something in the middle of a line.
                let value = choices.of(VALUES).unwrap_or_default();
                let positions: Vec<usize> =
                    lines[at].char_indices().map(|(i, _)| i).chain([lines[at].len()]).collect();
                let position = positions[choices.below(positions.len())];
                lines[at].insert_str(position, value);
            }
            12 => {
                // A word of a list or of a flow mapping becomes another.
                let words: Vec<&str> = lines[at].split(' ').collect();
                let word = choices.below(words.len());
                let value = choices.of(VALUES).unwrap_or_default();
                let changed: Vec<&str> =
                    words.iter().enumerate().map(|(i, w)| if i == word { value } else { *w }).collect();
                lines[at] = changed.join(" ");
            }
            _ => {
                let mut line = std::mem::take(&mut lines[at]).into_bytes();
                if !line.is_empty() {
                    let position = choices.below(line.len());
                    line[position] = choices.next().unwrap_or(0) as u8;
                }
                lines[at] = String::from_utf8_lossy(&line).into_owned();
            }
        }
        // A file that is doubled a hundred times would only test the size limit.
        if lines.len() > 5_000 {
            break;
        }
    }
    lines.join("\n").into_bytes()
}
