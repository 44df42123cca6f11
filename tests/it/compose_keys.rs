//! Keys of Compose in a file of homegen: each is a key here too, or its diagnostic says what to write instead.

use homegen::file_context::FileContext;

/// The keys of each mapping of Compose (compose-spec.json), with the part of a file around them. `KEY` stands for the key
/// with its value.
const KEYS: &[(&str, &str, &[&str])] = &[
    (
        "a service",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, KEY } } } }",
        &[
            "annotations",
            "attach",
            "blkio_config",
            "build",
            "cap_add",
            "cap_drop",
            "cgroup",
            "cgroup_parent",
            "command",
            "configs",
            "container_name",
            "cpu_count",
            "cpu_percent",
            "cpu_period",
            "cpu_quota",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "cpu_shares",
            "cpus",
            "cpuset",
            "credential_spec",
            "depends_on",
            "deploy",
            "develop",
            "device_cgroup_rules",
            "devices",
            "dns",
            "dns_opt",
            "dns_search",
            "domainname",
            "entrypoint",
            "env_file",
            "environment",
            "expose",
            "extends",
            "external_links",
            "extra_hosts",
            "gpus",
            "group_add",
            "healthcheck",
            "hostname",
            "image",
            "init",
            "ipc",
            "isolation",
            "label_file",
            "labels",
            "links",
            "logging",
            "mac_address",
            "mem_limit",
            "mem_reservation",
            "mem_swappiness",
            "memswap_limit",
            "models",
            "network_mode",
            "networks",
            "oom_kill_disable",
            "oom_score_adj",
            "pid",
            "pids_limit",
            "platform",
            "ports",
            "post_start",
            "pre_start",
            "pre_stop",
            "privileged",
            "profiles",
            "provider",
            "pull_policy",
            "pull_refresh_after",
            "read_only",
            "restart",
            "runtime",
            "scale",
            "secrets",
            "security_opt",
            "shm_size",
            "stdin_open",
            "stop_grace_period",
            "stop_signal",
            "storage_opt",
            "sysctls",
            "tmpfs",
            "tty",
            "ulimits",
            "use_api_socket",
            "user",
            "userns_mode",
            "uts",
            "volumes",
            "volumes_from",
            "working_dir",
        ],
    ),
    (
        "the file",
        "KEY",
        &[
            "configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes",
            "x-common",
        ],
    ),
    (
        "a health check",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, healthcheck: { KEY } } } } }",
        &["disable", "interval", "retries", "start_interval", "start_period", "test", "timeout"],
    ),
    (
        "a port",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, ports: [{ target: 80, KEY }] } } } }",
        &["app_protocol", "host_ip", "mode", "name", "protocol", "published", "target"],
    ),
    (
        "a mount",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, volumes: [{ target: /a, KEY }] } } } }",
        &["bind", "consistency", "image", "read_only", "source", "target", "tmpfs", "type", "volume"],
    ),
    (
        "a dependency",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, depends_on: { db: { KEY } } } } } }",
        &["condition", "required", "restart"],
    ),
    (
        "a file of variables",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, env_file: [{ KEY }] } } } }",
        &["format", "path", "required"],
    ),
    (
        "the logging",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, logging: { KEY } } } } }",
        &["driver", "options"],
    ),
    (
        "a secret of a service",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, secrets: [{ KEY }] } } } }",
        &["gid", "mode", "source", "target", "uid"],
    ),
    (
        "a network of a service",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, networks: { lan: { KEY } } } } } }",
        &[
            "aliases",
            "driver_opts",
            "gw_priority",
            "interface_name",
            "ipv4_address",
            "ipv6_address",
            "link_local_ips",
            "mac_address",
            "priority",
        ],
    ),
    (
        "a limit of a service",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, ulimits: { nofile: { KEY } } } } } }",
        &["hard", "soft"],
    ),
    (
        "the limits of a deployment",
        "services: { app: { containers: { app: { image: docker.io/example/app:1.2.3, limits: { KEY } } } } }",
        &["cpus", "memory", "pids"],
    ),
    (
        "a network",
        "networks: { lan: { KEY } }",
        &[
            "attachable",
            "driver",
            "driver_opts",
            "enable_ipv4",
            "enable_ipv6",
            "external",
            "internal",
            "ipam",
            "labels",
            "name",
        ],
    ),
    (
        "the addresses of a network",
        "networks: { lan: { KEY } }",
        &["aux_addresses", "gateway", "ip_range", "subnet"],
    ),
    (
        "a volume",
        "services: { app: { volumes: { data: { KEY } } } }",
        &["driver", "driver_opts", "external", "labels", "name"],
    ),
    (
        "a secret",
        "secrets: { key: { KEY } }",
        &["driver", "driver_opts", "environment", "external", "file", "labels", "name", "template_driver"],
    ),
];

/// The first words of a help that knows only the names of all keys.
const PLAIN: &[&str] = &["did you mean", "write one of", "declare it first", "none of"];

#[test]
fn every_key_of_compose_is_a_key_here_or_has_a_help() {
    let mut plain = Vec::new();
    for (mapping, around, keys) in KEYS {
        for key in *keys {
            let rest = around.replace("KEY", &format!("{key}: value"));
            let text = format!(
                "homegen: 1\nhost: {{ name: nas, nixos: \"26.05\", timezone: Europe/Berlin }}\n{rest}\n"
            );
            let linked = homegen::link("homeserver.yaml", text.as_bytes(), &FileContext::default());
            let title = format!("`{key}` is not a valid key here");
            let found = linked.diagnostics.iter().find(|diagnostic| diagnostic.message == title);
            let help = found.map(|diagnostic| diagnostic.help.clone().unwrap_or_default());
            if help
                .as_ref()
                .is_some_and(|help| help.is_empty() || PLAIN.iter().any(|plain| help.starts_with(plain)))
            {
                plain.push(format!("{mapping}: {key}: {}", help.unwrap_or_default()));
            }
        }
    }
    assert!(plain.is_empty(), "these keys have no help of their own:\n{}", plain.join("\n"));
}

#[test]
fn the_list_has_every_key_of_a_service_of_compose() {
    let (_, _, keys) = KEYS[0];
    assert_eq!(keys.len(), 93);
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
}
