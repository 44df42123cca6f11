//! Devices of the host.

use super::{Advice, Form};
use crate::path::is_path;
use crate::word::is_word;

/// A device of the host by its path, or by its name in the Container Device Interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Device {
    /// `/dev/x:/dev/y:rwm`.
    Path {
        /// The path on the host.
        host: String,
        /// The path in the container, if it differs.
        container: Option<String>,
        /// The permissions of the container, if they are not all: `r` reads, `w` writes, `m` creates nodes.
        permissions: Option<String>,
    },
    /// `vendor/class=name` (<https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md>).
    Cdi {
        /// The vendor, such as `nvidia.com`.
        vendor: String,
        /// The class, such as `gpu`.
        class: String,
        /// The device's name in its class, such as `all`.
        name: String,
    },
}

impl Form for Device {
    const NOUN: &'static str = "a device";
    const LOOKS: &'static str = " such as /dev/dri or nvidia.com/gpu=all";
    const EXPECTED: &'static str = "a path below /dev, or a CDI name such as nvidia.com/gpu=all";
    const EXAMPLE: &'static str = "/dev/dri";
    const PATTERN: &'static str = r"^(/dev/|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+=)";

    fn parse(text: &str) -> Option<Device> {
        if !text.starts_with('/') {
            return cdi(text);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let (host, container, permissions) = match parts.as_slice() {
            [host] => (host, None, None),
            [host, path] if is_path(path) => (host, Some(path), None),
            [host, permissions] => (host, None, Some(permissions)),
            [host, path, permissions] => (host, Some(path), Some(permissions)),
            _ => return None,
        };
        let fits = is_path(host)
            && host.strip_prefix("/dev/").is_some_and(|rest| !rest.is_empty())
            && container.is_none_or(|path| is_path(path))
            && permissions.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b"rwm".contains(&b)));
        fits.then(|| Device::Path {
            host: (*host).to_owned(),
            container: container.map(|path| (*path).to_owned()),
            permissions: permissions.map(|permissions| (*permissions).to_owned()),
        })
    }

    /// `dri`, and `/dev/kvm:/dev/kvm:rwx`.
    fn advice(text: &str) -> Option<Advice> {
        if text.starts_with("/dev/serial/by-path/") {
            return Advice::new(
                "contains a colon, which separates the parts of a device",
                "write the link in /dev/serial/by-id instead, which has no colons: `ls -l /dev/serial/by-id` lists the links",
            );
        }
        if text.starts_with("/dev/") && text.contains("/by-path/") {
            return Advice::new(
                "contains a colon, which separates the parts of a device",
                "write the target of the link, or a link in by-id, which has no colons",
            );
        }
        if text.starts_with("/dev/") {
            let form = "write `/dev/HOST:/dev/CONTAINER:rwm`; the last two parts are optional";
            return Advice::new(
                "expected a path in the container, or permissions out of r, w and m, after the colon",
                form,
            );
        }
        if text.starts_with('/') {
            return Advice::new("is not below /dev", "mount a file or a folder under `volumes`");
        }
        let suggested = format!("/dev/{text}");
        Device::parse(&suggested)?;
        Advice::write("is not a path", suggested)
    }
}

fn cdi(text: &str) -> Option<Device> {
    let (kind, name) = text.split_once('=')?;
    let (vendor, class) = kind.split_once('/')?;
    let fits = is_word(name, b"_-.:") && is_word(vendor, b"_-.") && is_word(class, b"_-.");
    fits.then(|| Device::Cdi { vendor: vendor.to_owned(), class: class.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::*;

    #[test]
    fn a_device_is_a_path_or_a_cdi_name() {
        let path = |container: Option<&str>, permissions: Option<&str>| Device::Path {
            host: "/dev/kvm".to_owned(),
            container: container.map(str::to_owned),
            permissions: permissions.map(str::to_owned),
        };
        assert_eq!(Device::parse("/dev/kvm:rw"), Some(path(None, Some("rw"))));
        assert_eq!(Device::parse("/dev/kvm:/dev/x"), Some(path(Some("/dev/x"), None)));
        parses::<Device>(
            &["/dev/dri", "/dev/sdc:/dev/xvdc:rwm", "nvidia.com/gpu=all"],
            &["dri", "/dev", "/dev/", "/srv/x", "/dev/kvm:rwx", "gpu=all", "/dev/../x", "nvidia.com/gpu="],
        );
        advises::<Device>(&[
            ("dri", "write `/dev/dri`"),
            ("/srv/x", "mount a file or a folder under `volumes`"),
        ]);
    }
}
