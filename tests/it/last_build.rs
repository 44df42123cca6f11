//! The diagnostics about containers, volumes, backups and disks that differ from the last build.

use crate::common::{cases, compile, compile_beside, file, record_of, report};
use homegen::file_context::FileContext;
use homegen::record::{self, Record};

const HEAD: &str = "homegen: 1\nhost: { name: nas, nixos: \"26.05\", timezone: Europe/Berlin }\n";

/// The record of a build of `text`.
fn built(text: &str) -> Record {
    record_of(&compile(text))
}

/// The codes of subject 16 for `after` with the last build of `before`, and the whole report.
fn change(before: &str, after: &str) -> (Vec<&'static str>, String) {
    let record = built(before);
    let context = FileContext { last_build: Some(&record), ..FileContext::default() };
    let outcome = compile_beside(after, &context);
    assert!(outcome.files.is_some(), "{}", report(&outcome));
    let codes = outcome.diagnostics.iter().map(|d| d.code.code()).filter(|code| code.starts_with("HG16"));
    let helps: Vec<&str> = outcome.diagnostics.iter().filter_map(|d| d.help.as_deref()).collect();
    (codes.collect(), format!("{}{}", report(&outcome), helps.join("\n")))
}

/// A service with one container `NAME`, of the image `example/IMAGE`.
fn service(service: &str, container: &str, image: &str, volumes: &str) -> String {
    format!(
        "  {service}:\n    containers:\n      {container}: {{ image: \"docker.io/example/{image}\", volumes: [{volumes}] }}\n"
    )
}

fn services(services: &[String]) -> String {
    format!("{HEAD}services:\n{}", services.concat())
}

#[test]
fn the_same_file_has_the_same_diagnostics_after_its_build() {
    for (name, text) in cases() {
        let first = compile(&text);
        if first.files.is_none() {
            continue;
        }
        let record = built(&text);
        let context = FileContext { last_build: Some(&record), ..FileContext::default() };
        let second = compile_beside(&text, &context);
        assert_eq!(report(&second), report(&first), "{name}");
        assert_eq!(second.files, first.files, "{name}");
    }
}

#[test]
fn changes_that_move_no_data_are_not_reported() {
    let data = "\"data:/data\", \"/srv/wiki:/files\"";
    let before = services(&[service("wiki", "app", "wiki:1", data)]);
    for after in [
        // Another image, an added service, a removed service, another order.
        services(&[
            service("wiki", "app", "wiki:2", data),
            service("notes", "app", "notes:1", "\"data:/data\""),
        ]),
        services(&[service("notes", "app", "notes:1", "\"data:/data\"")]),
        services(&[service("wiki", "app", "wiki:1", "\"/srv/wiki/:/files/\", \"data:/data\"")]),
        // A renamed container keeps the volumes of its service.
        services(&[service("wiki", "server", "wiki:1", data)]),
        // An additional or missing volume of a container.
        services(&[service("wiki", "app", "wiki:1", &format!("{data}, \"/srv/more:/more\""))]),
        services(&[service("wiki", "app", "wiki:1", "\"data:/data\"")]),
        // The same folder at another path, where the image expects its data.
        services(&[service("wiki", "app", "wiki:1", "\"data:/data\", \"/srv/wiki:/config\"")]),
    ] {
        let (codes, report) = change(&before, &after);
        assert_eq!(codes, [""; 0], "{report}");
    }
}

#[test]
fn a_cache_that_moves_into_memory_is_not_reported() {
    let of = |volumes| services(&[service("wiki", "app", "wiki:1", volumes)]);
    let (codes, report) = change(&of("\"cache:/var/cache\""), &of("{ type: tmpfs, target: /var/cache }"));
    assert_eq!(codes, [""; 0], "{report}");
}

#[test]
fn files_system_paths_and_read_only_mounts_do_not_count_as_data() {
    let before = "\"/srv/a.yaml:/c.yaml\", \"/etc/localtime:/etc/localtime:ro\", \"/run/a:/run/a\", \"/srv/m:/media:ro\"";
    let after =
        "\"/srv/b.yaml:/c.yaml\", \"/etc/zone:/etc/localtime:ro\", \"/run/b:/run/a\", \"/srv/n:/media:ro\"";
    let of = |volumes| services(&[service("wiki", "app", "wiki:1", volumes)]);
    let (codes, report) = change(&of(before), &of(after));
    assert_eq!(codes, [""; 0], "{report}");
}

#[test]
fn another_source_for_a_container_path_is_reported() {
    for (before, after, code, parts) in [
        (
            "\"/srv/a:/data\"",
            "\"/srv/b:/data\"",
            "HG1601",
            &["mv -T /srv/a /srv/b", "podman-wiki-app.service"][..],
        ),
        (
            "\"/srv/a:/data\"",
            "\"/srv/a/data:/data\"",
            "HG1601",
            &["move the contents of `/srv/a` to `/srv/a/data`"],
        ),
        ("\"/srv/a b:/data\"", "\"/srv/$c:/data\"", "HG1601", &["mv -T '/srv/a b' '/srv/$c'"]),
        (
            "\"a:/data\"",
            "\"b:/data\"",
            "HG1602",
            &["podman volume export wiki_a | podman volume import wiki_b -"],
        ),
        (
            "\"a:/data\"",
            "\"/srv/b:/data\"",
            "HG1602",
            &["cp -a /var/lib/containers/storage/volumes/wiki_a/_data/. /srv/b"],
        ),
        (
            "\"/srv/a:/data\"",
            "\"b:/data\"",
            "HG1602",
            &["cp -a /srv/a/. /var/lib/containers/storage/volumes/wiki_b/_data"],
        ),
        // A folder may have a dot in its name, as in domains and versions.
        (
            "\"/srv/example.org:/data\"",
            "\"/srv/site:/data\"",
            "HG1601",
            &["mv -T /srv/example.org /srv/site"],
        ),
        (
            "\"/srv/wiki-1.2:/data\"",
            "\"/srv/wiki-1.3:/data\"",
            "HG1601",
            &["mv -T /srv/wiki-1.2 /srv/wiki-1.3"],
        ),
        // A file system in memory, in both forms.
        ("\"/srv/a:/data\"", "{ type: tmpfs, target: /data }", "HG1601", &["mount `/srv/a` here"]),
        ("\"a:/data\"", "], tmpfs: [\"/data:size=64m\"", "HG1602", &["mount `a` here"]),
        // The two sources are exchanged.
        (
            "\"/srv/a:/data\", \"/srv/b:/files\"",
            "\"/srv/b:/data\", \"/srv/a:/files\"",
            "HG1601",
            &["different data at 2 of its paths"],
        ),
        // Both the path in the container and the volume differ.
        ("\"a:/config\"", "\"b:/data\"", "HG1602", &["wiki_a", "wiki_b"]),
    ] {
        let of = |container, volumes| services(&[service("wiki", container, "wiki:1", volumes)]);
        for container in ["app", "server"] {
            let (codes, report) = change(&of("app", before), &of(container, after));
            assert_eq!(codes, [code], "{report}");
            for part in parts {
                assert!(report.contains(part), "`{part}` is not in\n{report}");
            }
        }
    }
}

#[test]
fn folders_that_move_together_cause_one_diagnostic() {
    let of = |root: &str| {
        let service = |i| {
            let volumes = format!("\"${{paths.data}}/s{i}:/data\", \"${{paths.data}}/s{i}/cache:/cache\"");
            service(&format!("s{i}"), "app", &format!("s{i}:1"), &volumes)
        };
        let services: String = (0..27).map(service).collect();
        format!("{HEAD}constants: {{ paths: {{ data: {root} }} }}\nservices:\n{services}")
    };
    let (codes, report) = change(&of("/srv/appdata"), &of("/srv/apps"));
    assert_eq!(codes, ["HG1601"], "{report}");
    assert!(report.contains("54 folders would stay in `/srv/appdata`"), "{report}");
    assert!(report.contains("homeserver.yaml:3:"), "the constant is not the main place:\n{report}");
    // A folder inside a moved folder needs no command of its own.
    assert!(report.contains("mv -T /srv/appdata/s0 /srv/apps/s0"), "{report}");
    assert!(!report.contains("mv -T /srv/appdata/s0/cache"), "{report}");
    assert!(report.contains("the other 19 in the same way"), "{report}");
}

#[test]
fn a_renamed_service_is_recognized_by_its_images() {
    let wiki = |name: &str, database: &str, tag: &str| {
        format!(
            "  {name}:\n    containers:\n      server: {{ image: \"docker.io/example/wiki:{tag}\" }}\n      {database}:\n        image: docker.io/library/postgres:16\n        volumes: [\"db:/var/lib/postgresql/data\"]\n"
        )
    };
    let before = services(&[wiki("wiki", "db", "1")]);
    for after in [wiki("docs", "db", "1"), wiki("docs", "postgres", "2")] {
        let (codes, report) = change(&before, &services(&[after]));
        assert_eq!(codes, ["HG1602"], "{report}");
        assert!(report.contains("podman volume export wiki_db | podman volume import docs_db -"), "{report}");
        assert!(report.contains("keep the name `wiki`"), "{report}");
    }
    // A different service with its own Postgres is not the renamed one.
    let chat = wiki("chat", "db", "1").replace("example/wiki", "example/chat");
    let (codes, report) = change(&before, &services(&[chat]));
    assert_eq!(codes, [""; 0], "{report}");
    // Two services with one image are matched by name, then by order.
    let of = |names: [&str; 3]| services(&names.map(|name| service(name, "web", "web:1", "\"data:/data\"")));
    let (codes, report) = change(&of(["a", "b", "c"]), &of(["x", "b", "z"]));
    assert_eq!(codes, ["HG1602", "HG1602"], "{report}");
    assert!(report.contains("export a_data | podman volume import x_data"), "{report}");
    assert!(report.contains("export c_data | podman volume import z_data"), "{report}");
    // A container that moves to another service.
    let apart = |owner: &str| {
        let mut both = ["one", "two"].map(|name| service(name, "main", &format!("{name}:1"), "\"x:/x\""));
        let at = usize::from(owner == "two");
        both[at]
            .push_str("      worker: { image: \"docker.io/example/worker:1\", volumes: [\"data:/data\"] }\n");
        services(&both)
    };
    let (codes, report) = change(&apart("one"), &apart("two"));
    assert_eq!(codes, ["HG1602"], "{report}");
    assert!(report.contains("export one_data | podman volume import two_data"), "{report}");
}

#[test]
fn a_renamed_service_is_recognized_by_an_image_from_another_registry() {
    let before = services(&[service("wiki", "wiki", "wiki:1", "\"data:/data\"")]);
    let of = |image: &str, volumes: &str| {
        services(&[service("docs", "docs", "wiki:2", volumes)]).replace("docker.io/example/wiki", image)
    };
    for image in ["ghcr.io/example/wiki", "docker.io/other/wiki", "registry.lan:5000/mirror/example/wiki"] {
        let (codes, report) = change(&before, &of(image, "\"data:/data\""));
        assert_eq!(codes, ["HG1602"], "{report}");
        assert!(
            report.contains("podman volume export wiki_data | podman volume import docs_data -"),
            "{report}"
        );
    }
    for (image, volumes) in
        [("docker.io/other/wiki", "\"data:/config\""), ("docker.io/other/chat", "\"data:/data\"")]
    {
        let (codes, report) = change(&before, &of(image, volumes));
        assert_eq!(codes, [""; 0], "{report}");
    }
}

#[test]
fn a_renamed_service_is_recognized_by_its_backups() {
    // A service that NixOS provides has no containers.
    let of = |name: &str, folder: &str| {
        format!(
            "{HEAD}services:\n  {name}:\n    nixos: {{ services.forgejo.enable: true }}\n    backup: {{ files: {{ folder: {folder}, to: /srv/b, at: daily }} }}\n"
        )
    };
    let (codes, report) = change(&of("forgejo", "/var/lib/forgejo"), &of("git", "/var/lib/forgejo/"));
    assert_eq!(codes, ["HG1603"], "{report}");
    assert!(report.contains("/srv/b/git-files-${f#forgejo-files-}"), "{report}");
    let (codes, report) = change(&of("forgejo", "/var/lib/forgejo"), &of("git", "/var/lib/gitea"));
    assert_eq!(codes, [""; 0], "{report}");
}

#[test]
fn a_container_with_a_new_name_and_image_is_recognized_by_its_mounts() {
    let of = |container: &str, image: &str, source: &str| {
        services(&[service("wiki", container, image, &format!("\"{source}:/data\", \"/srv/up:/up\""))])
    };
    let (codes, report) = change(&of("app", "wiki:1", "/srv/a"), &of("server", "other:1", "/srv/b"));
    assert_eq!(codes, ["HG1601"], "{report}");
    let (codes, report) = change(&of("app", "wiki:1", "/srv/a"), &of("server", "other:1", "/srv/a"));
    assert_eq!(codes, [""; 0], "{report}");
    // Another Postgres image of the same major version, with another volume.
    let postgres = |name: &str, image: &str, volume: &str| {
        format!(
            "{HEAD}services:\n  wiki:\n    containers:\n      {name}: {{ image: \"docker.io/{image}\", volumes: [\"{volume}:/var/lib/postgresql/data\"] }}\n"
        )
    };
    let (codes, report) = change(
        &postgres("db", "library/postgres:16", "a"),
        &postgres("database", "pgvector/pgvector:pg16", "b"),
    );
    assert_eq!(codes, ["HG1602"], "{report}");
}

#[test]
fn moves_of_2000_folders_are_reported_in_two_short_diagnostics() {
    // A comparison of every pair would take minutes.
    let of = |count: usize, root: &str, name: &str| {
        let volumes: Vec<String> =
            (0..count).map(|i| format!("\"{root}/v{i}:/v{i}\", \"n{i}:/n{i}\"")).collect();
        let one = service(&format!("{name}-one"), "app", "app:1", &volumes.join(", "));
        let many = (0..count)
            .map(|i| service(&format!("{name}{i}"), "web", "web:1", &format!("\"{root}/w{i}:/d\"")));
        let all: Vec<String> = std::iter::once(one).chain(many).collect();
        services(&all)
    };
    let (codes, report) = change(&of(1_000, "/srv/a", "s"), &of(1_000, "/srv/b", "t"));
    assert_eq!(codes, ["HG1601", "HG1602"], "{report}");
    assert!(report.contains("2000 folders") && report.len() < 40_000, "{} bytes", report.len());
}

#[test]
fn backups_under_another_name_are_reported() {
    let of = |name: &str, backup: &str| {
        format!(
            "{}    backup: {{ {backup} }}\n",
            services(&[service(name, "app", "app:1", "\"/srv/app:/data\"")])
        )
    };
    let before = of("ledger", "files: { folder: /srv/app, to: /srv/b, at: daily }");
    for (after, part) in [
        (
            of("budget", "files: { folder: /srv/app, to: /srv/b, at: daily }"),
            "cd /srv/b && for f in ledger-files-[0-9][0-9][0-9][0-9]-*; do mv -T $f /srv/b/budget-files-${f#ledger-files-}; done",
        ),
        (
            of("ledger", "data: { folder: /srv/app, to: /srv/b, at: daily }"),
            "/srv/b/ledger-data-${f#ledger-files-}",
        ),
        (
            of("ledger", "files: { folder: /srv/app, to: /srv/c, at: daily }"),
            "mkdir -p -m 0700 /srv/c && cd /srv/b",
        ),
        (
            of("ledger", "files: { folder: /srv/app, to: /srv/c d, at: daily }"),
            "rename `/srv/b/ledger-files-…` to",
        ),
    ] {
        let (codes, report) = change(&before, &after);
        assert_eq!(codes, ["HG1603"], "{report}");
        assert!(report.contains(part), "`{part}` is not in\n{report}");
    }
    for after in [
        of("ledger", "files: { folder: /srv/app/, to: /srv/b/, at: weekly }"),
        of(
            "ledger",
            "files: { folder: /srv/app, to: /srv/b, at: daily }, more: { folder: /srv/app, to: /srv/c, at: daily }",
        ),
        services(&[service("ledger", "app", "app:1", "\"/srv/app:/data\"")]),
    ] {
        let (codes, report) = change(&before, &after);
        assert_eq!(codes, [""; 0], "{report}");
    }
}

#[test]
fn backups_that_move_into_a_repository_leave_their_older_files() {
    let of = |places: [&str; 2]| {
        let backup = |name, place: &str| format!("{name}: {{ folder: /srv/app, {place}, at: daily }}");
        let backups = [backup("files", places[0]), backup("more", places[1])].join(", ");
        format!(
            "{}    backup: {{ {backups} }}\n",
            services(&[service("ledger", "app", "app:1", "\"/srv/app:/data\"")])
                .replace("services:", "agenix: { directory: secrets }\nsecrets: { key: {} }\nservices:")
        )
    };
    let repository = "offsite: { repository: \"sftp:me@nas:/b\", password: key }";
    let (codes, report) = change(&of(["to: /srv/b", "to: /srv/c"]), &of([repository, "to: /srv/c"]));
    assert_eq!(codes, ["HG1603"], "{report}");
    assert!(
        report.contains("the older backups of `ledger` would stay at `/srv/b/ledger-files-…`"),
        "{report}"
    );
    assert!(report.contains("delete them once the repository has enough snapshots"), "{report}");
    let (codes, report) = change(&of(["to: /srv/b", "to: /srv/c"]), &of([repository, repository]));
    assert_eq!(codes, ["HG1603"], "{report}");
    // Snapshots have no files on the host.
    for after in [of([repository, repository]), of(["to: /srv/b", "to: /srv/c"])] {
        let (codes, report) = change(&of([repository, repository]), &after);
        assert_eq!(codes, [""; 0], "{report}");
    }
}

#[test]
fn backups_that_move_together_cause_one_diagnostic() {
    let of = |root: &str| {
        let service = |i| {
            let volume = format!("\"/srv/s{i}:/data\"");
            let backup = format!("{{ folder: /srv/s{i}, to: \"${{backups}}/s{i}\", at: daily }}");
            format!(
                "{}    backup: {{ files: {backup} }}\n",
                service(&format!("s{i}"), "app", "app:1", &volume)
            )
        };
        let services: String = (0..27).map(service).collect();
        format!("{HEAD}constants: {{ backups: {root} }}\nservices:\n{services}")
    };
    let (codes, report) = change(&of("/srv/backups"), &of("/srv/saved"));
    assert_eq!(codes, ["HG1603"], "{report}");
    assert!(report.contains("files of 27 backups would stay in `/srv/backups`"), "{report}");
    assert!(report.contains("homeserver.yaml:3:"), "the constant is not the main place:\n{report}");
    assert!(report.contains("mkdir -p -m 0700 /srv/saved/s0 && cd /srv/backups/s0"), "{report}");
}

#[test]
fn hostile_values_of_a_record_are_quoted_in_commands() {
    // The values of a record are compared, printed and quoted, and never used as paths or commands.
    let before = services(&[service("wiki", "app", "wiki:1", "\"data:/data\", \"/srv/a:/b\"")]);
    let record = file(&compile(&before), record::PATH).to_owned();
    for hostile in ["", "/", "$(id)", "'; id #", "a\\nb", "\\u001b[31m", "\\u0000", "../..", "\\u202e"] {
        for part in
            ["wiki_data", "/srv/a", "wiki-app", "example/wiki:1", "\"/data", "\"/b", "\"wiki\"", "\"app\""]
        {
            let with = if part.starts_with('"') { format!("\"{hostile}") } else { hostile.to_owned() };
            let with = if part.ends_with('"') { format!("{with}\"") } else { with };
            let record = Record::read(record.replace(part, &with).as_bytes()).expect("it is JSON");
            let context = FileContext { last_build: Some(&record), ..FileContext::default() };
            let after = before.replace("data:/data", "files:/data").replace("/srv/a", "/srv/c");
            for text in [&after, &after.replace("wiki:\n", "docs:\n"), &after.replace("app:", "server:")] {
                let outcome = compile_beside(text, &context);
                assert!(outcome.files.is_some(), "{}", report(&outcome));
                for help in outcome.diagnostics.iter().filter_map(|d| d.help.as_ref()) {
                    let command =
                        help.split('`').find(|part| part.starts_with("systemctl stop ")).unwrap_or_default();
                    let outside_of_quotes: String = command.split('\'').step_by(2).collect();
                    assert!(!outside_of_quotes.contains("$(id)"), "{help}");
                }
            }
        }
    }
}

#[test]
fn a_changed_disk_is_reported_without_its_folders() {
    let of = |mount: &str, declared: &str| {
        let host = HEAD.replace(" }\n", &format!(", mounts: {{ {mount}: {declared} }} }}\n"));
        let app = service("app", "app", "app:1", &format!("\"{mount}/app:/data\""));
        format!(
            "{host}services:\n{app}    backup: {{ files: {{ folder: {mount}/app, to: /srv/b, at: daily }} }}\n"
        )
    };
    let nfs = |export: &str| format!("{{ nfs: \"{export}\" }}");
    for (before, after, codes) in [
        (of("/mnt/a", "{}"), of("/mnt/b", "{}"), &["HG1604"][..]),
        (of("/mnt/a", &nfs("nas:/a")), of("/mnt/b", &nfs("nas:/a")), &[]),
        (of("/mnt/a", &nfs("nas:/a")), of("/mnt/a", &nfs("nas:/b")), &["HG1604"]),
        (of("/mnt/a", &nfs("nas:/a")), of("/mnt/b", &nfs("nas:/b")), &["HG1604"]),
        (of("/mnt/a", &nfs("nas:/a")), of("/mnt/a", &nfs("nas:/a")), &[]),
    ] {
        let (found, report) = change(&before, &after);
        assert_eq!(found, codes, "{report}");
    }
}

#[test]
fn a_reported_change_can_be_accepted_with_allow() {
    let before = services(&[service("wiki", "app", "wiki:1", "\"data:/data\"")]);
    let after = services(&[service("docs", "app", "wiki:1", "\"data:/data\"")]);
    let after = format!("{after}    allow: {{ HG1602: It was copied. }}\n");
    let (codes, report) = change(&before, &after);
    assert_eq!(codes, [""; 0], "{report}");
}

#[test]
fn a_new_postgres_major_is_refused_in_volumes_and_renamed_containers() {
    let of = |container: &str, tag: u32, source: &str| {
        format!(
            "{HEAD}services:\n  wiki:\n    containers:\n      {container}:\n        image: docker.io/library/postgres:{tag}\n        volumes: [\"{source}:/var/lib/postgresql/data\"]\n"
        )
    };
    for source in ["db", "/srv/db"] {
        for container in ["db", "postgres"] {
            let record = built(&of("db", 16, source));
            let context = FileContext { last_build: Some(&record), ..FileContext::default() };
            let outcome = compile_beside(of(container, 17, source), &context);
            assert!(outcome.files.is_none() && report(&outcome).contains("HG1204"), "{}", report(&outcome));
        }
    }
}

#[test]
fn a_record_holds_no_secrets() {
    let text =
        std::fs::read_to_string(crate::common::fixtures().join("every-key-jobs/homeserver.yaml")).unwrap();
    let record = file(&compile(text), record::PATH).to_owned();
    // The part before has the names of homegen's scripts.
    let (_, record) = record.split_once("\"services\"").expect("a record has services");
    for word in ["password", "secret", "token", "/run/agenix", "environment", "sftp:", "s3:"] {
        assert!(!record.contains(word), "{word}: {record}");
    }
}

#[test]
fn a_folder_with_other_data_is_no_target_of_a_command() {
    let of = |first: &str, second: &str| {
        services(&[
            service("wiki", "app", "wiki:1", &format!("\"{first}:/data\"")),
            service("chat", "app", "chat:1", &format!("\"{second}:/data\"")),
        ])
    };
    for (before, after) in [
        // A chain, and two that change places.
        (("/srv/a", "/srv/b"), ("/srv/b", "/srv/c")),
        (("/srv/a", "/srv/b"), ("/srv/b", "/srv/a")),
        (("a", "/srv/b"), ("/srv/b", "/srv/c")),
    ] {
        let (codes, report) = change(&of(before.0, before.1), &of(after.0, after.1));
        assert!(!codes.is_empty(), "{report}");
        assert!(report.contains("`/srv/b` has other data of the last build"), "{report}");
        assert!(!report.contains("mv -T /srv/a") && !report.contains("/srv/b &&"), "{report}");
    }
    let (_, report) = change(&of("/srv/a", "/srv/b"), &of("/srv/c", "/srv/b"));
    assert!(report.contains("mv -T /srv/a /srv/c"), "{report}");
}
