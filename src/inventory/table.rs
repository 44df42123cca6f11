//! The parts of one kind as a table for a terminal.

use super::{Cell, Inventory, Kind, Row};
use crate::printable::printable;

/// Renders the parts of a kind. Each row is one line.
pub fn render(inventory: &Inventory, kind: Kind) -> String {
    match kind {
        Kind::Ports => table(&inventory.ports, kind),
        Kind::Images => table(&inventory.images, kind),
        Kind::Secrets => table(&inventory.secrets, kind),
        Kind::Sites => table(&inventory.sites, kind),
        Kind::Jobs => table(&inventory.jobs, kind),
        Kind::Volumes => table(&inventory.volumes, kind),
    }
}

/// The space between two columns.
const GAP: usize = 2;

fn table<R: Row>(rows: &[R], kind: Kind) -> String {
    if rows.is_empty() {
        return format!("no {}\n", kind.name());
    }
    let titles = R::COLUMNS.iter().map(|title| title.to_uppercase()).collect();
    let cells = rows.iter().map(|row| row.cells().iter().map(text).collect());
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(cells).collect();
    let width =
        |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..R::COLUMNS.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + GAP - cell.chars().count()));
        }
        line.trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// The text of a cell. An empty cell has a hyphen, so that programs that split a line at spaces find each column.
fn text(cell: &Cell) -> String {
    let text = cell.text();
    if text.is_empty() { "-".to_owned() } else { printable(&text).into_owned() }
}
