//! Ports of the host.

use serde::Serialize;

use super::{Cell, Row};

/// A port that a program listens on.
#[derive(Debug, Serialize)]
pub(crate) struct Port {
    /// The address. `None` for all addresses.
    pub address: Option<String>,
    /// The port, or a range such as `8000-8010`.
    pub port: String,
    /// The protocol.
    pub protocol: &'static str,
    /// The container, or the name of another program.
    pub program: String,
    /// The service.
    pub service: Option<String>,
    /// The port in the container.
    pub target: Option<String>,
    /// The clients that reach the port.
    pub reached_by: Vec<String>,
}

impl Row for Port {
    const COLUMNS: &'static [&'static str] =
        &["Address", "Port", "Program", "Service", "Target", "Reached by"];
    const NAME: usize = 2;

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::name(self.address.as_deref().unwrap_or("*")),
            Cell::name(format!("{}/{}", self.port, self.protocol)),
            Cell::name(&self.program),
            Cell::optional(&self.service),
            Cell::optional(&self.target),
            Cell::words(self.reached_by.join(", ")),
        ]
    }
}
