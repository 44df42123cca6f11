//! File modes.
//!
//! ```yaml
//! mode: 0440      # "0440", as `mode: "440"` is
//! ```

use crate::project::{Kind, Node};

use super::{Canon, scalar, shown};

/// The `mode` of a secret or config: text is octal, and a number is what YAML reads.
pub(in crate::compose) fn file(node: &mut Node, canon: &mut Canon) {
    let Kind::Scalar(scalar) = &mut node.kind else { return };
    if scalar.is_plain {
        tmpfs(node, canon);
        return;
    }
    if scalar::has_missing(scalar) {
        return;
    }
    let value = scalar.value().into_owned();
    match i64::from_str_radix(&value, 8) {
        Ok(mode) => scalar::set(scalar, format!("0{mode:o}")),
        Err(_) => canon.invalid(
            node.origin,
            format!("{} is not a valid mode", shown(&value)),
            "expected octal digits",
            "write a mode such as `0440`",
        ),
    }
}

/// The `mode` of a tmpfs, which is a number.
pub(in crate::compose) fn tmpfs(node: &mut Node, canon: &mut Canon) {
    let Kind::Scalar(scalar) = &mut node.kind else { return };
    let value = scalar.value().into_owned();
    match value.parse::<u32>() {
        Ok(mode) => {
            scalar::set(scalar, format!("0{mode:o}"));
            scalar.is_plain = false;
        }
        Err(_) => canon.invalid(
            node.origin,
            format!("{} is not a valid mode", shown(&value)),
            "expected octal digits",
            "write a mode such as `0440`",
        ),
    }
}
