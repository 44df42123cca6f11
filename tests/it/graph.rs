//! Pictures of hosts.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::common::{cases, fixtures};
use homegen::file_context::FileContext;
use homegen::graph::{Graph, NodeKind, mermaid, picture, svg};
use homegen::hir::Host;

/// The host of a text. `None` if the text has errors.
fn host(text: &str) -> Option<Host> {
    homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default()).host
}

/// Every fixture that compiles.
fn hosts() -> Vec<(String, Host)> {
    let hosts: Vec<_> = cases().into_iter().filter_map(|(name, text)| Some((name, host(&text)?))).collect();
    assert!(hosts.len() > 40, "{}", hosts.len());
    hosts
}

/// Names and descriptions that are syntax of Mermaid, Markdown, HTML and XML.
const HOSTILE: &str = r#"
homegen: 1
host: { name: box, nixos: "26.05", timezone: Europe/Berlin, mounts: { "/mnt/a]b|c": {}, "/mnt/<b>x": {} } }
caddy: { domain: example.org, bind: all, tls: internal }
services:
  end:
    description: "end\"] --> x %%{init: {}}%% <script>alert(1)</script> `code` #quot; ]]> **b** _i_\n1. two\nclick end"
    port: 8000
    site: { subdomain: end, to: "end:80" }
    containers: { end: { image: "docker.io/example/end:1", volumes: ["/mnt/a]b|c/x;y:/d", "/mnt/<b>x/`q`&amp;:/e"] } }
  list: { description: "1. first", containers: { subgraph: { image: "docker.io/example/a:1" } } }
  dash: { description: "- item\u202e & <br> \\ \u0007\uffff", containers: { style: { image: "docker.io/example/a:1" } } }
  click: { description: "한글 → {x}", containers: { default: { image: "docker.io/example/a:1" } } }
"#;

#[test]
fn a_picture_has_every_service_container_and_site_once() {
    for (name, host) in hosts() {
        let graph = picture(&host);
        let labels = |kind: NodeKind| -> Vec<&str> {
            graph.nodes.iter().filter(|node| node.kind == kind).map(|node| node.label.as_str()).collect()
        };
        let services: Vec<&str> = host.services().iter().map(|service| service.name()).collect();
        let groups: Vec<&str> = graph.groups.iter().map(|group| group.label.as_str()).collect();
        assert_eq!(groups, services, "{name}");
        let text =
            std::fs::read_to_string(fixtures().join(&name).join("homeserver.yaml")).expect("a fixture");
        let deployment = crate::plan::deployment(&text, &fixtures().join(&name)).expect("it compiles");
        let containers = labels(NodeKind::Container);
        let distinct: BTreeSet<&str> = containers.iter().copied().collect();
        assert_eq!(distinct.len(), containers.len(), "{name}: {containers:?}");
        let recorded = deployment.record.services.values().flat_map(|service| service.containers.values());
        let recorded: BTreeSet<&str> = recorded.map(|container| container.name.as_str()).collect();
        assert_eq!(distinct, recorded, "{name}");
        // The Caddyfile and the configuration of HAProxy have every site.
        let options = serde_json::Value::Object(deployment.configuration.options);
        let caddy = options["services"]["caddy"]["virtualHosts"].as_object().into_iter().flatten();
        let mut served: BTreeSet<String> = caddy.map(|(address, _)| name_of(address).to_owned()).collect();
        let haproxy = options["services"]["haproxy"]["config"].to_string();
        served.extend(haproxy.split(|c: char| c.is_whitespace() || c == '"').map(str::to_owned));
        let sites = labels(NodeKind::Site);
        // The evaluated configuration lacks what is disabled.
        let is_enabled = |group: Option<usize>| {
            let detail = group.and_then(|group| graph.groups[group].detail.as_deref());
            !detail.is_some_and(|detail| detail.ends_with("disabled"))
        };
        let enabled = graph.nodes.iter().filter(|node| node.kind == NodeKind::Site && is_enabled(node.group));
        for site in enabled.map(|node| &node.label) {
            let host = name_of(site);
            assert!(host == "*" || served.contains(host), "{name}: {site}: {served:?}");
        }
        let distinct: BTreeSet<&&str> = sites.iter().collect();
        assert_eq!(distinct.len(), sites.len(), "{name}: {sites:?}");
        let drawn: BTreeSet<&str> = sites.iter().map(|site| name_of(site)).collect();
        let caddy = options["services"]["caddy"]["virtualHosts"].as_object().into_iter().flatten();
        for (address, _) in caddy.filter(|(address, _)| !matches!(name_of(address), "" | "*")) {
            assert!(drawn.contains(name_of(address)), "{name}: {address}: {drawn:?}");
        }
    }
}

/// The first name in the label of a site or in an address of the Caddyfile.
fn name_of(address: &str) -> &str {
    let name = address.trim_start_matches("http://").trim_start_matches("https://");
    name.split([':', ',', ' ', '/']).next().unwrap_or_default()
}

#[test]
fn edges_join_nodes_of_the_picture_and_formats_are_valid_and_always_the_same() {
    let hostile = host(HOSTILE).expect("a host");
    for (name, host) in hosts().into_iter().chain([("hostile".to_owned(), hostile)]) {
        let graph = picture(&host);
        let count = graph.nodes.len();
        assert!(
            graph.edges.iter().all(|edge| edge.from < count && edge.to < count && edge.from != edge.to),
            "{name}"
        );
        assert!(
            graph.nodes.iter().all(|node| node.group.is_none_or(|group| group < graph.groups.len())),
            "{name}"
        );
        let again = picture(&host);
        let chart = mermaid::render(&graph);
        assert_eq!(chart, mermaid::render(&again), "{name}");
        check_lines(&name, &chart, &graph);
        let drawing = svg::render(&graph);
        assert!(drawing == svg::render(&again), "{name}: two pictures differ");
        check_svg(&name, &drawing, &graph);
    }
}

/// Checks that each line of a flowchart has one of the known forms, with texts of safe characters.
fn check_lines(name: &str, chart: &str, graph: &Graph) {
    let (mut nodes, mut edges, mut groups) = (0, 0, 0);
    for line in chart.lines().map(str::trim) {
        let parts: Vec<&str> = line.split('"').collect();
        let outside: String = parts.iter().step_by(2).copied().collect();
        for text in parts.iter().skip(1).step_by(2) {
            let text = text.replace("<br/>", "");
            let is_safe = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || " #;-./,:=+".contains(c);
            assert!(text.chars().all(is_safe), "{name}: {line}");
        }
        let first = outside.split([' ', '[', '(', '{', '>']).next().unwrap_or_default();
        match first {
            "flowchart" | "direction" | "end" | "classDef" => assert_eq!(parts.len(), 1, "{name}: {line}"),
            "subgraph" => groups += 1,
            _ if ["-->", "-.->", "---", "==>"].iter().any(|arrow| outside.contains(&format!(" {arrow}"))) => {
                edges += 1
            }
            _ => {
                assert!(
                    outside.contains(":::") && first.ends_with(|c: char| c.is_ascii_digit()),
                    "{name}: {line}"
                );
                nodes += 1;
            }
        }
    }
    assert_eq!((nodes, edges, groups), (graph.nodes.len(), graph.edges.len(), graph.groups.len()), "{name}");
}

/// Checks that a drawing is XML, has the label of each node, and nothing outside of it.
fn check_svg(name: &str, drawing: &str, graph: &Graph) {
    let document = roxmltree::Document::parse(drawing).unwrap_or_else(|error| panic!("{name}: {error}"));
    let texts: BTreeSet<String> = document
        .descendants()
        .filter(|node| node.has_tag_name("text") || node.has_tag_name("title"))
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect();
    for node in graph.nodes.iter().filter(|node| node.label.chars().all(|c| c.is_ascii_graphic())) {
        assert!(texts.contains(&node.label), "{name}: {}", node.label);
    }
    let root = document.root_element();
    let number = |node: roxmltree::Node, key: &str| node.attribute(key).and_then(|n| n.parse::<f64>().ok());
    let size = (number(root, "width").expect("a width"), number(root, "height").expect("a height"));
    for rectangle in root.children().filter(|node| node.has_tag_name("rect")) {
        let [x, y] = ["x", "y"].map(|key| number(rectangle, key).unwrap_or_default());
        let [width, height] = ["width", "height"].map(|key| number(rectangle, key).expect("a size"));
        assert!(x >= 0.0 && y >= 0.0 && x + width <= size.0 + 1.0 && y + height <= size.1 + 1.0, "{name}");
    }
    let known = ["svg", "defs", "marker", "path", "rect", "circle", "text", "title"];
    assert!(
        document.descendants().filter(|n| n.is_element()).all(|n| known.contains(&n.tag_name().name())),
        "{name}"
    );
}

#[test]
fn the_charts_of_fixtures_equal_their_snapshots() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("graphs");
    let read = |name: &str| std::fs::read_to_string(fixtures().join(name).join("homeserver.yaml"));
    let fixtures = ["greenhead", "host-databases", "restic-only"];
    let texts = fixtures.map(|name| (name, read(name).expect("a fixture")));
    for (name, text) in texts.into_iter().chain([("hostile", HOSTILE.to_owned())]) {
        let chart = mermaid::render(&picture(&host(&text).expect("a host")));
        settings.bind(|| insta::assert_snapshot!(name, chart));
    }
}

#[test]
fn a_service_with_hundreds_of_containers_and_networks_is_drawn() {
    let mut text =
        "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nnetworks:\n".to_owned();
    (0..60).for_each(|n| text.push_str(&format!("  n{n}: {{}}\n")));
    text.push_str("services:\n  app:\n    containers:\n");
    for n in 0..100 {
        let networks: Vec<String> = (0..60).map(|n| format!("n{n}")).collect();
        let networks = if n == 0 { networks.join(", ") } else { "n0".to_owned() };
        let needs: Vec<String> = (n.max(12) - 12..n).map(|other| format!("c{other}")).collect();
        text.push_str(&format!(
            "      c{n}: {{ image: \"docker.io/example/app:1\", networks: [{networks}], depends_on: [{}] }}\n",
            needs.join(", ")
        ));
    }
    let graph = picture(&host(&text).expect("a host"));
    check_svg("large", &svg::render(&graph), &graph);
}

/// Parses a flowchart with Mermaid, and prints its numbers of nodes, edges and groups.
const PARSE: &str = "
import { createRequire } from 'module';
import { readFileSync } from 'fs';
import { pathToFileURL } from 'url';
const require = createRequire(process.argv[1] + '/');
const { JSDOM } = require('jsdom');
const dom = new JSDOM('');
globalThis.window = dom.window; globalThis.document = dom.window.document;
const mermaid = (await import(pathToFileURL(process.argv[1] + '/node_modules/mermaid/dist/mermaid.core.mjs'))).default;
mermaid.initialize({ maxTextSize: 1e9, maxEdges: 1e6 });
for (const file of process.argv.slice(2)) {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(readFileSync(file, 'utf8'));
  console.log(db.getVertices().size, db.getEdges().length, db.getSubGraphs().length);
}
";

#[test]
#[ignore = "needs Mermaid: HOMEGEN_MERMAID is a folder with the npm packages mermaid and jsdom"]
fn mermaid_reads_every_node_edge_and_group() {
    let mermaid = std::env::var("HOMEGEN_MERMAID").expect("HOMEGEN_MERMAID is set");
    let folder = tempfile::tempdir().expect("a folder");
    let hostile = host(HOSTILE).expect("a host");
    let hosts = hosts().into_iter().chain([("hostile".to_owned(), hostile)]);
    let (mut files, mut expected) = (Vec::new(), String::new());
    for (name, host) in hosts {
        let graph = picture(&host);
        let file = folder.path().join(format!("{name}.mmd"));
        std::fs::write(&file, mermaid::render(&graph)).expect("a file");
        files.push(file);
        expected.push_str(&format!("{} {} {}\n", graph.nodes.len(), graph.edges.len(), graph.groups.len()));
    }
    let mut node = Command::new("node");
    node.args(["--input-type=module", "-e", PARSE, Path::new(&mermaid).to_str().expect("a path")])
        .args(&files);
    let ran = node.output().expect("node runs");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), expected, "{}", String::from_utf8_lossy(&ran.stderr));
}
