//! What an earlier run wrote, read back as far as a rule needs it.

use std::collections::HashMap;

use rnix::ast;
use rowan::ast::AstNode;

/// A container of an earlier output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Previous {
    /// Its image.
    pub image: String,
    /// Its volumes, as Podman takes them. Those that cannot be read back are left out.
    pub volumes: Vec<String>,
}

/// The containers of a service's file, by name. A text that the output puts together is followed into the
/// bindings of its file and into `constants.nix`; a container whose image cannot be followed is left out.
pub fn containers(text: &str, constants: &str) -> HashMap<String, Previous> {
    let mut names = HashMap::new();
    bindings(constants, &mut names);
    bindings(text, &mut names);
    let mut found: HashMap<String, Previous> = HashMap::new();
    let root = rnix::Root::parse(text);
    for attribute in root.syntax().descendants().filter_map(ast::AttrpathValue::cast) {
        let path = whole_path(&attribute);
        let Some((last, before)) = path.split_last() else { continue };
        let Some((container, before)) = before.split_last() else { continue };
        let in_containers = before.ends_with(&["oci-containers".to_owned(), "containers".to_owned()]);
        let Some(expr) = attribute.value().filter(|_| in_containers) else { continue };
        match (last.as_str(), expr) {
            ("image", expr) => {
                found.entry(container.clone()).or_default().image = value(&expr, &names).unwrap_or_default();
            }
            ("volumes", ast::Expr::List(list)) => {
                let volumes = list.items().filter_map(|item| value(&item, &names)).collect();
                found.entry(container.clone()).or_default().volumes = volumes;
            }
            _ => {}
        }
    }
    found.retain(|_, container| !container.image.is_empty());
    found
}

/// Every attribute of a file with a plain text, by its last name: the way to it is not kept, because
/// `inherit` does not keep it either.
fn bindings(text: &str, found: &mut HashMap<String, Option<String>>) {
    let root = rnix::Root::parse(text);
    for attribute in root.syntax().descendants().filter_map(ast::AttrpathValue::cast) {
        let Some(name) = attribute.attrpath().and_then(|p| steps(&p).pop()) else { continue };
        let Some(text) = attribute.value().and_then(|v| value(&v, &HashMap::new())) else { continue };
        // Two of one name are told apart by the way to them, which is more than is known here.
        found.entry(name).and_modify(|old| *old = old.take().filter(|o| *o == text)).or_insert(Some(text));
    }
}

/// The path of an attribute, with those of the sets around it.
fn whole_path(attribute: &ast::AttrpathValue) -> Vec<String> {
    let mut path = Vec::new();
    for node in attribute.syntax().ancestors() {
        let above = ast::AttrpathValue::cast(node).and_then(|a| a.attrpath());
        path.splice(0..0, above.iter().flat_map(steps));
    }
    path
}

fn steps(path: &ast::Attrpath) -> Vec<String> {
    path.attrs()
        .map(|attr| match attr {
            ast::Attr::Ident(name) => name.to_string(),
            ast::Attr::Str(text) => literal(&text, &HashMap::new()).unwrap_or_default(),
            ast::Attr::Dynamic(_) => String::new(),
        })
        .collect()
}

/// The text that an expression stands for.
fn value(expr: &ast::Expr, names: &HashMap<String, Option<String>>) -> Option<String> {
    match expr {
        ast::Expr::Str(text) => literal(text, names),
        ast::Expr::Ident(name) => names.get(&name.to_string()).cloned().flatten(),
        ast::Expr::Select(select) => {
            let last = steps(&select.attrpath()?).pop()?;
            names.get(&last).cloned().flatten()
        }
        _ => None,
    }
}

fn literal(text: &ast::Str, names: &HashMap<String, Option<String>>) -> Option<String> {
    text.normalized_parts()
        .into_iter()
        .map(|part| match part {
            ast::InterpolPart::Literal(text) => Some(text),
            ast::InterpolPart::Interpolation(inner) => value(&inner.expr()?, names),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::containers;

    #[test]
    fn containers_are_read_back() {
        let constants = "{ tags.pg = \"16-alpine\"; images.one = \"ghcr.io/a/one:1\"; }";
        let text = r#"{ config, ... }:
            let
              constants = import ../constants.nix;
              inherit (constants.tags) pg;
              version = "v3";
            in
            {
              config = lib.mkIf cfg.enable {
                virtualisation.oci-containers.containers = {
                  app-db = { image = "docker.io/library/postgres:${pg}"; };
                  app-db.volumes = [ "${data}/pg:/data" "/srv/x:/y" ];
                  app-server.image = "ghcr.io/x/server:${version}";
                  app-one.image = constants.images.one;
                  app-port.image = "x:${toString cfg.port}";
                };
                other.image = "no";
              };
            }"#;
        let mut found: Vec<_> = containers(text, constants).into_iter().collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found[0].1.volumes, ["/srv/x:/y"]);
        let found: Vec<_> = found.iter().map(|(c, p)| (c.as_str(), p.image.as_str())).collect();
        assert_eq!(
            found,
            [
                ("app-db", "docker.io/library/postgres:16-alpine"),
                ("app-one", "ghcr.io/a/one:1"),
                ("app-server", "ghcr.io/x/server:v3"),
            ]
        );
    }
}
