//! A port of an address is one program's. The address 0.0.0.0 is all of them.

use std::collections::HashMap;

use super::listeners::{Listener, listeners};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::Host;
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let all = listeners(host);
    // Ranges are few; single ports, which are many, are found by their number.
    let mut single: HashMap<u16, Vec<&Listener>> = HashMap::new();
    let mut ranges: Vec<&Listener> = Vec::new();
    for one in &all {
        let is_range = one.first != one.last;
        let at_number = single.get(&one.first).into_iter().flatten();
        let within = single.values().flatten().filter(|_| is_range);
        let first = at_number.chain(within).chain(&ranges).find(|other| other.collides(one));
        if let Some(first) = first {
            let (one, first) = if one.span < first.span { (*first, one) } else { (one, *first) };
            report(one, first, diagnostics);
        }
        match is_range {
            true => ranges.push(one),
            false => single.entry(one.first).or_default().push(one),
        }
    }
}

fn report(one: &Listener, first: &Listener, diagnostics: &mut Diagnostics) {
    let port = one.first.max(first.first);
    let where_ = |l: &Listener| match l.address {
        Some(address) => format!("on {address}"),
        None => "on every address".to_owned(),
    };
    diagnostics.push(
        Diagnostic::new(
            Code::PortTaken,
            format!("port {port}/{} is taken: by {}, and by {}", one.protocol, first.what, one.what),
            one.span,
            format!("{}, {}", one.what, where_(one)),
        )
        .and(first.span, format!("{}, {}", first.what, where_(first)))
        .help("move one of the two to another port, or to another address"),
    );
}
