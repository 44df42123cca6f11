//! Tunnels of Cloudflare.

use super::{Advice, Form, text_form};

text_form! {
    /// The identifier of a tunnel, a UUID in lower case, as `cloudflared tunnel list` prints it.
    TunnelId
}

/// The numbers of hexadecimal digits between the hyphens of a UUID (RFC 9562, 4).
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

impl Form for TunnelId {
    const NOUN: &'static str = "a tunnel ID";
    const LOOKS: &'static str = " such as 6ff42ae2-765d-4adf-8112-31c55c1551ef";
    const EXPECTED: &'static str = "the UUID that `cloudflared tunnel list` prints";
    const EXAMPLE: &'static str = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
    const PATTERN: &'static str = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

    fn parse(text: &str) -> Option<TunnelId> {
        let groups: Vec<&str> = text.split('-').collect();
        let has_lengths = groups.iter().map(|group| group.len()).eq(GROUPS);
        let is_hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f' | b'-');
        (has_lengths && text.bytes().all(is_hex)).then(|| TunnelId(text.to_owned()))
    }

    /// Capitals, the name of the credentials file, and the name of a tunnel.
    fn advice(text: &str) -> Option<Advice> {
        let file = text.rsplit('/').next()?;
        let id = file.strip_suffix(".json").unwrap_or(file).to_lowercase();
        if TunnelId::parse(&id).is_some() {
            return Advice::write("is not written as the ID alone", id);
        }
        // A token is the base64 of a JSON object.
        if text.starts_with("eyJ") {
            return Advice::new(
                "is a token, expected the ID",
                "write the ID that `cloudflared tunnel list` prints",
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{advises, parses};
    use super::TunnelId;

    #[test]
    fn a_tunnel_is_a_uuid_in_lower_case() {
        let id = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
        parses::<TunnelId>(
            &[id],
            &[
                "",
                "home",
                &id.to_uppercase(),
                &id[1..],
                &id.replace('-', ""),
                "6ff42ae2-765d-4adf-8112-31c55c1551eg",
            ],
        );
        advises::<TunnelId>(&[
            (&id.to_uppercase(), "write `6ff42ae2-765d-4adf-8112-31c55c1551ef`"),
            (
                "/root/.cloudflared/6ff42ae2-765d-4adf-8112-31c55c1551ef.json",
                "write `6ff42ae2-765d-4adf-8112-31c55c1551ef`",
            ),
            ("eyJhIjoiMSJ9", "write the ID that `cloudflared tunnel list` prints"),
            ("home", ""),
        ]);
    }
}
