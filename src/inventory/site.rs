//! Sites.

use serde::Serialize;

use super::{Cell, Row};

/// A site.
#[derive(Debug, Serialize)]
pub(crate) struct Site {
    /// The addresses, the main one first.
    pub urls: Vec<String>,
    /// The program that serves it.
    pub front: &'static str,
    /// The service.
    pub service: Option<String>,
    /// The container and its port, or another address. `None` for a site with only lines of its own.
    pub target: Option<String>,
    /// The program that decides who may use the site.
    pub login: Option<String>,
    /// The paths that need no login.
    pub login_except: Vec<String>,
    /// The clients that reach it.
    pub reached_by: Vec<String>,
}

impl Row for Site {
    const COLUMNS: &'static [&'static str] = &["URL", "Front", "Service", "Target", "Login", "Reached by"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Names(self.urls.clone()),
            Cell::words(self.front),
            Cell::optional(&self.service),
            Cell::optional(&self.target),
            Cell::optional(&self.login),
            Cell::words(self.reached_by.join(", ")),
        ]
    }
}
