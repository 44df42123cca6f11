//! What was probably meant by a value that is of no form and cannot be read.

use std::net::IpAddr;

use crate::form::{Advice, Calendar, Form, web_parts};
use crate::tree::{Kind, Node};
use crate::word::is_word;

/// `notify: failure` where it stands for whom to tell.
pub fn notify(node: &Node) -> Option<Advice> {
    let Kind::Scalar(text) = &node.kind else { return None };
    matches!(text.value().as_str(), "failure" | "never" | "true" | "false").then_some(())?;
    Advice::new(
        "says when, which a service, a container, Caddy or a job does",
        "say here whom to tell, such as `{ ntfy: { url: https://ntfy.example.de/server } }`",
    )
}

/// `03:00`, the time of an update without its key.
pub fn update(node: &Node) -> Option<Advice> {
    let Kind::Scalar(text) = &node.kind else { return None };
    let value = text.value();
    Calendar::parse(&value)?;
    let help = format!(
        "write `{{ at: {value:?} }}`, with `repository`, `restart` and `health` in it unless a preset has them"
    );
    Advice::new("is a time alone", help)
}

/// `true`, where a word is needed.
pub fn tell(word: &str) -> Option<Advice> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "always" => Advice::write("is not a word for this", "failure"),
        "false" | "no" | "off" | "none" => Advice::write("is not a word for this", "never"),
        _ => None,
    }
}

/// `http://vaultwarden:80`, and `vaultwarden`.
pub fn upstream(value: &str) -> Option<Advice> {
    let (authority, _) = web_parts(value).unwrap_or((value, ""));
    if value.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https")) {
        // Caddy runs on the host, and does not know the names of containers.
        let (published, address) = match authority.rsplit_once(':') {
            Some((name, port)) if name.parse::<IpAddr>().is_err() && !name.contains('.') => (
                format!("publish the port with `ports: [\"{port}:{port}\"]`, and "),
                format!("127.0.0.1:{port}"),
            ),
            _ => (String::new(), authority.to_owned()),
        };
        return Advice::new(
            "is an https address, and `to` forwards with http",
            format!(
                "{published}write the proxy under `extra` in place of `to`: `reverse_proxy https://{address} {{`, and \
                 in its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name"
            ),
        );
    }
    let why = if authority == value { "has no port" } else { "is a whole address" };
    let readable = |part: &str| is_word(part, b"_.-");
    match authority.split_once(':') {
        Some((host, port)) if readable(host) && port.parse::<u16>().is_ok_and(|port| port > 0) => {
            (authority != value).then(|| Advice::write(why, authority))?
        }
        None if value.parse::<u16>().is_ok() => {
            Advice::new("names no container", format!("write `CONTAINER:{value}`"))
        }
        None if readable(authority) => {
            Advice::new(why, format!("write `{authority}:PORT`, with the port that it listens on"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::upstream;

    #[test]
    fn what_was_meant() {
        for (text, meant) in [
            ("HTTP://vaultwarden:80/x", "write `vaultwarden:80`"),
            (
                "HTTPS://192.168.1.1:8443",
                "write the proxy under `extra` in place of `to`: `reverse_proxy https://192.168.1.1:8443 {`, and in \
                 its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name",
            ),
            ("vaultwarden", "write `vaultwarden:PORT`, with the port that it listens on"),
            ("a:b:c", ""),
        ] {
            assert_eq!(upstream(text).map(|advice| advice.help.text).unwrap_or_default(), meant);
        }
    }
}
