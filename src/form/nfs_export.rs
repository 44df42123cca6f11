//! Exports of NFS servers.

use std::net::Ipv6Addr;

use super::advice::contains;
use super::domain::is_domain;
use super::{Advice, Form, text_form};

text_form! {
    /// An export of an NFS server, `server:/path` (nfs(5)). It becomes a field of /etc/fstab, where NixOS escapes spaces
    /// and nothing else.
    NfsExport
}

impl Form for NfsExport {
    const NOUN: &'static str = "an NFS export";
    const LOOKS: &'static str = " such as nas.lan:/export";
    const EXPECTED: &'static str = "SERVER:/PATH";
    const EXAMPLE: &'static str = "nas.lan:/export";
    const PATTERN: &'static str = r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):/[^\\]*$";

    fn parse(text: &str) -> Option<NfsExport> {
        let (server, path) = text.split_once(":/")?;
        let literal = server.strip_prefix('[').and_then(|server| server.strip_suffix(']'));
        let is_server = match literal {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_domain(server),
        };
        let fits = is_server && !path.starts_with('/') && !path.contains(is_refused);
        fits.then(|| NfsExport(text.to_owned()))
    }

    /// `nas.lan/export`, and `nfs://nas.lan/export`.
    fn advice(text: &str) -> Option<Advice> {
        if let Some(letter) = text.chars().find(|c| is_refused(*c)) {
            return Advice::new(contains(letter), "remove the character");
        }
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest).trim_start_matches("//");
        let (server, path) = rest.split_once('/')?;
        let suggested = format!("{}:/{path}", server.trim_end_matches(':'));
        NfsExport::parse(&suggested).filter(|_| suggested != text)?;
        Advice::write("expected SERVER:/PATH", suggested)
    }
}

fn is_refused(c: char) -> bool {
    c.is_control() || c == '\\'
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::NfsExport;

    #[test]
    fn an_export_has_a_server_and_an_absolute_path() {
        parses::<NfsExport>(
            &["nas.lan:/a b", "[fd00::1]:/x"],
            &["", "nas", "nas:x", "nas://x", "nas:/a\\b", "nas:/a\nb"],
        );
        advises::<NfsExport>(&[
            ("nas.lan/export", "write `nas.lan:/export`"),
            ("nfs://nas.lan/export", "write `nas.lan:/export`"),
            ("nas:/a\\b", "remove the character"),
        ]);
    }
}
