//! The arguments of `podman run`, read as Podman reads them (pflag): `--name=value`, `--name value`, `-n value`,
//! `-nvalue` and `-itn value`.

use crate::source::Span;
use crate::tree::Text;

/// The options without a value (podman-run(1), and the sources at [`VALUES`]). Every other one takes the next word.
const SWITCHES: &[&str] = &[
    "detach",
    "disable-content-trust",
    "env-host",
    "help",
    "http-proxy",
    "init",
    "interactive",
    "no-healthcheck",
    "no-hostname",
    "no-hosts",
    "oom-kill-disable",
    "passwd",
    "privileged",
    "publish-all",
    "quiet",
    "read-only",
    "read-only-tmpfs",
    "replace",
    "rm",
    "rmi",
    "rootfs",
    "sig-proxy",
    "syslog",
    "tls-verify",
    "trace",
    "transient-store",
    "tty",
    "unsetenv-all",
];

/// The options with a value of Podman 4.0 to 6.0, hidden ones included (cmd/podman/common/create.go and netflags.go,
/// cmd/podman/containers/run.go).
const VALUES: &[&str] = &[
    "add-host",
    "annotation",
    "arch",
    "attach",
    "authfile",
    "blkio-weight",
    "blkio-weight-device",
    "cap-add",
    "cap-drop",
    "cert-dir",
    "cgroup-conf",
    "cgroup-parent",
    "cgroupns",
    "cgroups",
    "chrootdirs",
    "cidfile",
    "conmon-pidfile",
    "cpu-period",
    "cpu-quota",
    "cpu-rt-period",
    "cpu-rt-runtime",
    "cpu-shares",
    "cpus",
    "cpuset-cpus",
    "cpuset-mems",
    "creds",
    "decryption-key",
    "detach-keys",
    "device",
    "device-cgroup-rule",
    "device-read-bps",
    "device-read-iops",
    "device-write-bps",
    "device-write-iops",
    "dns",
    "dns-option",
    "dns-search",
    "entrypoint",
    "env",
    "env-file",
    "env-merge",
    "expose",
    "gidmap",
    "gpus",
    "group-add",
    "group-entry",
    "health-cmd",
    "health-interval",
    "health-log-destination",
    "health-max-log-count",
    "health-max-log-size",
    "health-on-failure",
    "health-retries",
    "health-start-period",
    "health-startup-cmd",
    "health-startup-interval",
    "health-startup-retries",
    "health-startup-success",
    "health-startup-timeout",
    "health-timeout",
    "hostname",
    "hosts-file",
    "hostuser",
    "image-volume",
    "init-path",
    "ip",
    "ip6",
    "ipc",
    "kernel-memory",
    "label",
    "label-file",
    "link-local-ip",
    "log-driver",
    "log-opt",
    "mac-address",
    "memory",
    "memory-reservation",
    "memory-swap",
    "memory-swappiness",
    "mount",
    "name",
    "network",
    "network-alias",
    "oom-score-adj",
    "os",
    "passwd-entry",
    "personality",
    "pid",
    "pidfile",
    "pids-limit",
    "platform",
    "pod",
    "pod-id-file",
    "preserve-fd",
    "preserve-fds",
    "publish",
    "pull",
    "rdt-class",
    "requires",
    "restart",
    "retry",
    "retry-delay",
    "sdnotify",
    "seccomp-policy",
    "secret",
    "security-opt",
    "shm-size",
    "shm-size-systemd",
    "signature-policy",
    "stop-signal",
    "stop-timeout",
    "subgidname",
    "subuidname",
    "sysctl",
    "systemd",
    "timeout",
    "tmpfs",
    "tz",
    "uidmap",
    "ulimit",
    "umask",
    "unsetenv",
    "user",
    "userns",
    "uts",
    "variant",
    "volume",
    "volumes-from",
    "workdir",
];

/// The options with a value that every command of Podman takes (the persistent flags of cmd/podman/root.go).
const GLOBAL: &[&str] = &[
    "cdi-spec-dir",
    "cgroup-manager",
    "conmon",
    "cpu-profile",
    "db-backend",
    "default-mounts-file",
    "events-backend",
    "hooks-dir",
    "imagestore",
    "log-level",
    "max-workers",
    "memory-profile",
    "namespace",
    "network-backend",
    "network-cmd-path",
    "network-config-dir",
    "pull-option",
    "registries-conf",
    "root",
    "runroot",
    "runtime",
    "runtime-flag",
    "storage-driver",
    "storage-opt",
    "tmpdir",
    "volumepath",
];

/// The options of one letter, and other names of one option (cmd/podman/utils/alias.go).
const NAMES: &[(&str, &str)] = &[
    ("a", "attach"),
    ("c", "cpu-shares"),
    ("d", "detach"),
    ("e", "env"),
    ("h", "hostname"),
    ("i", "interactive"),
    ("l", "label"),
    ("m", "memory"),
    ("p", "publish"),
    ("P", "publish-all"),
    ("q", "quiet"),
    ("t", "tty"),
    ("u", "user"),
    ("v", "volume"),
    ("w", "workdir"),
    ("dns-opt", "dns-option"),
    ("healthcheck-command", "health-cmd"),
    ("healthcheck-interval", "health-interval"),
    ("healthcheck-retries", "health-retries"),
    ("healthcheck-start-period", "health-start-period"),
    ("healthcheck-timeout", "health-timeout"),
    ("net", "network"),
    ("override-arch", "arch"),
    ("override-os", "os"),
    ("override-variant", "variant"),
];

/// The options whose value is several, with commas between them (StringSliceVar in Podman's cmd/podman/common/create.go
/// and netflags.go).
const LISTS: &[&str] = &[
    "add-host",
    "annotation",
    "cap-add",
    "cap-drop",
    "device",
    "device-cgroup-rule",
    "dns",
    "dns-option",
    "dns-search",
    "env-file",
    "expose",
    "group-add",
    "label-file",
    "log-opt",
    "publish",
    "sysctl",
    "ulimit",
];

/// An option with which the unit of a container does not work.
struct Harmful {
    name: &'static str,
    /// Whether a value does harm. It is given without what follows a colon.
    is_harmful: fn(&str) -> bool,
    /// What it does, and what to do.
    consequence: (&'static str, &'static str),
}

/// The options that NixOS sets for the unit (nixos/modules/virtualisation/oci-containers.nix), and those that Podman refuses
/// beside them or for containers of root.
const HARMFUL: &[Harmful] = &[
    Harmful {
        name: "cidfile",
        is_harmful: |_| true,
        consequence: (
            "the unit would not find the container to stop it",
            "remove it: NixOS writes the file /run/NAME/ctr-id",
        ),
    },
    // crun refuses both on control groups of version 2 (write_memory_resources in cgroup-resources.c).
    Harmful {
        name: "memory-swappiness",
        is_harmful: |value| value != "-1",
        consequence: (
            "the container would not start: control groups of version 2 have no swappiness",
            "remove it",
        ),
    },
    Harmful {
        name: "name",
        is_harmful: |_| true,
        consequence: (
            "the unit, backups and other containers know it by another name",
            "remove it: the name follows from those of the service and the container",
        ),
    },
    Harmful {
        name: "oom-kill-disable",
        is_harmful: |value| !matches!(value, "false" | "0"),
        consequence: (
            "the container would not start: control groups of version 2 always have the OOM killer",
            "remove it",
        ),
    },
    Harmful {
        name: "restart",
        is_harmful: |value| !matches!(value, "no" | "on-failure"),
        consequence: (
            "Podman refuses it beside `--rm`, which NixOS sets",
            "remove it, and write `restart`: systemd restarts the container",
        ),
    },
    Harmful {
        name: "rootfs",
        is_harmful: |value| !matches!(value, "false" | "0"),
        consequence: ("Podman takes the image for the path of a folder", "remove it"),
    },
    Harmful {
        name: "sdnotify",
        is_harmful: |value| !matches!(value, "conmon" | "container" | "healthy"),
        consequence: ("the unit would wait for its start without end", "remove it"),
    },
    Harmful {
        name: "userns",
        is_harmful: |value| matches!(value, "keep-id" | "nomap"),
        consequence: (
            "Podman refuses it for containers of root, which these are",
            "remove it, or write `userns_mode: auto`",
        ),
    },
];

/// What `--network` takes in place of the name of a network (ParseNetworkFlag in Podman's pkg/specgen/namespaces.go).
const NETWORK_MODES: &[&str] =
    &["bridge", "container", "default", "host", "none", "ns", "pasta", "private", "slirp4netns"];

/// One option of `podman run`.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its long name, without the dashes.
    pub name: String,
    /// Its value, unless it is a switch that stands alone.
    pub value: Option<Text>,
    /// Where it stands, with its value.
    pub span: Span,
}

impl Argument {
    /// Whether Podman has an option of this name.
    pub fn is_known(&self) -> bool {
        options().any(|option| option == self.name)
    }

    /// Whether it is a switch that is on.
    pub fn is_on(&self) -> bool {
        // strconv.ParseBool of Go, which pflag uses.
        let on = |text: &Text| matches!(text.value().as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True");
        self.value.as_ref().is_none_or(on)
    }

    /// Its values: several where Podman splits them.
    pub fn values(&self) -> Vec<String> {
        let Some(value) = &self.value else { return Vec::new() };
        if LISTS.contains(&self.name.as_str()) { fields(&value.value()) } else { vec![value.value()] }
    }

    /// Whether it is `--network` with a mode, beside which Podman takes no other network.
    pub fn is_network_mode(&self) -> bool {
        let mode = self.value.as_ref().map(|value| value.value()).unwrap_or_default();
        self.name == "network" && NETWORK_MODES.contains(&mode.split(':').next().unwrap_or_default())
    }

    /// Where the unit of the container `own_name` does not work with it: what it does, and what to do.
    pub fn harm(&self, own_name: &str) -> Option<(&'static str, &'static str)> {
        let row = HARMFUL.iter().find(|row| row.name == self.name)?;
        let is_switch = SWITCHES.contains(&row.name);
        let value = self.value.as_ref().map(Text::value).or(is_switch.then(String::new))?;
        let is_own_name = self.name == "name" && value == own_name;
        // `on-failure:3` has a number of attempts, `keep-id:uid=1000` options.
        let word = value.split(':').next().unwrap_or_default();
        (!is_own_name && (row.is_harmful)(word)).then_some(row.consequence)
    }
}

/// The long names of all options of `podman run`.
pub fn options() -> impl Iterator<Item = &'static str> {
    VALUES.iter().chain(SWITCHES).chain(GLOBAL).copied()
}

/// A word with which Podman does not start a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It belongs to no option, so that Podman takes it for the image.
    Alone,
    /// An option and its value, which are two words.
    OneWord,
    /// The last option has no value, so that Podman takes the image for it.
    NoValue,
}

/// The options in a list of words.
pub fn arguments(words: &[Text]) -> Vec<Argument> {
    read(words).0
}

/// The words in a list that are mistakes.
pub fn mistakes(words: &[Text]) -> Vec<(Mistake, Span)> {
    read(words).1
}

fn read(words: &[Text]) -> (Vec<Argument>, Vec<(Mistake, Span)>) {
    let mut found = Vec::new();
    let mut mistakes = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let written = word.value();
        let name_ends = written.find('=').unwrap_or(written.len());
        if written.starts_with('-') && written[..name_ends].contains(char::is_whitespace) {
            mistakes.push((Mistake::OneWord, word.span));
            continue;
        }
        let (names, value) = match (written.strip_prefix("--"), written.strip_prefix('-')) {
            (Some(long), _) => match long.split_once('=') {
                Some((name, _)) => (vec![name.to_owned()], Some(after(word, name.len() + 3))),
                None => (vec![long.to_owned()], None),
            },
            (None, Some(short)) => letters(word, short),
            (None, None) => {
                mistakes.push((Mistake::Alone, word.span));
                continue;
            }
        };
        for (i, name) in names.iter().enumerate() {
            let long = NAMES.iter().find(|(other, _)| other == name).map_or(name.as_str(), |(_, long)| long);
            let mut argument = Argument { name: long.to_owned(), value: None, span: word.span };
            if i + 1 == names.len() {
                argument.value = value.clone();
                if argument.value.is_none() && !SWITCHES.contains(&long) {
                    // An unknown option may be a switch.
                    let is_known = argument.is_known();
                    let next = words.next_if(|next| is_known || !next.value().starts_with('-'));
                    argument.span = next.map_or(word.span, |next| both(word.span, next.span));
                    argument.value = next.cloned();
                    mistakes.extend((is_known && next.is_none()).then_some((Mistake::NoValue, word.span)));
                }
            }
            found.push(argument);
        }
    }
    (found, mistakes)
}

/// The fields of a line of CSV, as which Podman reads lists and mounts: `type=bind,"src=/a,b",dst=/c`.
pub fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is one from the start");
        match character {
            // Two quotes in a quoted field are one.
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

/// The letters of `-itv…`, of which the last may take a value, and the value that stands right behind it.
fn letters(word: &Text, short: &str) -> (Vec<String>, Option<Text>) {
    let mut names = Vec::new();
    for (at, letter) in short.char_indices() {
        names.push(letter.to_string());
        let rest = &short[at + letter.len_utf8()..];
        let long = NAMES.iter().find(|(name, _)| *name == letter.to_string()).map(|(_, long)| *long);
        if rest.starts_with('=') {
            return (names, Some(after(word, 1 + at + letter.len_utf8() + 1)));
        }
        if !rest.is_empty() && !long.is_some_and(|long| SWITCHES.contains(&long)) {
            return (names, Some(after(word, 1 + at + letter.len_utf8())));
        }
    }
    (names, None)
}

/// The text from a byte of its value on.
fn after(text: &Text, at: usize) -> Text {
    text.split_at(at).1
}

fn both(first: Span, second: Span) -> Span {
    match first.source == second.source && first.start <= second.start {
        true => Span { end: second.end, ..first },
        false => second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Vec<(String, Option<String>)> {
        let words: Vec<Text> = words.iter().map(|word| Text::literal(*word, Span::default())).collect();
        arguments(&words).into_iter().map(|a| (a.name, a.value.map(|v| v.value()))).collect()
    }

    #[test]
    fn every_spelling_of_an_option() {
        let one = |name: &str, value: &str| vec![(name.to_owned(), Some(value.to_owned()))];
        assert_eq!(read(&["--pid=host"]), one("pid", "host"));
        assert_eq!(read(&["--pid", "host"]), one("pid", "host"));
        assert_eq!(read(&["--net=host"]), one("network", "host"));
        assert_eq!(read(&["-v", "/:/host"]), one("volume", "/:/host"));
        assert_eq!(read(&["-v/:/host"]), one("volume", "/:/host"));
        assert_eq!(read(&["-e=A=b"]), one("env", "A=b"));
        assert_eq!(read(&["--annotation", "--privileged"]), one("annotation", "--privileged"));
        assert_eq!(read(&["--privileged"]), vec![("privileged".to_owned(), None)]);
        assert_eq!(
            read(&["-itu", "root"]),
            vec![
                ("interactive".to_owned(), None),
                ("tty".to_owned(), None),
                ("user".to_owned(), Some("root".to_owned()))
            ]
        );
        assert_eq!(read(&["--pid"]), vec![("pid".to_owned(), None)]);
    }

    #[test]
    fn words_that_podman_does_not_start_with() {
        for (words, mistake) in [
            (&["--pid host"][..], Some(Mistake::OneWord)),
            (&["-v /a:/b"], Some(Mistake::OneWord)),
            (&["--label a=b"], Some(Mistake::OneWord)),
            (&["--pid=host", "host"], Some(Mistake::Alone)),
            (&["--privileged", "true"], Some(Mistake::Alone)),
            (&["--init", "--pid"], Some(Mistake::NoValue)),
            (&["-v"], Some(Mistake::NoValue)),
            (&["--health-cmd", "curl -f http://x", "--init", "-it", "--label=a=b c"], None),
        ] {
            let words: Vec<Text> = words.iter().map(|word| Text::literal(*word, Span::default())).collect();
            assert_eq!(mistakes(&words).first().map(|(mistake, _)| *mistake), mistake, "{words:?}");
        }
        assert_eq!(fields("type=bind,\"src=/a,b\",\"x\"\"y\""), ["type=bind", "src=/a,b", "x\"y"]);
    }
}
