//! The positions of nodes in layers from left to right, by the crate [dagre](https://docs.rs/dagre).

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::{EdgeLabel, LabelPos, LayoutOptions, NodeLabel, RankDir};

/// A point.
pub(super) type Point = (f64, f64);

/// A connection that is laid out.
pub(super) struct Connection {
    /// The position of the node on the left.
    pub(super) from: usize,
    /// The position of the node on the right.
    pub(super) to: usize,
    /// The least number of layers from one to the other.
    pub(super) layers: i32,
    /// The size of its label.
    pub(super) label: Point,
}

/// The positions of nodes and connections.
pub(super) struct Layout {
    /// The size of the whole.
    pub(super) size: Point,
    /// The centers of the nodes.
    pub(super) nodes: Vec<Point>,
    /// The points of the connections, and the centers of their labels. `None` for those that were too many.
    pub(super) connections: Vec<Option<(Vec<Point>, Point)>>,
}

/// The most connections of each node that are laid out. The time grows with their square.
const MAX_CONNECTIONS: usize = 4;

/// Lays nodes of these sizes out.
pub(super) fn layered(sizes: &[Point], connections: &[Connection]) -> Layout {
    let options = GraphOptions { directed: true, multigraph: true, compound: false };
    let mut graph: Graph<NodeLabel, EdgeLabel> = Graph::with_options(options);
    for (at, (width, height)) in sizes.iter().enumerate() {
        let node = NodeLabel { width: *width, height: *height, ..NodeLabel::default() };
        graph.set_node(at.to_string(), Some(node));
    }
    let most = MAX_CONNECTIONS * sizes.len();
    for (at, connection) in connections.iter().enumerate().take(most) {
        let label = EdgeLabel {
            minlen: connection.layers,
            width: connection.label.0,
            height: connection.label.1,
            labelpos: LabelPos::Center,
            ..EdgeLabel::default()
        };
        let name = at.to_string();
        graph.set_edge(connection.from.to_string(), connection.to.to_string(), Some(label), Some(&name));
    }
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: 14.0,
        edgesep: 10.0,
        ranksep: 36.0,
        ..LayoutOptions::default()
    };
    dagre::layout(&mut graph, Some(options));
    let nodes: Vec<Point> = (0..sizes.len())
        .map(|at| {
            let node = graph.node(&at.to_string());
            node.map_or((0.0, 0.0), |node| (node.x.unwrap_or_default(), node.y.unwrap_or_default()))
        })
        .collect();
    let connections = connections.iter().enumerate().map(|(at, connection)| {
        let (from, to) = (connection.from.to_string(), connection.to.to_string());
        let edge = graph.edge(&from, &to, Some(&at.to_string()))?;
        let points: Vec<Point> = edge.points.iter().map(|point| (point.x, point.y)).collect();
        let middle = points.get(points.len() / 2).copied()?;
        let label = (edge.x.unwrap_or(middle.0), edge.y.unwrap_or(middle.1));
        Some((points, label))
    });
    let connections: Vec<_> = connections.collect();
    let of_nodes =
        nodes.iter().zip(sizes).map(|((x, y), (width, height))| (x + width / 2.0, y + height / 2.0));
    let of_lines = connections.iter().flatten().flat_map(|(points, _)| points.iter().copied());
    let size = of_nodes
        .chain(of_lines)
        .fold((0.0, 0.0), |(width, height): Point, (x, y)| (width.max(x), height.max(y)));
    Layout { size, nodes, connections }
}
