//! The keys of a Compose file, with the shapes of their values: compose-go's `schema/compose-spec.json`, and the types to
//! which its loader casts.
//!
//! ```yaml
//! ports: ["8080:80"]     # Formed: every written shape becomes one canonical form
//! init: yes              # Flag: the word is cast
//! ```

use super::canonical::{Canon, device, hosts, list, mode, number, port, volume, words};
use crate::project::Node;

/// A mapping with fixed keys.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The mapping in a message, such as `a service`.
    pub noun: &'static str,
    /// The keys, with the shapes of their values.
    pub keys: &'static [(&'static str, Shape)],
    /// The keys that each such mapping has.
    pub required: &'static [&'static str],
    /// Keys `x-…` may stand in it.
    pub has_extensions: bool,
}

/// A shape of values.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any value.
    Any,
    /// An empty value.
    Null,
    /// A string.
    Text,
    /// A string of a form.
    Form(Form),
    /// One of several words.
    Word(&'static [&'static str]),
    /// A boolean, or a string that means one.
    Flag,
    /// A boolean without quotes.
    Boolean,
    /// An integer from the first to the second number, or a string with one.
    Integer(i64, i64),
    /// A number, or a string with one.
    Number,
    /// A number.
    PlainNumber,
    /// A string or a number, and a boolean if that is true. It becomes a string.
    Printed(bool),
    /// A list.
    List(&'static Shape),
    /// A list in which no entry may stand twice.
    Unique(&'static Shape),
    /// A mapping with keys of the user.
    Entries(&'static Shape),
    /// A mapping with names of services, networks or other parts as keys.
    Named(&'static Shape),
    /// A mapping with fixed keys.
    Keys(&'static Keys),
    /// One of several shapes, which differ in their YAML type.
    Either(&'static [Shape]),
    /// A shape that a function brings into the canonical form.
    Formed(&'static Shape, fn(&mut Node, &mut Canon)),
}

/// A form of strings.
#[derive(Debug)]
pub(crate) struct Form {
    /// The form in a message, such as `a duration`.
    pub noun: &'static str,
    /// The expected syntax.
    pub expected: &'static str,
    /// The usual unit, for a number without one.
    pub unit: Option<&'static str>,
    /// Tells whether a text has the form.
    pub matches: fn(&str) -> bool,
}

impl Keys {
    /// The shape of the values of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Shape> {
        self.keys.iter().find(|(name, _)| *name == key).map(|(_, shape)| shape)
    }
}

use Shape::*;

const DURATION: Shape = Form(Form {
    noun: "a duration",
    expected: "numbers with units, such as `1m30s`",
    unit: Some("s"),
    matches: number::is_duration,
});
const SIZE: Form = Form {
    noun: "a size",
    expected: "a number and a unit: b, k, m, g, t or p",
    unit: Some("m"),
    matches: number::is_size,
};
const SIZE_TEXT: Shape = Form(SIZE);
/// A number of bytes, or a text with a unit.
const BYTES: Shape = Either(&[Integer(i64::MIN, i64::MAX), Form(SIZE)]);
const TEXTS: Shape = List(&Text);
const UNIQUE_TEXTS: Shape = Unique(&Text);
const TEXT_OR_TEXTS: Shape = Formed(&Either(&[Text, UNIQUE_TEXTS]), list::from_text);
const FLAG_OR_TEXT: Shape = Either(&[Text, Boolean]);
const VALUES: Shape = Either(&[Entries(&Either(&[Printed(true), Null])), TEXTS]);
/// `KEY` alone stays without a value.
const VARIABLES: Shape = Formed(&VALUES, list::variables);
/// `KEY` alone has the empty value.
const LABELS: Shape = Formed(&VALUES, list::labels);
const OPTIONS: Shape = Entries(&Printed(false));
const EXTRA_HOSTS: Shape = Formed(&Either(&[Entries(&Either(&[Text, TEXTS])), UNIQUE_TEXTS]), hosts::expand);
const COMMAND: Shape = Formed(&Either(&[Null, Text, TEXTS]), words::command);
const ANY_INTEGER: Shape = Integer(i64::MIN, i64::MAX);
const ULIMITS: Shape = Entries(&Either(&[ANY_INTEGER, Keys(&ULIMIT)]));
const MOUNTED_CONFIGS: Shape = List(&Formed(&Either(&[Text, Keys(&FILE_MOUNT)]), list::source));
const EXTERNAL: Shape = Either(&[Flag, Keys(&EXTERNAL_NAME)]);

/// The top level of a file.
pub(crate) static FILE: Keys = Keys {
    noun: "a Compose file",
    keys: &[
        ("version", Text),
        ("name", Text),
        ("include", List(&Formed(&Either(&[Text, Keys(&INCLUDE)]), list::include))),
        ("services", Named(&Keys(&SERVICE))),
        ("models", Entries(&Keys(&MODEL))),
        ("networks", Entries(&NETWORK_VALUE)),
        ("volumes", Named(&VOLUME_VALUE)),
        ("secrets", Named(&SECRET_VALUE)),
        ("configs", Named(&CONFIG_VALUE)),
    ],
    required: &[],
    has_extensions: true,
};

/// An entry of the top-level `networks`.
pub(crate) static NETWORK_VALUE: Shape = Either(&[Null, Formed(&Keys(&NETWORK), list::external)]);
/// An entry of the top-level `volumes`.
pub(crate) static VOLUME_VALUE: Shape = Either(&[Null, Formed(&Keys(&VOLUME), list::external_volume)]);
/// An entry of the top-level `secrets`.
pub(crate) static SECRET_VALUE: Shape = Formed(&Keys(&SECRET), list::file_object);
/// An entry of the top-level `configs`.
pub(crate) static CONFIG_VALUE: Shape = Formed(&Keys(&CONFIG), list::file_object);

/// An entry of `include`.
pub(crate) static INCLUDE: Keys = Keys {
    noun: "an entry of `include`",
    keys: &[("path", TEXT_OR_TEXTS), ("env_file", TEXT_OR_TEXTS), ("project_directory", Text)],
    required: &[],
    has_extensions: false,
};

/// A service.
pub(crate) static SERVICE: Keys = Keys {
    noun: "a service",
    keys: &[
        ("annotations", LABELS),
        ("attach", Flag),
        ("blkio_config", Keys(&BLKIO_CONFIG)),
        ("build", Formed(&Either(&[Text, Keys(&BUILD)]), list::build)),
        ("cap_add", TEXTS),
        ("cap_drop", TEXTS),
        ("cgroup", Word(&["host", "private"])),
        ("cgroup_parent", Text),
        ("command", COMMAND),
        ("configs", MOUNTED_CONFIGS),
        (
            "container_name",
            Form(Form {
                noun: "a container name",
                expected: "two or more letters, digits, `_`, `.` or `-`",
                unit: None,
                matches: number::is_container_name,
            }),
        ),
        ("cpu_count", Integer(0, i64::MAX)),
        ("cpu_percent", Integer(0, 100)),
        ("cpu_period", ANY_INTEGER),
        ("cpu_quota", ANY_INTEGER),
        ("cpu_rt_period", ANY_INTEGER),
        ("cpu_rt_runtime", ANY_INTEGER),
        ("cpu_shares", ANY_INTEGER),
        ("cpus", Number),
        ("cpuset", Text),
        ("credential_spec", Keys(&CREDENTIAL_SPEC)),
        ("depends_on", Formed(&Either(&[UNIQUE_TEXTS, Named(&Keys(&DEPENDENCY))]), list::depends_on)),
        ("deploy", Either(&[Null, Keys(&DEPLOY)])),
        ("develop", Either(&[Null, Keys(&DEVELOP)])),
        ("device_cgroup_rules", UNIQUE_TEXTS),
        ("devices", List(&Formed(&Either(&[Text, Keys(&DEVICE)]), device::expand))),
        ("dns", DNS),
        ("dns_opt", TEXTS),
        ("dns_search", TEXT_OR_LIST),
        ("domainname", Text),
        ("entrypoint", COMMAND),
        ("env_file", Formed(&Either(&[Text, List(&Either(&[Text, Keys(&ENV_FILE)]))]), list::env_file)),
        ("environment", VARIABLES),
        (
            "expose",
            List(&Either(&[
                Form(Form {
                    noun: "an exposed port",
                    expected: "a port, or a range such as `3000-3010`, and an optional `/tcp` or `/udp`",
                    unit: None,
                    matches: number::is_exposed_port,
                }),
                ANY_INTEGER,
            ])),
        ),
        ("extends", Formed(&Either(&[Text, Keys(&EXTENDS)]), list::extends)),
        ("external_links", UNIQUE_TEXTS),
        ("extra_hosts", EXTRA_HOSTS),
        ("gpus", Formed(&Either(&[Word(&["all"]), List(&Formed(&Keys(&GPU), device::count))]), device::gpus)),
        ("group_add", Unique(&Printed(false))),
        ("healthcheck", Keys(&HEALTHCHECK)),
        ("hostname", Text),
        ("image", Text),
        ("init", Flag),
        ("ipc", Text),
        ("isolation", Text),
        ("label_file", Formed(&Either(&[Text, TEXTS]), list::from_text)),
        ("labels", LABELS),
        ("links", TEXTS),
        ("logging", Keys(&LOGGING)),
        ("mac_address", Text),
        ("mem_limit", BYTES),
        ("mem_reservation", BYTES),
        ("mem_swappiness", BYTES),
        ("memswap_limit", BYTES),
        (
            "models",
            Formed(&Either(&[UNIQUE_TEXTS, Entries(&Either(&[Null, Keys(&MODEL_USE)]))]), list::names),
        ),
        ("network_mode", Text),
        (
            "networks",
            Formed(&Either(&[UNIQUE_TEXTS, Named(&Either(&[Null, Keys(&NETWORK_USE)]))]), list::names),
        ),
        ("oom_kill_disable", Flag),
        ("oom_score_adj", Integer(-1000, 1000)),
        ("pid", Either(&[Null, Text])),
        ("pids_limit", ANY_INTEGER),
        ("platform", Text),
        ("ports", Formed(&List(&Either(&[Text, PlainNumber, Keys(&PORT)])), port::expand)),
        ("post_start", List(&Keys(&HOOK))),
        ("pre_start", List(&Keys(&PRE_START_HOOK))),
        ("pre_stop", List(&Keys(&HOOK))),
        ("privileged", Flag),
        ("profiles", TEXTS),
        ("provider", Keys(&PROVIDER)),
        (
            "pull_policy",
            Form(Form {
                noun: "a pull policy",
                expected: "always, never, build, missing, refresh, daily, weekly or `every_` and a duration",
                unit: None,
                matches: number::is_pull_policy,
            }),
        ),
        ("pull_refresh_after", Text),
        ("read_only", Flag),
        ("restart", Text),
        ("runtime", Text),
        ("scale", Integer(0, i64::MAX)),
        ("secrets", List(&Formed(&Either(&[Text, Keys(&FILE_MOUNT)]), list::secret))),
        ("security_opt", UNIQUE_TEXTS),
        ("shm_size", BYTES),
        ("stdin_open", Flag),
        ("stop_grace_period", DURATION),
        ("stop_signal", Text),
        ("storage_opt", Entries(&Any)),
        ("sysctls", LABELS),
        ("tmpfs", TEXT_OR_LIST),
        ("tty", Flag),
        ("ulimits", ULIMITS),
        ("use_api_socket", Boolean),
        ("user", Text),
        ("userns_mode", Text),
        ("uts", Text),
        ("volumes", List(&Formed(&Either(&[Text, Keys(&MOUNT)]), volume::expand))),
        ("volumes_from", UNIQUE_TEXTS),
        ("working_dir", Text),
    ],
    required: &[],
    has_extensions: true,
};

const DNS: Shape = Formed(&Either(&[Text, TEXTS]), list::dns);
/// A list of which Compose keeps a repeated entry once.
const TEXT_OR_LIST: Shape = Formed(&Either(&[Text, TEXTS]), list::from_text);

static BUILD: Keys = Keys {
    noun: "`build`",
    keys: &[
        ("additional_contexts", Formed(&VALUES, list::key_values)),
        ("args", VARIABLES),
        ("cache_from", TEXTS),
        ("cache_to", TEXTS),
        ("context", Text),
        ("dockerfile", Text),
        ("dockerfile_inline", Text),
        ("entitlements", TEXTS),
        ("extra_hosts", EXTRA_HOSTS),
        ("isolation", Text),
        ("labels", LABELS),
        ("network", Text),
        ("no_cache", Flag),
        ("no_cache_filter", TEXT_OR_TEXTS),
        ("platforms", TEXTS),
        ("privileged", Flag),
        ("provenance", FLAG_OR_TEXT),
        ("pull", Flag),
        ("sbom", FLAG_OR_TEXT),
        ("secrets", MOUNTED_CONFIGS),
        ("shm_size", BYTES),
        ("ssh", Formed(&VALUES, list::ssh)),
        ("tags", TEXTS),
        ("target", Text),
        ("ulimits", ULIMITS),
    ],
    required: &[],
    has_extensions: true,
};

static BLKIO_CONFIG: Keys = Keys {
    noun: "`blkio_config`",
    keys: &[
        ("device_read_bps", List(&Keys(&BLKIO_LIMIT))),
        ("device_read_iops", List(&Keys(&BLKIO_LIMIT))),
        ("device_write_bps", List(&Keys(&BLKIO_LIMIT))),
        ("device_write_iops", List(&Keys(&BLKIO_LIMIT))),
        ("weight", Integer(0, u16::MAX as i64)),
        ("weight_device", List(&Keys(&BLKIO_WEIGHT))),
    ],
    required: &[],
    has_extensions: false,
};

static BLKIO_LIMIT: Keys = Keys {
    noun: "a limit of `blkio_config`",
    keys: &[("path", Text), ("rate", BYTES)],
    required: &[],
    has_extensions: false,
};

static BLKIO_WEIGHT: Keys = Keys {
    noun: "a weight of `blkio_config`",
    keys: &[("path", Text), ("weight", Integer(0, u16::MAX as i64))],
    required: &[],
    has_extensions: false,
};

static CREDENTIAL_SPEC: Keys = Keys {
    noun: "`credential_spec`",
    keys: &[("config", Text), ("file", Text), ("registry", Text)],
    required: &[],
    has_extensions: true,
};

/// `condition` is required too, but another file may have it.
pub(super) static DEPENDENCY: Keys = Keys {
    noun: "an entry of `depends_on`",
    keys: &[
        ("condition", Word(&["service_started", "service_healthy", "service_completed_successfully"])),
        ("required", Flag),
        ("restart", Flag),
    ],
    required: &[],
    has_extensions: true,
};

static DEPLOY: Keys = Keys {
    noun: "`deploy`",
    keys: &[
        ("endpoint_mode", Text),
        ("labels", LABELS),
        ("mode", Text),
        ("placement", Keys(&PLACEMENT)),
        ("replicas", Integer(0, i64::MAX)),
        ("resources", Keys(&RESOURCES)),
        ("restart_policy", Keys(&RESTART_POLICY)),
        ("rollback_config", Keys(&UPDATE_CONFIG)),
        ("update_config", Keys(&UPDATE_CONFIG)),
    ],
    required: &[],
    has_extensions: true,
};

static PLACEMENT: Keys = Keys {
    noun: "`placement`",
    keys: &[
        ("constraints", TEXTS),
        ("max_replicas_per_node", ANY_INTEGER),
        ("preferences", List(&Keys(&PREFERENCE))),
    ],
    required: &[],
    has_extensions: true,
};

static PREFERENCE: Keys = Keys {
    noun: "an entry of `preferences`",
    keys: &[("spread", Text)],
    required: &[],
    has_extensions: true,
};

static RESOURCES: Keys = Keys {
    noun: "`resources`",
    keys: &[("limits", Keys(&LIMITS)), ("reservations", Keys(&RESERVATIONS))],
    required: &[],
    has_extensions: true,
};

static LIMITS: Keys = Keys {
    noun: "`limits`",
    keys: &[("cpus", Number), ("memory", SIZE_TEXT), ("pids", ANY_INTEGER)],
    required: &[],
    has_extensions: true,
};

static RESERVATIONS: Keys = Keys {
    noun: "`reservations`",
    keys: &[
        ("cpus", Number),
        ("devices", List(&Formed(&Keys(&DEVICE_REQUEST), device::count))),
        ("generic_resources", List(&Keys(&GENERIC_RESOURCE))),
        ("memory", SIZE_TEXT),
    ],
    required: &[],
    has_extensions: true,
};

static GENERIC_RESOURCE: Keys = Keys {
    noun: "an entry of `generic_resources`",
    keys: &[("discrete_resource_spec", Keys(&DISCRETE_RESOURCE))],
    required: &[],
    has_extensions: true,
};

static DISCRETE_RESOURCE: Keys = Keys {
    noun: "`discrete_resource_spec`",
    keys: &[("kind", Text), ("value", ANY_INTEGER)],
    required: &[],
    has_extensions: true,
};

static DEVICE_REQUEST: Keys =
    Keys { noun: "a device", keys: DEVICE_REQUEST_KEYS, required: &["capabilities"], has_extensions: true };

static GPU: Keys =
    Keys { noun: "an entry of `gpus`", keys: DEVICE_REQUEST_KEYS, required: &[], has_extensions: true };

const DEVICE_REQUEST_KEYS: &[(&str, Shape)] = &[
    ("capabilities", UNIQUE_TEXTS),
    (
        "count",
        Either(&[
            ANY_INTEGER,
            Form(Form {
                noun: "a count",
                expected: "a number or `all`",
                unit: None,
                matches: device::is_all,
            }),
        ]),
    ),
    ("device_ids", UNIQUE_TEXTS),
    ("driver", Text),
    ("options", LABELS),
];

static RESTART_POLICY: Keys = Keys {
    noun: "`restart_policy`",
    keys: &[("condition", Text), ("delay", DURATION), ("max_attempts", ANY_INTEGER), ("window", DURATION)],
    required: &[],
    has_extensions: true,
};

static UPDATE_CONFIG: Keys = Keys {
    noun: "an update configuration",
    keys: &[
        ("delay", DURATION),
        ("failure_action", Text),
        ("max_failure_ratio", Number),
        ("monitor", DURATION),
        ("order", Word(&["start-first", "stop-first"])),
        ("parallelism", ANY_INTEGER),
    ],
    required: &[],
    has_extensions: true,
};

static DEVELOP: Keys =
    Keys { noun: "`develop`", keys: &[("watch", List(&Keys(&WATCH)))], required: &[], has_extensions: true };

static WATCH: Keys = Keys {
    noun: "an entry of `watch`",
    keys: &[
        ("action", Word(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])),
        ("exec", Keys(&HOOK)),
        ("ignore", TEXT_OR_TEXTS),
        ("include", TEXT_OR_TEXTS),
        ("initial_sync", Boolean),
        ("path", Text),
        ("target", Text),
    ],
    required: &["path", "action"],
    has_extensions: true,
};

static DEVICE: Keys = Keys {
    noun: "a device",
    keys: &[("permissions", Text), ("source", Text), ("target", Text)],
    required: &["source", "target"],
    has_extensions: true,
};

static ENV_FILE: Keys = Keys {
    noun: "an entry of `env_file`",
    keys: &[("format", Text), ("path", Text), ("required", Flag)],
    required: &["path"],
    has_extensions: false,
};

static EXTENDS: Keys = Keys {
    noun: "`extends`",
    keys: &[("file", Text), ("service", Text)],
    required: &["service"],
    has_extensions: false,
};

static HEALTHCHECK: Keys = Keys {
    noun: "`healthcheck`",
    keys: &[
        ("disable", Flag),
        ("interval", DURATION),
        ("retries", Integer(0, i64::MAX)),
        ("start_interval", DURATION),
        ("start_period", DURATION),
        ("test", Formed(&Either(&[Text, TEXTS]), words::health_test)),
        ("timeout", DURATION),
    ],
    required: &[],
    has_extensions: true,
};

static LOGGING: Keys = Keys {
    noun: "`logging`",
    keys: &[("driver", Text), ("options", Formed(&Entries(&Either(&[Printed(false), Null])), list::labels))],
    required: &[],
    has_extensions: true,
};

static MODEL_USE: Keys = Keys {
    noun: "an entry of `models`",
    keys: &[("endpoint_var", Text), ("model_var", Text)],
    required: &[],
    has_extensions: true,
};

static NETWORK_USE: Keys = Keys {
    noun: "a network of a service",
    keys: &[
        ("aliases", TEXTS),
        ("driver_opts", OPTIONS),
        ("gw_priority", PlainNumber),
        ("interface_name", Text),
        ("ipv4_address", Text),
        ("ipv6_address", Text),
        ("link_local_ips", TEXTS),
        ("mac_address", Text),
        ("priority", PlainNumber),
    ],
    required: &[],
    has_extensions: true,
};

static PORT: Keys = Keys {
    noun: "a port",
    keys: &[
        ("app_protocol", Text),
        (
            "host_ip",
            Form(Form {
                noun: "an IP address",
                expected: "an address such as `127.0.0.1`",
                unit: None,
                matches: port::is_address,
            }),
        ),
        ("mode", Text),
        ("name", Text),
        ("protocol", Text),
        ("published", Printed(false)),
        ("target", Integer(0, u16::MAX as i64)),
    ],
    required: &["target"],
    has_extensions: true,
};

static PROVIDER: Keys = Keys {
    noun: "`provider`",
    keys: &[("options", Entries(&Either(&[Printed(true), List(&Printed(true))]))), ("type", Text)],
    required: &["type"],
    has_extensions: true,
};

static ULIMIT: Keys = Keys {
    noun: "an entry of `ulimits`",
    keys: &[("hard", ANY_INTEGER), ("soft", ANY_INTEGER)],
    required: &["soft", "hard"],
    has_extensions: true,
};

static FILE_MOUNT: Keys = Keys {
    noun: "a mounted file",
    keys: &[
        ("gid", Text),
        ("mode", Formed(&Printed(false), mode::file)),
        ("source", Text),
        ("target", Text),
        ("uid", Text),
    ],
    required: &[],
    has_extensions: true,
};

static MOUNT: Keys = Keys {
    noun: "a volume",
    keys: &[
        ("bind", Formed(&Keys(&MOUNT_BIND), volume::bind)),
        ("consistency", Text),
        ("image", Keys(&MOUNT_IMAGE)),
        ("read_only", Flag),
        ("source", Text),
        ("target", Text),
        ("tmpfs", Keys(&MOUNT_TMPFS)),
        ("type", Word(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
        ("volume", Keys(&MOUNT_VOLUME)),
    ],
    required: &["type", "target"],
    has_extensions: true,
};

static MOUNT_BIND: Keys = Keys {
    noun: "`bind`",
    keys: &[
        ("create_host_path", Flag),
        ("propagation", Text),
        ("recursive", Word(&["enabled", "disabled", "writable", "readonly"])),
        ("selinux", Word(&["z", "Z"])),
    ],
    required: &[],
    has_extensions: true,
};

static MOUNT_VOLUME: Keys = Keys {
    noun: "`volume`",
    keys: &[("labels", LABELS), ("nocopy", Flag), ("subpath", Text)],
    required: &[],
    has_extensions: true,
};

static MOUNT_TMPFS: Keys = Keys {
    noun: "`tmpfs`",
    keys: &[("mode", Formed(&PlainNumber, mode::tmpfs)), ("size", BYTES)],
    required: &[],
    has_extensions: true,
};

static MOUNT_IMAGE: Keys =
    Keys { noun: "`image`", keys: &[("subpath", Text)], required: &[], has_extensions: true };

static HOOK: Keys = Keys { noun: "a hook", keys: HOOK_KEYS, required: &["command"], has_extensions: true };

const HOOK_KEYS: &[(&str, Shape)] = &[
    ("command", COMMAND),
    ("environment", VARIABLES),
    ("privileged", Flag),
    ("user", Text),
    ("working_dir", Text),
];

static PRE_START_HOOK: Keys = Keys {
    noun: "a hook",
    keys: &[
        ("command", COMMAND),
        ("environment", VARIABLES),
        ("image", Text),
        ("per_replica", Flag),
        ("privileged", Flag),
        ("user", Text),
        ("working_dir", Text),
    ],
    required: &[],
    has_extensions: true,
};

/// A network.
pub(crate) static NETWORK: Keys = Keys {
    noun: "a network",
    keys: &[
        ("attachable", Flag),
        ("driver", Text),
        ("driver_opts", OPTIONS),
        ("enable_ipv4", Flag),
        ("enable_ipv6", Flag),
        ("external", EXTERNAL),
        ("internal", Flag),
        ("ipam", Keys(&IPAM)),
        ("labels", LABELS),
        ("name", Text),
    ],
    required: &[],
    has_extensions: true,
};

static IPAM: Keys = Keys {
    noun: "`ipam`",
    keys: &[("config", List(&Keys(&IPAM_CONFIG))), ("driver", Text), ("options", Entries(&Text))],
    required: &[],
    has_extensions: true,
};

static IPAM_CONFIG: Keys = Keys {
    noun: "an entry of `ipam.config`",
    keys: &[("aux_addresses", Entries(&Text)), ("gateway", Text), ("ip_range", Text), ("subnet", Text)],
    required: &[],
    has_extensions: true,
};

static EXTERNAL_NAME: Keys =
    Keys { noun: "`external`", keys: &[("name", Text)], required: &[], has_extensions: true };

/// A volume.
pub(crate) static VOLUME: Keys = Keys {
    noun: "a volume",
    keys: &[
        ("driver", Text),
        ("driver_opts", OPTIONS),
        ("external", EXTERNAL),
        ("labels", LABELS),
        ("name", Text),
    ],
    required: &[],
    has_extensions: true,
};

/// A secret.
pub(crate) static SECRET: Keys = Keys {
    noun: "a secret",
    keys: &[
        ("driver", Text),
        ("driver_opts", OPTIONS),
        ("environment", Text),
        ("external", EXTERNAL),
        ("file", Text),
        ("labels", LABELS),
        ("name", Text),
        ("template_driver", Text),
    ],
    required: &[],
    has_extensions: true,
};

/// A config.
pub(crate) static CONFIG: Keys = Keys {
    noun: "a config",
    keys: &[
        ("content", Text),
        ("environment", Text),
        ("external", EXTERNAL),
        ("file", Text),
        ("labels", LABELS),
        ("name", Text),
        ("template_driver", Text),
    ],
    required: &[],
    has_extensions: true,
};

static MODEL: Keys = Keys {
    noun: "a model",
    keys: &[("context_size", ANY_INTEGER), ("model", Text), ("name", Text), ("runtime_flags", TEXTS)],
    required: &["model"],
    has_extensions: true,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_unique() {
        for mapping in
            [&SERVICE, &BUILD, &NETWORK, &VOLUME, &SECRET, &CONFIG, &MOUNT, &PORT, &HEALTHCHECK, &DEPLOY]
        {
            let names: Vec<&str> = mapping.keys.iter().map(|(name, _)| *name).collect();
            assert!(names.is_sorted_by(|a, b| a < b), "{}: {names:?}", mapping.noun);
        }
        assert_eq!(SERVICE.keys.len(), 93);
    }
}
