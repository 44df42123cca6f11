//! The picture of a host: who reaches it, the fronts and their sites, services with their containers, networks, disks and
//! backups. Its formats are Mermaid and SVG.

mod layout;
pub mod mermaid;
mod picture;
pub mod svg;

pub use picture::picture;

/// The picture of a host.
#[derive(Debug)]
pub struct Graph {
    /// The groups of nodes, in the order of the file.
    pub groups: Vec<Group>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
}

/// The nodes of a service.
#[derive(Debug)]
pub struct Group {
    /// The name.
    pub label: String,
    /// The description, if it is another text than the name.
    pub detail: Option<String>,
}

/// A node.
#[derive(Debug)]
pub struct Node {
    /// The kind.
    pub kind: NodeKind,
    /// The name.
    pub label: String,
    /// A fact beside the name, such as the image.
    pub detail: Option<String>,
    /// The position of its group.
    pub group: Option<usize>,
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// Machines that reach the host: the internet, the tailnet, the local network, or one machine.
    Clients,
    /// A program that serves sites.
    Front,
    /// A site.
    Site,
    /// A published port.
    Port,
    /// A container.
    Container,
    /// A unit of NixOS.
    Unit,
    /// A network of Podman.
    Network,
    /// A server of the host, such as Postgres.
    Server,
    /// A backup.
    Backup,
    /// A disk of the host.
    Disk,
    /// A restic repository.
    Repository,
    /// A machine that the host connects to.
    Machine,
}

impl NodeKind {
    /// The kinds.
    pub const ALL: [NodeKind; 12] = [
        NodeKind::Clients,
        NodeKind::Front,
        NodeKind::Site,
        NodeKind::Port,
        NodeKind::Container,
        NodeKind::Unit,
        NodeKind::Network,
        NodeKind::Server,
        NodeKind::Backup,
        NodeKind::Disk,
        NodeKind::Repository,
        NodeKind::Machine,
    ];

    /// The word for identifiers.
    pub fn word(self) -> &'static str {
        match self {
            NodeKind::Clients => "clients",
            NodeKind::Front => "front",
            NodeKind::Site => "site",
            NodeKind::Port => "port",
            NodeKind::Container => "container",
            NodeKind::Unit => "unit",
            NodeKind::Network => "network",
            NodeKind::Server => "server",
            NodeKind::Backup => "backup",
            NodeKind::Disk => "disk",
            NodeKind::Repository => "repository",
            NodeKind::Machine => "machine",
        }
    }

    /// The colors of the fill and of the border.
    pub fn colors(self) -> (&'static str, &'static str) {
        match self {
            NodeKind::Clients => ("#eceff1", "#546e7a"),
            NodeKind::Front => ("#fff3e0", "#ef6c00"),
            NodeKind::Site => ("#fff8e1", "#f9a825"),
            NodeKind::Port => ("#fffde7", "#9e9d24"),
            NodeKind::Container => ("#e3f2fd", "#1565c0"),
            NodeKind::Unit => ("#e8eaf6", "#283593"),
            NodeKind::Network => ("#f3e5f5", "#7b1fa2"),
            NodeKind::Server => ("#e0f2f1", "#00695c"),
            NodeKind::Backup => ("#e8f5e9", "#2e7d32"),
            NodeKind::Disk => ("#efebe9", "#5d4037"),
            NodeKind::Repository => ("#f1f8e9", "#558b2f"),
            NodeKind::Machine => ("#eceff1", "#37474f"),
        }
    }
}

/// An edge.
#[derive(Debug)]
pub struct Edge {
    /// The position of the node at its start.
    pub from: usize,
    /// The position of the node at its end.
    pub to: usize,
    /// The kind.
    pub kind: EdgeKind,
    /// A fact about the connection, such as the port.
    pub label: Option<String>,
}

/// The kinds of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// Connects to its target.
    Connects,
    /// Starts after its target.
    Needs,
    /// Is on the network.
    Attached,
    /// Stores data on the disk.
    Stores,
    /// Saves data into a backup, or a backup on a disk.
    Saves,
}
