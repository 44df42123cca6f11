//! The page of `homegen docs`.

use std::collections::BTreeSet;
use std::path::Path;

use homegen::docs::render;
use homegen::inventory::{Kind, table};
use homegen::printable::printable_lines;
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::common::mutate::mutate;
use crate::common::{cases, fixtures, outcomes, read, root};
use crate::list::inventory;
use crate::plan::deployment;

/// The page of a text beside the files of a folder.
fn page(text: &str, folder: &Path) -> Option<String> {
    Some(render(&inventory(text, folder)?, None))
}

fn of_fixture(name: &str) -> String {
    let text = read(&format!("fixtures/{name}/homeserver.yaml"));
    page(&text, &fixtures().join(name)).expect("it compiles")
}

fn events(page: &str) -> Vec<Event<'_>> {
    Parser::new_ext(page, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM)
        .collect()
}

/// The code of a page: spans and lines of blocks, without comments.
fn code(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_shell = false;
    for event in events(page) {
        match event {
            Event::Code(span) => found.push(span.to_string()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => is_shell = &*language == "sh",
            Event::End(TagEnd::CodeBlock) => is_shell = false,
            Event::Text(text) if is_shell => {
                let commands = text.lines().filter(|line| !line.starts_with('#'));
                found.extend(commands.map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn pages_of_fixtures_equal_their_snapshots() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("pages");
    for name in ["greenhead", "every-key-jobs", "host-databases", "native-services"] {
        settings.bind(|| insta::assert_snapshot!(name, of_fixture(name)));
    }
}

/// Programs of NixOS, or of a module that the page names.
const PROGRAMS: &[&str] = &[
    "agenix",
    "cd",
    "cp",
    "curl",
    "df",
    "du",
    "findmnt",
    "getent",
    "homegen",
    "ip",
    "journalctl",
    "ls",
    "lsblk",
    "nix-collect-garbage",
    "nixos-rebuild",
    "ping",
    "podman",
    "sops",
    "ss",
    "sudo",
    "systemctl",
    "tailscale",
    "zfs",
    "zpool",
];

/// Units of modules of NixOS that the output enables.
const UNITS: &[&str] = &["tailscaled.service", "sanoid.service", "podman-prune.service"];

/// The words of a command.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split([' ', '\'', '"', '`']).filter(|word| !word.is_empty())
}

#[test]
fn every_unit_and_every_command_of_a_page_exists() {
    let mut checked = 0;
    for (name, text) in cases() {
        let folder = fixtures().join(&name);
        let (Some(page), Some(deployment)) = (page(&text, &folder), deployment(&text, &folder)) else {
            continue;
        };
        let (_, outcome) = outcomes().iter().find(|(case, _)| *case == name).expect("it is compiled");
        let emitted: String = outcome
            .files
            .iter()
            .flatten()
            .filter(|file| file.path.ends_with(".nix"))
            .map(|file| file.text.as_str())
            .collect();
        let restic = deployment.configuration.attributes(&["services", "restic", "backups"]);
        let wrappers: BTreeSet<String> = restic.map(|(name, _)| format!("restic-{name}")).collect();
        for code in code(&page) {
            let is_command = code.contains(' ') || wrappers.contains(&code);
            for word in words(&code) {
                let Some((_, kind)) = word.rsplit_once('.') else { continue };
                if !matches!(kind, "service" | "target" | "timer") || word.contains('*') || word.contains('…')
                {
                    continue;
                }
                let is_known = deployment.units.contains_key(word) || UNITS.contains(&word);
                assert!(is_known, "{name}: there is no {word}, in `{code}`");
                checked += 1;
            }
            let Some(program) = words(&code).next().filter(|_| is_command) else { continue };
            // Names with spaces, messages and paths are not commands.
            let is_program = PROGRAMS.contains(&program)
                || wrappers.contains(program)
                || emitted.contains(&format!("\"{program}\""));
            let is_run = page.contains(&format!("\n{code}\n"));
            assert!(is_program || !is_run, "{name}: there is no command {program}, in `{code}`");
            checked += usize::from(is_run);
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn every_path_of_a_page_is_a_path_of_the_output() {
    for (name, text) in cases() {
        let folder = fixtures().join(&name);
        let (Some(page), Some(deployment)) = (page(&text, &folder), deployment(&text, &folder)) else {
            continue;
        };
        let configuration = serde_json::to_string(&deployment.configuration.options).expect("JSON");
        for code in code(&page) {
            for word in words(&code).filter(|word| word.starts_with('/')) {
                let known =
                    ["/run/current-system/activate", "/dev/null", "/var/lib/caddy/.local/share/caddy/pki/"];
                if known.iter().any(|known| word.starts_with(known)) || word.starts_with("/root/restored") {
                    continue;
                }
                // The name of a backup has a time, and a file of agenix is known to NixOS alone.
                let path = word.split("-DATE").next().unwrap_or_default().trim_end_matches(['/', '.']);
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let path = if word.contains("-DATE") { folder } else { path };
                let is_decrypted = path.starts_with("/run/agenix/") || path.starts_with("/run/secrets/");
                assert!(
                    is_decrypted || configuration.contains(path) || text.contains(path),
                    "{name}: {path} is not in the output, in `{code}`"
                );
            }
        }
    }
}

/// Messages of other programs.
const FOREIGN: &[&str] = &[
    "subnet … is already used",
    "cannot assign requested address",
    "address already in use",
    "initializing source docker://…",
    "code=exited, status=137",
    "Dependency failed for …, or Job … failed with result 'dependency'",
    "No space left on device",
    "a new release of a service, or a service that was not updated",
];

#[test]
fn every_message_of_a_page_is_one_of_a_script() {
    let scripts = std::fs::read_dir(root().join("templates/scripts")).expect("a folder");
    let scripts =
        scripts.map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("text"));
    let scripts: String = scripts.collect();
    let mut found = BTreeSet::new();
    for (name, text) in cases() {
        let Some(page) = page(&text, &fixtures().join(&name)) else { continue };
        for table in page.split("| Message | Cause and action |\n").skip(1) {
            let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
            found.extend(rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())));
        }
    }
    assert!(found.len() > 20, "{found:?}");
    for message in found.iter().filter(|message| !FOREIGN.contains(&message.as_str())) {
        // Capitals stand for values.
        let is_value =
            |word: &&str| word.chars().all(|c| !c.is_lowercase()) && word.chars().any(char::is_alphabetic);
        let mut pieces: Vec<String> = vec![String::new()];
        for word in message.split(' ') {
            match is_value(&word.trim_end_matches([':', ',', ';'])) {
                true => pieces.push(String::new()),
                false => {
                    let piece = pieces.last_mut().expect("there is one");
                    piece.push(' ');
                    piece.push_str(word);
                }
            }
        }
        for piece in pieces.iter().map(|piece| piece.trim()).filter(|piece| piece.len() > 3) {
            assert!(scripts.contains(piece), "no script prints `{piece}`, of `{message}`");
        }
    }
}

#[test]
fn a_text_of_the_file_is_never_markup() {
    let hostile = r##"a | b `c` ``` <script>alert(1)</script> <b>x</b> [l](http://e.com) ![i](x) https://e.com www.e.com *e* _e_ ~~e~~ &amp; \\| # h"##;
    let mut text = read("fixtures/greenhead/homeserver.yaml");
    text = text.replace(
        "description: Monitoring",
        &format!("description: {}", serde_json::to_string(hostile).expect("JSON")),
    );
    text = text.replace(
        "description: Photo and video backup",
        r#"description: "two\nlines\n\n# Heading\n\n- list\n<div>""#,
    );
    text = text.replace("dockerData: /var/lib/docker-data", r#"dockerData: "/srv/a|b `x` <i> [l](x)""#);
    let page = page(&text, Path::new("/")).expect("it compiles");
    assert!(page.contains("&#124;"), "{page}");
    let before = of_fixture("greenhead");
    let shape = |page: &str| {
        let kinds = events(page).into_iter().filter_map(|event| match event {
            Event::Start(tag) => match tag {
                Tag::Link { dest_url, .. } => Some(format!("link {dest_url}")),
                tag => Some(format!("{tag:?}")),
            },
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html}"),
            _ => None,
        });
        kinds.collect::<Vec<_>>()
    };
    // The same headings, tables, rows, cells, links and blocks.
    assert_eq!(shape(&page), shape(&before));
}

#[test]
fn the_picture_follows_the_overview() {
    let text = read("fixtures/minimal/homeserver.yaml");
    let inventory = inventory(&text, Path::new("/")).expect("it compiles");
    let page = render(&inventory, Some("flowchart LR\n  a --> b\n"));
    let picture = page.find("```mermaid\nflowchart LR\n  a --> b\n```\n").expect("a picture");
    assert!(page.find("## Overview") < Some(picture) && Some(picture) < page.find("## Quick reference"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn pages_and_lists_of_nearly_valid_files_are_printed(bytes in prop::collection::vec(any::<u8>(), 2..60)) {
        let cases = cases();
        let files: Vec<&str> = cases.iter().map(|(_, text)| text.as_str()).collect();
        let text = mutate(&files, &bytes);
        if let Some(inventory) = inventory(&String::from_utf8_lossy(&text), Path::new("/")) {
            let page = render(&inventory, None);
            // No text of a file is printed as it is if a terminal would interpret it.
            prop_assert_eq!(printable_lines(&page), page.as_str());
            for kind in Kind::ALL {
                prop_assert!(table::render(&inventory, *kind).ends_with('\n'));
            }
        }
    }
}
