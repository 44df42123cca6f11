//! The documentation is true: every example compiles, every path exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use homegen::output::{File, Place};

/// Folders of the repository whose paths the pages name.
const FOLDERS: &[&str] = &["src/", "docs/", "templates/", "presets/", "fixtures/", "schema/", "tests/"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What is held true: the README and every page in `docs/`.
fn pages() -> Vec<String> {
    let docs = fs::read_dir(root().join("docs")).expect("docs/ is there");
    let names =
        docs.map(|entry| entry.expect("docs/ can be read").file_name().to_string_lossy().into_owned());
    let mut pages: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

/// A fenced block of a page.
struct Block {
    language: String,
    line: usize,
    text: String,
}

/// The fenced blocks of a page, and the lines outside of them.
fn take_apart(page: &str) -> (Vec<Block>, Vec<&str>) {
    let (mut blocks, mut prose): (Vec<Block>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut open: Option<Block> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => {
                open = Some(Block { language: language.to_owned(), line: number + 1, text: String::new() })
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => prose.push(line),
        }
    }
    assert!(open.is_none(), "a block that is not closed");
    (blocks, prose)
}

/// What stands in single backticks outside of blocks.
fn code_spans(page: &str) -> BTreeSet<String> {
    let (_, prose) = take_apart(page);
    // A span may go on in the next line, so the page is taken as one text.
    prose.join("\n").split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect()
}

/// Compiles an example, which has to have no error.
fn compile(page: &str, block: &Block) -> Vec<File> {
    let place = Place { source: "homeserver.yaml".to_owned(), to_source: "..".to_owned() };
    let outcome = homegen::compile("homeserver.yaml", block.text.as_bytes(), &place, &Default::default())
        .unwrap_or_else(|bug| panic!("{page}, line {}: {}", block.line, bug.0));
    let style = homegen::diag::human::Style { width: 100, color: false };
    let said = homegen::diag::human::render(&outcome.diagnostics, &outcome.sources, style);
    outcome
        .files
        .unwrap_or_else(|| panic!("{page}, line {}: the example does not compile\n{said}", block.line))
}

#[test]
fn every_example_compiles() {
    let mut examples = 0;
    for page in pages() {
        let text = read(&page);
        for block in
            take_apart(&text).0.iter().filter(|b| b.language == "yaml" && b.text.starts_with("homegen: 1"))
        {
            compile(&page, block);
            examples += 1;
        }
    }
    assert!(examples >= 5, "only {examples} examples");
}

#[test]
fn every_path_exists() {
    for page in pages() {
        for span in code_spans(&read(&page)) {
            let is_path = FOLDERS.iter().any(|folder| span.starts_with(folder));
            let has_placeholder = span.contains(['<', '*', '…', ' ']);
            if is_path && !has_placeholder {
                assert!(root().join(&span).exists(), "{page} names `{span}`, which is not there");
            }
        }
    }
}

#[test]
fn the_schema_is_up_to_date() {
    let path = "schema/homeserver.schema.json";
    assert!(
        read(path) == homegen::schema::schema(),
        "{path} is not what the types say: run `cargo run -- schema > {path}`"
    );
}

#[test]
fn the_readme_shows_real_output() {
    let text = read("README.md");
    let (blocks, _) = take_apart(&text);
    let at = blocks.iter().position(|b| b.text.starts_with("homegen: 1")).expect("an example in the README");
    assert_eq!(blocks[at].text.lines().count(), 15, "the README promises fifteen lines");
    let files = compile("README.md", &blocks[at]);
    let shown = &blocks[at + 1];
    assert_eq!(shown.language, "nix", "what the example becomes stands after it");
    // `# …` stands for what is left out; each part between two of them is in one file as it is here.
    let parts: Vec<&str> = shown.text.split("# …\n").collect();
    assert!(parts.len() > 1);
    for part in parts {
        let found = files.iter().any(|file| file.text.contains(part));
        assert!(found, "the output does not have, as it stands in the README:\n{part}");
    }
}

#[test]
fn pages_link_to_what_is_there() {
    for page in pages() {
        let text = read(&page);
        let folder = Path::new(&page).parent().expect("a page has a folder").to_path_buf();
        for link in
            take_apart(&text).1.join("\n").split("](").skip(1).filter_map(|rest| rest.split(')').next())
        {
            if link.starts_with("https://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let to = match file {
                "" => page.clone(),
                file => folder.join(file).display().to_string(),
            };
            assert!(root().join(&to).exists(), "{page} links to {link}, which is not there");
            // GitHub's anchors: small letters, hyphens for blanks, and no other marks.
            let anchor = |line: &str| -> String {
                let words = line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-");
                words.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
            };
            let is_heading = |line: &str| line.starts_with('#') && anchor(line) == heading;
            assert!(
                heading.is_empty() || read(&to).lines().any(is_heading),
                "{page} links to {link}, and there is no such heading"
            );
        }
    }
    let language = read("docs/language.md");
    let headings: BTreeSet<String> = language
        .lines()
        .filter(|line| line.starts_with("##"))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter_map(|c| {
                    if c == ' ' { Some('-') } else { Some(c).filter(|c| c.is_alphanumeric() || *c == '-') }
                })
                .collect()
        })
        .collect();
    for anchor in language.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(headings.contains(anchor), "docs/language.md links to #{anchor}, which is no heading");
    }
}
