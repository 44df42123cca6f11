//! Devices and requests of GPUs.
//!
//! ```yaml
//! devices: ["/dev/ttyUSB0:/dev/tty:r"]   # [{ source: /dev/ttyUSB0, target: /dev/tty, permissions: r }]
//! gpus: all                              # [{ count: all }]
//! ```

use crate::project::{Kind, Node};

use super::{Canon, mapping, scalar, shown, text};

/// A device in the short form → a mapping.
pub(in crate::compose) fn expand(node: &mut Node, canon: &mut Canon) {
    let Kind::Scalar(written) = &node.kind else { return };
    let origin = node.origin;
    let value = written.value();
    let mut fields = Vec::new();
    let mut start = 0;
    for field in value.split(':') {
        let part = scalar::slice(written, start..start + field.len());
        fields.push((field, Node { origin, kind: Kind::Scalar(part) }));
        start += field.len() + 1;
    }
    let mut fields = fields.into_iter();
    let (Some((_, source)), target, permissions, None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        let title = format!("{} is not a valid device", shown(&value));
        canon.invalid(
            origin,
            title,
            "expected at most a source, a target and permissions",
            "write `source:target:permissions`, or a mapping",
        );
        return;
    };
    let target =
        target.filter(|(field, _)| !field.is_empty()).map_or_else(|| source.clone(), |(_, node)| node);
    let permissions = permissions.map_or_else(|| text(origin, "rwm"), |(_, node)| node);
    *node = mapping(origin, [("source", source), ("target", target), ("permissions", permissions)]);
}

/// `gpus: all` → a list with one request.
pub(in crate::compose) fn gpus(node: &mut Node, _: &mut Canon) {
    if matches!(node.kind, Kind::Scalar(_)) {
        let request = mapping(node.origin, [("count", node.clone())]);
        node.kind = Kind::List(vec![request]);
    }
}

/// A request without `count` and `device_ids` is for all devices.
pub(in crate::compose) fn count(node: &mut Node, canon: &mut Canon) {
    let origin = node.origin;
    let Kind::Map(keys) = &mut node.kind else { return };
    match (keys.contains_key("count"), keys.contains_key("device_ids")) {
        (true, true) => {
            let title = "a device has both `count` and `device_ids`";
            canon.invalid(origin, title, "expected one of the two keys", "remove `count` or `device_ids`");
        }
        (false, false) => {
            keys.insert("count".to_owned(), text(origin, "all"));
        }
        _ => {}
    }
}

/// Tells whether a count is `all`, in any case.
pub(in crate::compose) fn is_all(text: &str) -> bool {
    text.eq_ignore_ascii_case("all")
}
