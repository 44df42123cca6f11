//! `homegen docs`: a page about one host, in Markdown. One section is one file. A section has only what exists on the host.
//!
//! The commands, units and messages of the page are those of `src/lower/` and of the scripts in `templates/scripts/`.

mod containers;
mod jobs;
mod overview;
mod ports;
mod quick_reference;
mod restore;
mod secrets;
mod troubleshooting;
mod volumes;

use crate::inventory::{Cell, Inventory, Row};
use crate::markdown::{block, name, table, words};

/// Renders the page. `picture` is a diagram of the host in Mermaid.
pub fn render(inventory: &Inventory, picture: Option<&str>) -> String {
    let mut page = overview::section(inventory);
    if let Some(picture) = picture {
        page.push_str("## Picture\n\n");
        page.push_str(&block("mermaid", &[picture.to_owned()]));
    }
    let sections: [fn(&Inventory) -> String; 8] = [
        quick_reference::section,
        containers::section,
        volumes::section,
        secrets::section,
        jobs::section,
        restore::section,
        ports::section,
        troubleshooting::section,
    ];
    sections.iter().for_each(|section| page.push_str(&section(inventory)));
    page.trim_end().to_owned() + "\n"
}

/// A table of rows of the inventory.
fn rows<'a, R: Row + 'a>(rows: impl IntoIterator<Item = &'a R>) -> String {
    let cells = |row: &R| row.cells().iter().map(cell).collect();
    table(R::COLUMNS, &rows.into_iter().map(cells).collect::<Vec<_>>())
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Words(text) => words(text),
        Cell::Names(names) => self::names(names),
    }
}

/// Names, separated by commas.
fn names(all: &[String]) -> String {
    all.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ")
}

/// A block of commands, each after a comment, if it has one.
fn commands<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut last = "";
    let lines = lines.into_iter().flat_map(|(comment, command)| {
        // Commands in a row with the same comment share it.
        let is_new = !comment.is_empty() && comment != last;
        last = comment;
        let comment = is_new.then(|| format!("# {comment}"));
        comment.into_iter().chain([command])
    });
    block("sh", &lines.collect::<Vec<_>>())
}
