//! One program can listen on a port of an address. The address 0.0.0.0 is all of them.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::Protocol;
use crate::hir::Host;
use crate::listener::{Listener, listeners};
use crate::tree::Node;

pub(super) fn check(host: &Host, _: &Node, diagnostics: &mut Diagnostics) {
    let mut all = listeners(host);
    let mut free = FreePorts::beside(&all);
    // Ranges are few and come first, so that each single port is compared with all of them.
    all.sort_by_key(|l| (!l.ports.is_range(), l.span));
    let ranges = all.partition_point(|l| l.ports.is_range());
    let (ranges, single) = all.split_at(ranges);
    let mut sorted: Vec<&Listener> = ranges.iter().collect();
    sorted.sort_by_key(|range| (range.ports.first, range.span));
    let mut ranges = Ranges::default();
    for range in sorted {
        if let Some(first) = ranges.colliding(range) {
            report(range, first, &mut free, diagnostics);
        }
        ranges.push(range);
    }
    // By port and protocol: the first listener on an address, and on all of them.
    let mut taken: HashMap<(u16, Protocol, Option<IpAddr>), &Listener> = HashMap::new();
    let mut anywhere: HashMap<(u16, Protocol), &Listener> = HashMap::new();
    for one in single {
        let at = (one.ports.first, one.protocol);
        let first = match one.address {
            Some(_) => taken.get(&(at.0, at.1, one.address)).or_else(|| taken.get(&(at.0, at.1, None))),
            None => anywhere.get(&at),
        };
        if let Some(first) = first.copied().or_else(|| ranges.colliding(one)) {
            report(one, first, &mut free, diagnostics);
        }
        taken.entry((at.0, at.1, one.address)).or_insert(one);
        anywhere.entry(at).or_insert(one);
    }
}

/// A listener with its last port.
type LastPort<'a> = (u16, &'a Listener);

/// Ranges of ports, in the order of their first ports.
#[derive(Default)]
struct Ranges<'a> {
    /// By protocol and address: for each beginning of the list, the range with the highest last port.
    on_address: HashMap<(Protocol, Option<IpAddr>), Vec<LastPort<'a>>>,
    /// The same for all addresses together.
    anywhere: HashMap<Protocol, Vec<LastPort<'a>>>,
}

impl<'a> Ranges<'a> {
    fn push(&mut self, range: &'a Listener) {
        let protocol = range.protocol;
        for row in [
            self.on_address.entry((protocol, range.address)).or_default(),
            self.anywhere.entry(protocol).or_default(),
        ] {
            let furthest = row
                .last()
                .map(|(_, furthest)| *furthest)
                .filter(|other| other.ports.last >= range.ports.last);
            row.push((range.ports.first, furthest.unwrap_or(range)));
        }
    }

    /// Returns a range that shares a port with `other`.
    fn colliding(&self, other: &Listener) -> Option<&'a Listener> {
        let protocol = other.protocol;
        let rows = match other.address {
            Some(_) => [Some(other.address), Some(None)]
                .map(|address| address.and_then(|address| self.on_address.get(&(protocol, address)))),
            None => [self.anywhere.get(&protocol), None],
        };
        rows.into_iter().flatten().find_map(|row| {
            let before = row.partition_point(|(first, _)| *first <= other.ports.last);
            let (_, furthest) = row[..before].last()?;
            (furthest.ports.last >= other.ports.first).then_some(*furthest)
        })
    }
}

/// Reports a conflict at the later position of the two.
fn report(one: &Listener, first: &Listener, free: &mut FreePorts, diagnostics: &mut Diagnostics) {
    let (one, first) = if one.span < first.span { (first, one) } else { (one, first) };
    let port = one.ports.first.max(first.ports.first);
    let address = |l: &Listener| match l.address {
        Some(address) => format!("on {address}"),
        None => "on every address".to_owned(),
    };
    // The title names a program that uses the port twice.
    let label = |l: &Listener| match one.program == first.program {
        true => format!("used {}", address(l)),
        false => format!("{}, {}", l.program, address(l)),
    };
    let users = match one.program == first.program {
        true => format!(" by {}", one.program),
        false => format!(": by {} and by {}", first.program, one.program),
    };
    diagnostics.push(
        Diagnostic::new(
            Code::PortTaken,
            format!("port {port}/{} is used twice{}", one.protocol.name(), users),
            one.span,
            label(one),
        )
        .and(first.span, label(first))
        .help(help(one, first, port, free)),
    );
}

fn help(one: &Listener, first: &Listener, port: u16, free: &mut FreePorts) -> String {
    let is_same = one.container.is_some() && one.container == first.container;
    if is_same && one.program != first.program {
        return "remove this `ports` entry: the site publishes the port; or add the address that other machines use"
            .to_owned();
    }
    if is_same && one.target.is_some() && one.target == first.target && one.address == first.address {
        return match (port, one.protocol) {
            (53, Protocol::Tcp) => "append `/udp` to one of the two: DNS needs both protocols".to_owned(),
            _ => "remove one of the two identical entries".to_owned(),
        };
    }
    match free.take(port) {
        Some(other) if !one.ports.is_range() && !first.ports.is_range() => {
            format!("move one of the two to another port, such as {other}, or to another address")
        }
        _ => "move one of the two to another port, or to another address".to_owned(),
    }
}

/// The ports that no listener uses, of any protocol and address.
struct FreePorts(Vec<bool>);

impl FreePorts {
    fn beside(listeners: &[Listener]) -> FreePorts {
        // Counts the ranges that begin before a port and end after it: ranges may be many and long.
        let mut changes = vec![0; 1 << 16];
        for listener in listeners {
            changes[usize::from(listener.ports.first)] += 1;
            if let Some(after) = changes.get_mut(usize::from(listener.ports.last) + 1) {
                *after -= 1;
            }
        }
        let used = changes.iter().scan(0, |open, change| {
            *open += change;
            Some(*open)
        });
        FreePorts(used.map(|open| open == 0).collect())
    }

    /// Takes the next free port after `port`, and above the ports that only root may bind (ip_unprivileged_port_start
    /// in ip(7)). Returns `None` if none is near.
    fn take(&mut self, port: u16) -> Option<usize> {
        let first = usize::from(port) + if port < 1024 { 8000 } else { 1 };
        let found = (first..self.0.len()).take(1000).find(|port| self.0[*port])?;
        self.0[found] = false;
        Some(found)
    }
}
