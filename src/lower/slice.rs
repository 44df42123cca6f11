//! The slice of a service with limits. containers.nix puts the containers of the service into it.
//!
//! ```yaml
//! notes: { limits: { memory: 2g, cpus: 1.5 } }
//! ```
//! ```nix
//! systemd.slices.homeserver-notes.sliceConfig = { MemoryMax = "2G"; CPUQuota = "150%"; };
//! ```

use crate::form::{Decimal, Size, SwapSize};
use crate::hir::Service;
use crate::nix::{Expr, Part, Set};
use crate::nixos::Module;
use crate::setting::Number;
use crate::tree::Atom;
use crate::value::Value;

pub(super) fn lower(service: &Service, module: &mut Module) {
    let limits = &service.limits;
    let mut set = Set::default();
    for (name, limit) in [("MemoryMax", &limits.memory), ("MemoryLow", &limits.memory_reservation)] {
        if let Some(limit) = limit {
            set.set(name, memory(limit));
        }
    }
    if let (Some(swap), Some(memory)) = (&limits.memory_swap, &limits.memory) {
        // systemd counts the swap alone.
        set.set(
            "MemorySwapMax",
            Expr::str(match swap.value {
                SwapSize::Unlimited => UNLIMITED.to_owned(),
                SwapSize::Limited(both) => bytes(both.bytes.saturating_sub(memory.value.bytes)),
            }),
        );
    }
    if let Some(cpus) = &limits.cpus {
        set.set("CPUQuota", quota(cpus));
    }
    if let Some(cpuset) = &limits.cpuset {
        set.set("AllowedCPUs", Expr::text(&cpuset.text));
    }
    if let Some(pids) = &limits.pids {
        set.set("TasksMax", tasks(pids));
    }
    if !set.is_empty() {
        module
            .config
            .at(&["systemd", "slices", &name(service.name.as_str())])
            .set("sliceConfig", Expr::Set(set));
    }
}

/// The value of a limit that does not apply.
const UNLIMITED: &str = "infinity";

/// The name of a service's slice. An unescaped hyphen would put it into the slice of another service
/// (systemd.slice(5)).
fn name(service: &str) -> String {
    format!("homeserver-{}", service.replace('-', "\\x2d"))
}

/// A size as systemd reads it: with one of the suffixes K, M, G and T (systemd.syntax(7)).
fn memory(size: &Value<Size>) -> Expr {
    let text = size.text.value();
    let number = text.strip_suffix(|c: char| c.is_ascii_alphabetic()).unwrap_or(&text);
    let has_one_letter = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match (size.text.is_literal(), has_one_letter) {
        (false, true) if text.bytes().any(|b| b.is_ascii_lowercase()) => {
            Expr::call("lib.toUpper", [Expr::text(&size.text)])
        }
        (false, true) => Expr::typed(&size.text),
        _ => Expr::str(bytes(size.value.bytes)),
    }
}

/// A number of bytes in the largest unit that needs no fraction.
fn bytes(bytes: u64) -> String {
    [(1u64 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
        .into_iter()
        .find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit))
        .map_or_else(|| bytes.to_string(), |(unit, suffix)| format!("{}{suffix}", bytes / unit))
}

/// A number of CPUs as a percentage of one CPU, with at most two decimals (systemd.resource-control(5), CPUQuota).
fn quota(cpus: &Value<Decimal>) -> Expr {
    let hundredths = (cpus.value.0 * 10_000.0).round().clamp(1.0, f64::from(i32::MAX));
    if let Some(reference) = cpus.text.reference() {
        let percent = Expr::Infix(Box::new(Expr::Ref(reference.clone())), "*", Box::new(Expr::Int(100)));
        let percent = match reference.value {
            Atom::Int(_) => Some(percent),
            // Not every decimal number is exact, so the result of Nix has to be the right one.
            Atom::Float(_) if (cpus.value.0 * 100.0).floor() * 100.0 == hundredths => {
                Some(Expr::call("builtins.floor", [percent]))
            }
            _ => None,
        };
        if let Some(percent) = percent {
            let number = Part::expr(Expr::call("toString", [percent]));
            return Expr::Str(vec![number, Part::Text("%".into())]);
        }
    }
    Expr::str(format!("{}%", hundredths / 100.0))
}

/// A number of processes. 0 and -1 mean no limit, as for a container.
fn tasks(pids: &Number) -> Expr {
    match pids.value > 0 {
        true => Expr::typed(&pids.text),
        false => Expr::str(UNLIMITED),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, name};

    #[test]
    fn slices_of_services_are_siblings() {
        for (service, slice) in [("a", "homeserver-a"), ("a-b-c", "homeserver-a\\x2db\\x2dc")] {
            assert_eq!(name(service), slice);
        }
    }

    #[test]
    fn sizes_have_no_fraction() {
        for (size, text) in [(4 << 30, "4G"), (3 << 29, "1536M"), (1 << 10, "1K"), (1025, "1025"), (0, "0")] {
            assert_eq!(bytes(size), text);
        }
    }
}
