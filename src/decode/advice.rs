//! What was probably meant by a value that cannot be read.

use std::net::IpAddr;

use ipnet::IpNet;

use super::scalar::{
    HTTP_HOST, HTTP_PATH, MAX_DOMAIN, MAX_LABEL, MOUNT_OPTION, is_days, is_domain, is_home_path,
    is_http_path, is_image, is_mac, is_mode, is_nfs_export, is_registry, is_repository, is_secret_name,
    is_service_unit, is_web_address, web_parts,
};
use crate::calendar::{is_calendar, without_year};
use crate::diag::{closest, suggestion};
use crate::duration::duration_ms;
use crate::path::{MAX_NAME, MAX_PATH, is_path, is_short_enough, straight};
use crate::podman::{self, BadOption};
use crate::restic;
use crate::size::size_bytes;
use crate::tree::{Kind, Node};
use crate::word::is_word;

/// Why one value cannot be read, and what to write in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is true of the value.
    pub why: String,
    /// What to do.
    pub help: String,
}

impl Advice {
    fn new(why: impl Into<String>, help: impl Into<String>) -> Option<Advice> {
        Some(Advice { why: why.into(), help: help.into() })
    }

    fn write(why: impl Into<String>, value: impl std::fmt::Display) -> Option<Advice> {
        Advice::new(why, format!("write `{value}`"))
    }
}

/// A number, and the unit behind it in small letters.
fn number_and_unit(text: &str) -> Option<(&str, String)> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    (!number.is_empty()).then(|| (number, unit.trim().to_lowercase()))
}

/// Whether a size is a number of bytes that nobody means: `3`, which would be 3g.
pub fn lacks_unit(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && size_bytes(value).is_some_and(|bytes| bytes < 1 << 20)
}

/// `3`, and `512 megabytes`.
pub fn size(value: &str) -> Option<Advice> {
    let (number, unit) = number_and_unit(value)?;
    if lacks_unit(value) {
        let why = format!("is {number} bytes: the unit is missing");
        return Advice::new(why, format!("write `{number}m` or `{number}g`; bytes are `{number}b`"));
    }
    let known = ["b", "k", "m", "g", "t"].into_iter().find(|known| unit.starts_with(known))?;
    let meant = format!("{number}{known}");
    size_bytes(&meant)?;
    Advice::write("has a unit that Podman does not read", meant)
}

/// `1d`, `30 s`, `1min`, and `30` without a unit.
pub fn duration(value: &str) -> Option<Advice> {
    let joined: String = value.split_whitespace().collect();
    if joined != value && duration_ms(&joined).is_some_and(|ms| ms > 0) {
        return Advice::write("has a space in it", joined);
    }
    let (number, unit) = number_and_unit(value)?;
    let whole: u64 = number.parse().ok()?;
    let (why, meant) = match unit.as_str() {
        "" => ("has no unit", format!("{number}s")),
        "ms" | "s" | "m" | "h" => ("has a space in it", format!("{number}{unit}")),
        "sec" | "secs" | "second" | "seconds" => {
            ("has a unit that Podman does not read", format!("{number}s"))
        }
        "min" | "mins" | "minute" | "minutes" => {
            ("has a unit that Podman does not read", format!("{number}m"))
        }
        "hr" | "hrs" | "hour" | "hours" => ("has a unit that Podman does not read", format!("{number}h")),
        // Go's longest unit is the hour (pkg.go.dev/time, ParseDuration).
        "d" | "day" | "days" => ("hours are the longest unit", format!("{}h", whole.checked_mul(24)?)),
        "w" | "week" | "weeks" => ("hours are the longest unit", format!("{}h", whole.checked_mul(168)?)),
        _ => return None,
    };
    duration_ms(&meant).filter(|ms| *ms > 0 && meant != value)?;
    Advice::write(why, meant)
}

/// `0,5`.
pub fn decimal(value: &str) -> Option<Advice> {
    let meant = value.replacen(',', ".", 1);
    let is_number = meant.parse::<f64>().is_ok_and(|n| n.is_finite() && n > 0.0);
    (meant != value && is_number).then(|| Advice::write("has a comma", meant))?
}

/// A domain name with a part that is too long, `https://example.org/x`, and `my host`.
pub fn domain(value: &str) -> Option<Advice> {
    let host = web_parts(value).map(|(host, _)| host.split(':').next().unwrap_or_default());
    if let Some(host) = host.filter(|host| is_domain(host)) {
        return Advice::write("is a whole address", host);
    }
    if let Some(letter) = stray(value.strip_prefix("*.").unwrap_or(value), b"-_.") {
        return Advice::new(may_not_be(letter), "use letters, digits, `-` and `.`");
    }
    let longest = value.split('.').map(str::len).max().unwrap_or_default();
    for (length, most, what) in
        [(longest, MAX_LABEL, "a part without a dot has"), (value.len(), MAX_DOMAIN, "a domain name has")]
    {
        if length > most {
            let why = format!("{what} at most {most} characters, found {length}");
            return Advice::new(why, format!("shorten it by {}", length - most));
        }
    }
    let trimmed: Vec<&str> =
        value.split('.').map(|label| label.trim_matches('-')).filter(|label| !label.is_empty()).collect();
    let meant = trimmed.join(".");
    (is_domain(&meant) && meant != value)
        .then(|| Advice::write("a part between dots is empty, or begins or ends with `-`", meant))?
}

/// `0o755`, `u=rwx,g=rx,o=`, and `755` with something around it.
pub fn mode(value: &str) -> Option<Advice> {
    let digits = value.strip_prefix("0o").unwrap_or(value).trim();
    let meant = format!("\"{digits:0>4}\"");
    (is_mode(digits) && digits != value).then(|| Advice::write("is not three or four octal digits", meant))?
}

/// `14`, `2w`, and `14 days`.
pub fn days(value: &str) -> Option<Advice> {
    let (number, unit) = number_and_unit(value)?;
    let whole: u64 = number.parse().ok()?;
    let (why, days) = match unit.as_str() {
        "" => ("has no unit", whole),
        "d" | "day" | "days" => ("is not written as a number and `d`", whole),
        "w" | "week" | "weeks" => ("days are the only unit", whole.checked_mul(7)?),
        "m" | "month" | "months" => ("days are the only unit", whole.checked_mul(30)?),
        "y" | "year" | "years" => ("days are the only unit", whole.checked_mul(365)?),
        _ => return None,
    };
    let meant = format!("{days}d");
    (is_days(&meant) && meant != value).then(|| Advice::write(why, meant))?
}

/// The first letter of a value that is neither a letter or digit of ASCII nor among `more`.
fn stray(value: &str, more: &[u8]) -> Option<char> {
    value.chars().find(|letter| !is_word(letter.encode_utf8(&mut [0; 4]), more))
}

fn may_not_be(letter: char) -> String {
    let name = match letter {
        ' ' => "a space".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        seen if seen.is_alphanumeric() || seen.is_ascii_graphic() => format!("`{seen}`"),
        unseen => format!("U+{:04X}", u32::from(unseen)),
    };
    format!("{name} may not be in it")
}

/// A letter that an address has to have as an escape (RFC 3986, 2.1).
fn stray_in_path(path: &str) -> Option<Advice> {
    let letter = stray(path, HTTP_PATH)?;
    let escape: String = letter.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}")).collect();
    Advice::new(may_not_be(letter), format!("write it as {escape}, or take it out"))
}

/// `http://127.0.0.1/health`, `health`, and `/a b`.
pub fn http_path(value: &str) -> Option<Advice> {
    if let Some((_, path)) = web_parts(value).filter(|(_, path)| is_http_path(path)) {
        return Advice::write("is a whole address", path);
    }
    let whole = format!("/{value}");
    if is_http_path(&whole) && !value.starts_with('/') {
        return Advice::write("does not begin with /", whole);
    }
    stray_in_path(value)
}

/// `ntfy.sh/x`, and `https://ntfy.sh/a b`.
pub fn web_address(value: &str) -> Option<Advice> {
    let Some((authority, path)) = web_parts(value) else {
        let whole = format!("https://{value}");
        return is_web_address(&whole)
            .then(|| Advice::write("does not begin with https:// or http://", whole))?;
    };
    if authority.contains('@') {
        return Advice::new(
            "has a login in it, which everyone on the host could read",
            "put the whole address into a secret, and name that as `url_secret`",
        );
    }
    let host = authority.split_once(':').map_or(authority, |(host, _)| host);
    match stray(host, HTTP_HOST) {
        Some(letter) => {
            Advice::new(may_not_be(letter), "write the name of the host alone, with letters, digits, - and .")
        }
        None if path.len() <= 1 && !host.is_empty() => Advice::new(
            "has no topic",
            format!("write the topic behind it: {}/TOPIC", value.trim_end_matches('/')),
        ),
        None => stray_in_path(path),
    }
}

/// `https://github.com/immich-app/immich`.
pub fn repository(value: &str) -> Option<Advice> {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let rest = rest.strip_prefix("git@").unwrap_or(rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let way = rest.strip_prefix("github.com").and_then(|way| way.strip_prefix(['/', ':'])).unwrap_or(rest);
    let mut steps = way.split('/');
    let (owner, name) = (steps.next()?, steps.next()?);
    let meant = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
    if is_repository(&meant) {
        return Advice::write("is more than an owner and a name", meant);
    }
    // Another forge, whose name has a dot, as no owner's has.
    owner.contains('.').then(|| {
        let help = "name its mirror on GitHub, or take `update` out";
        Advice::new("is not on GitHub, which alone is asked for releases", help)
    })?
}

/// `me@nas:/backups`, and `sftp:me@nas:/my backups`.
pub fn restic_repository(value: &str) -> Option<Advice> {
    if let Some(letter) = stray(value, restic::LETTERS) {
        return Advice::new(
            may_not_be(letter),
            "put the whole address into a secret, and name that as `repository_secret`",
        );
    }
    let Some((kind, place)) = value.split_once(':') else {
        return Advice::new("is neither an absolute path nor a storage", "write the whole path, from / on");
    };
    let meant = match kind {
        "ssh" => match place.strip_prefix("//").and_then(|way| way.split_once('/')) {
            Some((host, path)) => format!("sftp:{host}:/{path}"),
            None => format!("sftp:{place}"),
        },
        "http" | "https" => format!("rest:{value}"),
        "local" | "file" => place.replacen("//", "", 1),
        _ if kind.contains(['@', '.']) || place.starts_with('/') && !place.starts_with("//") => {
            format!("sftp:{value}")
        }
        _ => String::new(),
    };
    let why = "restic has no such storage";
    if restic::is_repository(&meant) {
        return Advice::write(why, meant);
    }
    Advice::new(why, suggestion(kind, restic::STORAGES.iter().copied()))
}

/// `--keep-dayly 30`, and `--keep-within 30`.
pub fn keep_rule(value: &str) -> Option<Advice> {
    let rule = value.trim_start_matches('-');
    let rule = rule.strip_prefix("keep-").unwrap_or(rule);
    let (name, number) = rule.split_once([' ', '=']).unwrap_or((rule, ""));
    let number = number.trim();
    let known = restic::KEEP_RULES.iter().find(|(rule, _)| *rule == name);
    let why = if known.is_some() { "cannot be read" } else { "restic has no such rule" };
    let (name, kept) = match known {
        Some(known) => *known,
        None => {
            let meant = closest(name, restic::KEEP_RULES.iter().map(|(rule, _)| *rule));
            match restic::KEEP_RULES.iter().find(|(rule, _)| Some(*rule) == meant) {
                Some(meant) => *meant,
                None => {
                    let names: Vec<_> =
                        restic::KEEP_RULES.iter().map(|(rule, _)| format!("--keep-{rule}")).collect();
                    return Advice::new(why, format!("there are: {}", names.join(", ")));
                }
            }
        }
    };
    let in_days = format!("--keep-{name} {number}d");
    let whole = format!("--keep-{name} {number}");
    if kept == restic::Kept::Duration && restic::is_keep_rule(&in_days) {
        return Advice::write("has no unit: y, m, d or h", in_days);
    }
    if restic::is_keep_rule(&whole) {
        return Advice::write(why, whole);
    }
    let form = match kept {
        restic::Kept::Number => format!("write `--keep-{name} 14`, with how many are kept"),
        restic::Kept::Duration => {
            format!("write `--keep-{name} 30d`, with years, months, days and hours as in 1y6m")
        }
        restic::Kept::Tag => format!("write `--keep-{name} TAG`, with letters, digits and _ . : , -"),
    };
    Advice::new(why, form)
}

/// `hunter2!`, and `secrets/restic.age`.
pub fn secret_name(value: &str) -> Option<Advice> {
    if is_word(value, b"_-") {
        return Advice::new("begins with a digit or with -", "begin it with a letter");
    }
    let file = value.rsplit('/').next().and_then(|file| file.strip_suffix(".age"));
    match file.filter(|name| is_secret_name(name)) {
        Some(name) => Advice::write("is the file, and the name of the secret is needed", name),
        None => Advice::new(
            "the name of a secret belongs here, never its value",
            "put the value into NAME.age with agenix, and write NAME",
        ),
    }
}

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
    let help = format!(
        "write `{{ at: {value:?} }}`, with `repository`, `restart` and `health` in it unless a preset has them"
    );
    is_calendar(&value).then(|| Advice::new("is a time alone", help))?
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

/// `/Users/me/Pictures`.
pub fn home_path(value: &str) -> Option<Advice> {
    let below = value.strip_prefix("/Users/").or_else(|| value.strip_prefix("/home/"));
    let meant = below.and_then(|below| below.split_once('/')).map(|(_, rest)| format!("~/{rest}"));
    match meant.filter(|meant| is_home_path(meant)) {
        Some(meant) => Advice::write("does not begin with ~/", meant),
        None => path_letter(value),
    }
}

/// A letter that no path may have.
fn path_letter(value: &str) -> Option<Advice> {
    let letter = value.chars().find(|c| matches!(c, '\n' | '\r' | '\0'))?;
    Advice::new(may_not_be(letter), "take it out, or call the folder something else")
}

/// `./data`, `~/data`, and `/srv/../data`.
pub fn path(value: &str) -> Option<Advice> {
    if let Some(advice) = path_letter(value) {
        return Some(advice);
    }
    if !value.starts_with('/') {
        let whole = "write the whole path, from / on";
        return Advice::new(
            if value.starts_with('~') { "has no home to start from" } else { "is relative" },
            whole,
        );
    }
    if !is_short_enough(value) {
        let label = format!("is longer than {MAX_PATH} bytes, or has a step longer than {MAX_NAME}");
        return Advice::new(label, "choose a shorter path");
    }
    let straight = straight(value);
    (is_path(&straight) && straight != value).then_some(())?;
    Advice::write("has a step back in it, `..`, or one to nowhere, `.` or `//`", straight)
}

/// `ro,noatime`, and `ro noatime`.
pub fn mount_option(value: &str) -> Option<Advice> {
    let options: Vec<&str> = value.split([',', ' ']).filter(|option| !option.is_empty()).collect();
    if options.len() > 1 && options.iter().all(|option| is_word(option, MOUNT_OPTION)) {
        return Advice::write("holds several options", format!("[{}]", options.join(", ")));
    }
    Advice::new(may_not_be(stray(value, MOUNT_OPTION)?), "remove it")
}

/// `nas.lan/export`, and `nfs://nas.lan/export`.
pub fn nfs_export(value: &str) -> Option<Advice> {
    if let Some(letter) = value.chars().find(|c| c.is_control() || *c == '\\') {
        return Advice::new(may_not_be(letter), "remove it");
    }
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest).trim_start_matches("//");
    let (server, path) = rest.split_once('/')?;
    let meant = format!("{}:/{path}", server.trim_end_matches(':'));
    (is_nfs_export(&meant) && meant != value)
        .then(|| Advice::write("is not of the form server:/path", meant))?
}

/// `172.17.0.1/24`, which is an address in a subnet, and `172.17.0.0`.
pub fn subnet(value: &str) -> Option<Advice> {
    let mask = value.split_once('/').and_then(|(address, mask)| {
        ipnet::Ipv4Net::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()
    });
    if let Some(net) = mask {
        return Advice::write("has a mask in place of the length of its prefix", net.trunc());
    }
    if let Ok(net) = value.parse::<IpNet>() {
        return Advice::write("has host bits set", net.trunc());
    }
    let address: IpAddr = value.parse().ok()?;
    let net = IpNet::new(address, if address.is_ipv4() { 24 } else { 64 }).ok()?;
    Advice::write("does not say how long its prefix is", net.trunc())
}

/// `100.64.0.7/32`, and `1.1.1.1, 8.8.8.8`.
pub fn address(value: &str) -> Option<Advice> {
    if let Ok(net) = value.parse::<IpNet>() {
        return Advice::write("has the length of a prefix", net.addr());
    }
    let all: Option<Vec<IpAddr>> = value.split(',').map(|part| part.trim().parse().ok()).collect();
    let list: Vec<String> = all?.iter().map(|address| format!("\"{address}\"")).collect();
    Advice::new("is several addresses", format!("write each in a text of its own: `[{}]`", list.join(", ")))
}

/// `02-42-ac-11-00-02`.
pub fn mac(value: &str) -> Option<Advice> {
    let meant = value.replace('-', ":");
    is_mac(&meant).then(|| Advice::write("has hyphens", meant))?
}

/// `ghcr.io/Me/App:1`, and `https://ghcr.io/me/app`.
pub fn image(value: &str) -> Option<Advice> {
    if let Some((_, rest)) = value.split_once("://") {
        return is_image(rest).then(|| Advice::write("is an address of the web", rest))?;
    }
    // A tag may have capital letters.
    let path = value.rfind('/').map_or(0, |at| at + 1);
    let tag = value[path..].find([':', '@']).map_or(value.len(), |at| path + at);
    let mut meant = value[..tag].to_lowercase() + &value[tag..];
    (meant != value).then_some(())?;
    if !is_image(&meant) {
        let library = if meant.contains('/') { "" } else { "library/" };
        meant = format!("docker.io/{library}{meant}");
    }
    is_image(&meant)
        .then(|| Advice::write("its name has capital letters, and names of images are lower case", meant))?
}

/// `2020-01-01` and `*-02-30`, which do not come again; `0 4 * * *` and `@daily`, which are cron's
/// (crontab(5)).
pub fn calendar(value: &str) -> Option<Advice> {
    if is_calendar(value) {
        return match without_year(value) {
            Some(meant) => Advice::new("does not come again after this year", format!("write \"{meant}\"")),
            None => Advice::new("no month that it names has this day", "write a day that the month has"),
        };
    }
    let meant = match value.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
        [word] => word.strip_prefix('@')?.to_owned(),
        ["0", "*", "*", "*", "*"] => "hourly".to_owned(),
        [minute, hour, day, month, weekday] => {
            // Cron's `*/15` starts at 0, and systemd's has to say so.
            let time = |field: &str| match field.strip_prefix("*/") {
                Some(step) => format!("00/{step}"),
                None if field.len() == 1 && field != "*" => format!("0{field}"),
                None => field.to_owned(),
            };
            let clock = format!("{}:{}", time(hour), time(minute));
            let date = match (*day, *month) {
                ("*", "*") => String::new(),
                (day, month) => format!("*-{}-{} ", time(month), time(day)),
            };
            let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let weekday = match weekday.parse::<usize>() {
                Ok(number) => format!("{} ", names.get(number)?),
                Err(_) if *weekday == "*" => String::new(),
                Err(_) => format!("{} ", weekday.replace('-', "..")),
            };
            format!("{weekday}{date}{clock}")
        }
        _ => return None,
    };
    let why = "this is cron's form";
    if is_calendar(&meant) {
        return Advice::new(why, format!("write \"{meant}\""));
    }
    Advice::new(why, "write a time such as daily, \"04:00\" or \"Mon *-*-* 04:00\"")
}

/// `https://ghcr.io`, and `ghcr.io/me`.
pub fn registry(value: &str) -> Option<Advice> {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = rest.split('/').next().filter(|host| is_registry(host))?;
    Advice::write("is more than the name of a host", host)
}

/// `plex.service`, and `backup.timer`.
pub fn service_unit(value: &str) -> Option<Advice> {
    let (name, kind) = value.rsplit_once('.')?;
    is_service_unit(name).then_some(())?;
    match kind {
        "service" => Advice::write("has its kind with it, and only services are meant", name),
        "timer" => Advice::write("is a timer, and what fails is its service", name),
        kind => Advice::new(format!("is a {kind}, and only a service tells"), "name a service"),
    }
}

/// `NET_ADMN`.
pub fn capability(value: &str) -> Option<Advice> {
    let upper = value.to_uppercase();
    let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
    let meant = closest(name, podman::CAPABILITIES.iter().copied())?;
    Advice::new("Linux has none of this name", format!("did you mean `{meant}`?"))
}

/// `SIGTREM`.
pub fn signal(value: &str) -> Option<Advice> {
    let upper = value.to_uppercase();
    let meant = closest(upper.strip_prefix("SIG").unwrap_or(&upper), podman::SIGNALS.iter().copied())?;
    Advice::new("Linux has none of this name", format!("did you mean `SIG{meant}`?"))
}

/// `dri`, and `/dev/kvm:/dev/kvm:rwx`.
pub fn device(value: &str) -> Option<Advice> {
    if value.starts_with("/dev/serial/by-path/") {
        return Advice::new(
            "has colons in it, and Podman cannot quote them",
            "name the device by its link in /dev/serial/by-id, which has none: `ls -l /dev/serial/by-id` shows them",
        );
    }
    if value.starts_with("/dev/") && value.contains("/by-path/") {
        return Advice::new(
            "has colons in it, and Podman cannot quote them",
            "name the device by what the link leads to, or by a link in by-id, which has no colons",
        );
    }
    if value.starts_with("/dev/") {
        let form = "write /dev/HOST:/dev/CONTAINER:rwm, or less: r reads, w writes, m makes nodes";
        return Advice::new("what is behind the path cannot be read", form);
    }
    if value.starts_with('/') {
        return Advice::new("lies outside of /dev", "a file or a folder is mounted under `volumes`");
    }
    let meant = format!("/dev/{value}");
    podman::is_device(&meant).then(|| Advice::write("is no path", meant))?
}

/// `tmp`, and `/tmp:size=lots`.
pub fn tmpfs(value: &str) -> Option<Advice> {
    if podman::bad_option(&[value], true).is_none() {
        let help =
            "put the whole tmpfs in quotes, as in \"/tmp:size=64m,mode=1777\": a comma ends an item of `[ ]`";
        return Advice::new("an option of a tmpfs", help);
    }
    let (folder, options) = value.split_once(':')?;
    is_path(folder).then_some(())?;
    match podman::bad_option(&options.split(',').collect::<Vec<_>>(), true)?.1 {
        BadOption::Both(one, other) => {
            Advice::new(format!("`{one}` and `{other}` exclude each other"), "keep one of the two")
        }
        BadOption::Value(option) => {
            Advice::new(format!("`{option}` cannot be read"), "write it as in size=64m and mode=1777")
        }
        BadOption::Unknown(option) if podman::is_tmpfs_owner(option) => Advice::new(
            format!("Podman has no `{option}` for a tmpfs, which is root's"),
            "write `mode=1777` in its place: any user may write there",
        ),
        BadOption::Unknown(option) => Advice::new(
            format!("Podman knows no option `{option}` of a tmpfs"),
            match podman::closest_option(option, true) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "take it out; there are size=, mode=, ro, noexec, nosuid, nodev and more".to_owned(),
            },
        ),
    }
}

/// `hots`.
pub fn ipc(value: &str) -> Option<Advice> {
    namespace(value, &["host", "none", "private", "shareable"])
}

/// The same for the PID namespace.
pub fn pid(value: &str) -> Option<Advice> {
    namespace(value, &["host", "private"])
}

/// `keep-id`, which root has not.
pub fn userns(value: &str) -> Option<Advice> {
    match value.split(':').next() {
        Some("keep-id" | "nomap") => Advice::new(
            "Podman has it for users, and this container is root's",
            "write `auto`, or take it out",
        ),
        _ => namespace(value, &["auto", "host"]),
    }
}

fn namespace(value: &str, modes: &[&str]) -> Option<Advice> {
    if value.starts_with("service:") {
        return Advice::new("is Compose's", "write `container:` and the container's name on the host");
    }
    let meant = closest(value, modes.iter().copied())?;
    Advice::new("is no mode of it", format!("did you mean `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(advice: Option<Advice>) -> String {
        advice.map(|a| a.help).unwrap_or_default()
    }

    #[test]
    fn what_was_meant() {
        for (advice, meant) in [
            (size("512 megabytes"), "write `512m`"),
            (size("3"), "write `3m` or `3g`; bytes are `3b`"),
            (duration("1d"), "write `24h`"),
            (duration("30 s"), "write `30s`"),
            (duration("99999999999999999999d"), ""),
            (path("/srv/../data/./x"), "write `/data/x`"),
            (decimal("0,5"), "write `0.5`"),
            (domain("https://example.org/x"), "write `example.org`"),
            (domain(&"a".repeat(73)), "shorten it by 10"),
            (domain("my host"), "use letters, digits, `-` and `.`"),
            (domain("-nas-"), "write `nas`"),
            (path("srv"), "write the whole path, from / on"),
            (subnet("172.17.0.1/24"), "write `172.17.0.0/24`"),
            (subnet("172.17.0.1"), "write `172.17.0.0/24`"),
            (image("ghcr.io/Me/App:V1"), "write `ghcr.io/me/app:V1`"),
            (image("Redis:7"), "write `docker.io/library/redis:7`"),
            (calendar("0 4 * * *"), "write \"04:00\""),
            (calendar("*/15 * * * *"), "write \"*:00/15\""),
            (calendar("30 4 1 * *"), "write \"*-*-01 04:30\""),
            (calendar("0 4 * * 1-5"), "write a time such as daily, \"04:00\" or \"Mon *-*-* 04:00\""),
            (calendar("0 4 * * mon-fri"), "write \"mon..fri 04:00\""),
            (calendar("@daily"), "write \"daily\""),
            (calendar("2026-12-24 18:00"), "write \"*-12-24 18:00\""),
            (calendar("2026-02-30"), "write a day that the month has"),
            (path("/srv/a\nb"), "take it out, or call the folder something else"),
            (home_path("/Users/me/Upload"), "write `~/Upload`"),
            (http_path("http://127.0.0.1:80/ping"), "write `/ping`"),
            (http_path("ping"), "write `/ping`"),
            (http_path("/a b"), "write it as %20, or take it out"),
            (web_address("ntfy.sh/x"), "write `https://ntfy.sh/x`"),
            (web_address("https://ntfy.sh/ü"), "write it as %C3%BC, or take it out"),
            (web_address("https://ntfy.sh"), "write the topic behind it: https://ntfy.sh/TOPIC"),
            (restic_repository("me@nas:/backups"), "write `sftp:me@nas:/backups`"),
            (restic_repository("nas:/backups"), "write `sftp:nas:/backups`"),
            (restic_repository("ssh://me@nas/backups"), "write `sftp:me@nas:/backups`"),
            (restic_repository("https://nas:8000/me"), "write `rest:https://nas:8000/me`"),
            (restic_repository("local:/srv/x"), "write `/srv/x`"),
            (restic_repository("backups"), "write the whole path, from / on"),
            (keep_rule("--keep-dayly 30"), "write `--keep-daily 30`"),
            (keep_rule("daily 30"), "write `--keep-daily 30`"),
            (keep_rule("--keep-within 30"), "write `--keep-within 30d`"),
            (keep_rule("--keep-last"), "write `--keep-last 14`, with how many are kept"),
            (secret_name("secrets/restic.age"), "write `restic`"),
            (secret_name("hunter2!"), "put the value into NAME.age with agenix, and write NAME"),
            (upstream("HTTP://vaultwarden:80/x"), "write `vaultwarden:80`"),
            (
                upstream("HTTPS://192.168.1.1:8443"),
                "write the proxy under `extra` in place of `to`: `reverse_proxy https://192.168.1.1:8443 {`, and in \
                 its block `transport http` with `tls_insecure_skip_verify` if the certificate is not for this name",
            ),
            (upstream("vaultwarden"), "write `vaultwarden:PORT`, with the port that it listens on"),
            (upstream("a:b:c"), ""),
            (repository("https://github.com/immich-app/immich"), "write `immich-app/immich`"),
            (repository("https://www.github.com/a/b.git"), "write `a/b`"),
            (repository("git@github.com:a/b.git"), "write `a/b`"),
            (repository("github.com/a/b/releases"), "write `a/b`"),
            (repository("https://codeberg.org/a/b"), "name its mirror on GitHub, or take `update` out"),
        ] {
            assert_eq!(help(advice), meant);
        }
    }

    #[test]
    fn a_letter_that_may_not_be_there_is_named() {
        for (advice, why) in [
            (path("/srv/a\nb"), "a line break may not be in it"),
            (http_path("/a b"), "a space may not be in it"),
            (web_address("https://ntfy.sh/ü"), "`ü` may not be in it"),
            (
                web_address("https://me:password@ntfy.sh/x"),
                "has a login in it, which everyone on the host could read",
            ),
            (web_address("https://my_server:8080/x"), "`_` may not be in it"),
            (restic_repository("sftp:me@nas:/a\u{200b}b"), "U+200B may not be in it"),
        ] {
            assert_eq!(advice.map(|advice| advice.why).unwrap_or_default(), why);
        }
    }
}
