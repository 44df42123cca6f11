//! The documentation is correct: every example compiles, its outputs and its report are real, every path and every link
//! target exists, and the site has every page.

use std::collections::BTreeSet;
use std::path::Path;

use crate::common::{self, STYLE, pages_below, read, report, root};
use homegen::output::{File, OutputLocation};

/// Folders of the repository whose paths the pages name.
const FOLDERS: &[&str] =
    &["src/", "docs/", "templates/", "presets/", "fixtures/", "schema/", "tests/", "data/"];

/// The pages that these tests check: those of the repository's root and all below `docs/`, except the pages of the
/// diagnostics, which have their own tests.
fn pages() -> BTreeSet<String> {
    let mut pages = pages_below("docs");
    pages.retain(|page| !page.starts_with("docs/diagnostics/"));
    pages.extend(["README.md".to_owned(), "CONTRIBUTING.md".to_owned()]);
    pages
}

/// Returns true if the examples of a page may have no diagnostics, and a block of Nix after an example is its output.
fn is_exemplary(page: &str) -> bool {
    matches!(page, "README.md" | "docs/index.md" | "docs/tutorial.md") || page.starts_with("docs/guides/")
}

/// A fenced block of a page.
struct Block {
    language: String,
    line: usize,
    text: String,
}

impl Block {
    /// Returns true if the block is a whole `homeserver.yaml`.
    fn is_example(&self) -> bool {
        self.language == "yaml" && self.text.starts_with("homegen: 1")
    }
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

/// The code spans outside of code blocks.
fn code_spans(page: &str) -> BTreeSet<String> {
    let (_, prose) = take_apart(page);
    // A span may continue in the next line, so the lines are joined.
    prose.join("\n").split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect()
}

/// The destinations of the links in a text.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// Compiles an example. Asserts that it has no errors, and on exemplary pages no warnings.
fn compile(page: &str, block: &Block) -> Vec<File> {
    let location = OutputLocation { source: "homeserver.yaml".to_owned(), to_source: "..".to_owned() };
    let outcome = homegen::compile("homeserver.yaml", block.text.as_bytes(), &location, &Default::default())
        .unwrap_or_else(|bug| panic!("{page}, line {}: {}", block.line, bug.0));
    let report = homegen::diag::human::render(&outcome.diagnostics, &outcome.sources, STYLE);
    assert!(
        !is_exemplary(page) || outcome.diagnostics.is_empty(),
        "{page}, line {}: the example has diagnostics\n{report}",
        block.line
    );
    outcome
        .files
        .unwrap_or_else(|| panic!("{page}, line {}: the example does not compile\n{report}", block.line))
}

#[test]
fn every_example_compiles() {
    let mut examples = 0;
    for page in pages() {
        let text = read(&page);
        for block in take_apart(&text).0.iter().filter(|block| block.is_example()) {
            compile(&page, block);
            examples += 1;
        }
    }
    assert!(examples >= 25, "only {examples} examples");
}

#[test]
fn every_guide_begins_with_an_example() {
    for page in pages_below("docs/guides") {
        let text = read(&page);
        assert!(
            take_apart(&text).0.first().is_some_and(Block::is_example),
            "{page} begins with another block"
        );
    }
}

#[test]
fn the_nix_after_an_example_is_part_of_its_output() {
    let mut shown = 0;
    for page in pages().iter().filter(|page| is_exemplary(page)) {
        let text = read(page);
        let (blocks, _) = take_apart(&text);
        for pair in blocks.windows(2).filter(|pair| pair[0].is_example() && pair[1].language == "nix") {
            let files = compile(page, &pair[0]);
            // `# …` stands for omitted lines. Each part between two of them is in one file of the output, unchanged.
            for part in pair[1].text.split("# …\n") {
                let found = files.iter().any(|file| file.text.contains(part));
                assert!(
                    found,
                    "{page}, line {}: the output does not have these lines:\n{part}",
                    pair[1].line
                );
            }
            shown += 1;
        }
    }
    assert!(shown >= 11, "only {shown} examples show their output");
}

#[test]
fn the_imported_file_in_the_guide_is_real() {
    let page = "docs/guides/move-from-compose.md";
    let (blocks, _) = take_apart(&read(page));
    let expected = blocks.iter().find(|block| block.is_example()).expect("the imported file");
    let compose = blocks.iter().find(|block| block.text.starts_with("services:")).expect("a Compose file");
    let parent = tempfile::tempdir().expect("a folder");
    let project = parent.path().join("notes");
    std::fs::create_dir(&project).expect("a folder");
    std::fs::write(project.join("compose.yaml"), &compose.text).expect("a file");
    std::fs::write(project.join(".env"), "DB_PASSWORD=u7Kq2vNx94\n").expect("a file");
    let mut import = std::process::Command::new(env!("CARGO_BIN_EXE_homegen"));
    let done =
        import.arg("import").current_dir(&project).env_remove("DB_PASSWORD").output().expect("homegen");
    let output = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{output}{}", String::from_utf8_lossy(&done.stderr));
    let written = std::fs::read_to_string(project.join("homeserver.yaml")).expect("the imported file");
    assert_eq!(written, expected.text, "{page}: `homegen import` writes another file");
    assert!(
        output.contains("notes-import/secrets"),
        "{page}: the folder of the secrets has another name\n{output}"
    );
    let script = std::fs::read_to_string(project.join("notes-import/move-data.sh")).expect("the script");
    for step in ["copy_volume notes_db notes_db\n", "copy_path ./files /var/lib/notes/files\n"] {
        assert!(script.contains(step), "{page}: the script has no line {step}");
    }
}

#[test]
fn the_readme_example_has_15_lines() {
    let text = read("README.md");
    let (blocks, _) = take_apart(&text);
    let at = blocks.iter().position(Block::is_example).expect("an example in the README");
    assert_eq!(blocks[at].text.lines().count(), 15, "the README promises fifteen lines");
    assert_eq!(blocks[at + 1].language, "nix", "the output of the example follows it");
}

#[test]
fn the_report_in_the_readme_is_real() {
    let text = read("README.md");
    let (blocks, _) = take_apart(&text);
    let example = blocks.iter().find(|block| block.is_example()).expect("an example in the README");
    // The report is about the example and the service in the block before the report.
    let at = blocks.iter().position(|block| block.language == "text").expect("a report in the README");
    let report = report(&common::compile(format!("{}{}", example.text, blocks[at - 1].text)));
    assert!(
        report.contains(&blocks[at].text),
        "README.md, line {}: homegen reports this instead:\n{report}",
        blocks[at].line
    );
}

#[test]
fn the_lengths_of_files_in_the_tutorial_are_real() {
    let text = read("docs/tutorial.md");
    let (blocks, _) = take_apart(&text);
    let at = blocks.iter().position(|block| block.text.starts_with("./generated:")).expect("a list of files");
    let example = blocks[..at].iter().rfind(|block| block.is_example()).expect("an example before the list");
    let files = compile("docs/tutorial.md", example);
    let mut listed = 0;
    for line in blocks[at].text.lines().filter_map(|line| line.strip_prefix("  + ")) {
        let (path, lines) = line.split_once(" (").expect("a path and a number of lines");
        let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no file {path}"));
        assert_eq!(lines, format!("{} lines)", file.text.lines().count()), "{path}");
        listed += 1;
    }
    assert!(listed >= 5, "only {listed} files");
}

#[test]
fn every_path_exists() {
    for page in pages() {
        for span in code_spans(&read(&page)) {
            let is_path = FOLDERS.iter().any(|folder| span.starts_with(folder));
            let has_placeholder = span.contains(['<', '*', '…', ' ']);
            if is_path && !has_placeholder {
                assert!(root().join(&span).exists(), "{page} names `{span}`, which does not exist");
            }
        }
    }
}

#[test]
fn every_link_target_exists() {
    // GitHub's anchors: lower case, hyphens in place of spaces, and no other punctuation.
    let anchor = |line: &str| -> String {
        let words = line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-");
        words.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    for page in pages() {
        let text = read(&page);
        let folder = Path::new(&page).parent().expect("a page has a folder");
        let prose = take_apart(&text).1.join("\n");
        for link in links(&prose).filter(|link| !link.starts_with("https://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let to = match file {
                "" => page.clone(),
                file => folder.join(file).display().to_string(),
            };
            assert!(root().join(&to).exists(), "{page} links to {link}, which does not exist");
            let is_heading = |line: &str| line.starts_with('#') && anchor(line) == heading;
            assert!(
                heading.is_empty() || read(&to).lines().any(is_heading),
                "{page} links to {link}, and the page has no such heading"
            );
        }
    }
}

#[test]
fn the_summary_lists_every_page() {
    let summary = read("docs/SUMMARY.md");
    // A part without a page has an empty link.
    let listed: Vec<String> =
        links(&summary).filter(|link| !link.is_empty()).map(|link| format!("docs/{link}")).collect();
    let mut expected = pages_below("docs");
    expected.remove("docs/SUMMARY.md");
    for page in &expected {
        assert!(listed.contains(page), "docs/SUMMARY.md does not list {page}");
    }
    for page in &listed {
        assert!(expected.contains(page), "docs/SUMMARY.md lists {page}, which does not exist");
    }
    assert_eq!(listed.len(), expected.len(), "docs/SUMMARY.md lists a page twice");
}

#[test]
fn the_schema_is_up_to_date() {
    let path = "schema/homeserver.schema.json";
    assert!(
        read(path) == homegen::schema::schema(),
        "{path} is not what the types say: run `cargo run -- schema > {path}`"
    );
}
