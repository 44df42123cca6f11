//! Services.

use serde::Serialize;

use super::{Cell, Row};

/// A service.
#[derive(Debug, Serialize)]
pub(crate) struct Service {
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// True if it is on.
    pub enabled: bool,
    /// The option that turns it on.
    pub option: String,
    /// The target of its containers and units. `None` if it has none.
    pub target: Option<String>,
    /// Its containers and units of NixOS: units with `.service`.
    pub units: Vec<String>,
    /// The addresses of its sites.
    pub urls: Vec<String>,
    /// The limits of its containers together, in words.
    pub limits: String,
}

impl Row for Service {
    const COLUMNS: &'static [&'static str] = &["Service", "Purpose", "URL"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::name(&self.name),
            Cell::words(self.description.clone().unwrap_or_default()),
            Cell::Names(self.urls.clone()),
        ]
    }
}
