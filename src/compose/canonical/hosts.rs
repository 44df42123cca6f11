//! `extra_hosts`: a mapping from names to lists of addresses.
//!
//! ```yaml
//! extra_hosts: ["db=10.0.0.2,10.0.0.3", "me:[::1]"]   # { db: [10.0.0.2, 10.0.0.3], me: ["::1"] }
//! ```

use indexmap::IndexMap;

use crate::project::{Kind, Node, Scalar};

use super::{Canon, scalar, shown};

/// Brings `extra_hosts` into the form of a mapping of lists.
pub(in crate::compose) fn expand(node: &mut Node, canon: &mut Canon) {
    match &mut node.kind {
        Kind::List(items) => {
            let mut hosts: IndexMap<String, Node> = IndexMap::new();
            for item in items {
                let Kind::Scalar(written) = &item.kind else { continue };
                let value = written.value();
                let Some(at) = value.find('=').or_else(|| value.find(':')) else {
                    let title = format!("{} has no address", shown(&value));
                    canon.invalid(item.origin, title, "expected `name=address`", "add `=` and the address");
                    continue;
                };
                let mut addresses = Vec::new();
                let mut start = at + 1;
                for address in value[start..].split(',') {
                    let address_scalar = scalar::slice(written, start..start + address.len());
                    addresses.push(Node {
                        origin: item.origin,
                        kind: Kind::Scalar(without_brackets(address_scalar)),
                    });
                    start += address.len() + 1;
                }
                let list = Node { origin: item.origin, kind: Kind::List(Vec::new()) };
                let host = hosts.entry(value[..at].to_owned()).or_insert(list);
                if let Kind::List(list) = &mut host.kind {
                    list.append(&mut addresses);
                }
            }
            node.kind = Kind::Map(hosts);
        }
        Kind::Map(hosts) => {
            for host in hosts.values_mut() {
                if matches!(host.kind, Kind::Scalar(_)) {
                    host.kind = Kind::List(vec![host.clone()]);
                }
                let Kind::List(addresses) = &mut host.kind else { continue };
                for address in addresses {
                    if let Kind::Scalar(written) = &mut address.kind {
                        *written = without_brackets(std::mem::replace(written, Scalar::text("")));
                    }
                }
            }
        }
        _ => return,
    }
    for (name, host) in node.entries().filter(|(name, _)| name.is_empty() || name.contains([':', '='])) {
        let title = format!("{} is not a valid host name", shown(name));
        canon.invalid(host.origin, title, "expected a name without `:` and `=`", "write `name=address`");
    }
}

/// `::1` for `[::1]`.
fn without_brackets(address: Scalar) -> Scalar {
    let value = address.value();
    match value.len() > 2 && value.starts_with('[') && value.ends_with(']') {
        true => scalar::slice(&address, 1..value.len() - 1),
        false => address,
    }
}
