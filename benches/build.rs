//! How long homegen takes for a host of many services, and how much memory: `cargo bench --bench build`
//! prints a table, and the README has some of its numbers. It runs the binary as a person would, on a file that it
//! makes up, and takes the best of several runs.
//!
//! Numbers after `--` are other counts of services: `cargo bench --bench build -- 1000`.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The counts of services that the table shows.
const SERVICES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    // Cargo adds `--bench`; what is left are counts.
    let chosen: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let counts = if chosen.is_empty() { SERVICES.to_vec() } else { chosen };
    println!("| Services | YAML | Nix | `check` | `build` | unchanged | Peak memory |");
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    for services in counts {
        row(services);
    }
}

fn row(services: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("homeserver.yaml");
    let output = folder.path().join("generated");
    let yaml = host(services);
    std::fs::write(&file, &yaml).expect("the file can be written");
    let runs = (20_000 / services).clamp(3, 20);
    let best = |command: &str, fresh: bool| -> Duration {
        (0..runs)
            .map(|_| {
                if fresh && output.exists() {
                    std::fs::remove_dir_all(&output).expect("the output can be removed");
                }
                let start = Instant::now();
                let done = homegen(command, &file);
                let took = start.elapsed();
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
                took
            })
            .min()
            .expect("one run at least")
    };
    let check = best("check", false);
    let build = best("build", true);
    let unchanged = best("build", false);
    println!(
        "| {} | {} lines | {} lines | {} | {} | {} | {} |",
        thousands(services),
        thousands(yaml.lines().count()),
        thousands(nix_lines(&output)),
        shown(check),
        shown(build),
        shown(unchanged),
        peak_memory(&output, &file).map_or("unknown".to_owned(), |kib| format!("{} MiB", kib.div_ceil(1024))),
    );
}

/// A host with this many services. Each has what a service of a home server usually has: a container on a
/// network of its own, a port, a folder, a health check and limits.
fn host(services: usize) -> String {
    let mut yaml = String::from(
        "homegen: 1\nhost: { name: box, nixos: \"26.05\", timezone: Europe/Berlin }\nconstants:\n  paths: { data: /srv/data }\nservices:\n",
    );
    for i in 0..services {
        let port = 1024 + i;
        yaml.push_str(&format!(
            r#"  app{i}:
    description: Application {i}
    port: {port}
    containers:
      app{i}:
        image: docker.io/library/app{i}:1.27
        environment: {{ LOG_LEVEL: info }}
        volumes: ["${{paths.data}}/app{i}:/data"]
        ports: ["${{services.app{i}.port}}:80"]
        healthcheck: {{ test: curl -f http://localhost/, interval: 30s }}
        limits: {{ memory: 512m, cpus: 0.5 }}
"#
        ));
    }
    yaml
}

fn homegen(word: &str, file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_homegen")).arg(word).arg(file).output().expect("homegen runs")
}

/// The peak memory of a build in KiB, measured with GNU time. `None` if GNU time is not installed.
fn peak_memory(output: &Path, file: &Path) -> Option<u64> {
    std::fs::remove_dir_all(output).ok()?;
    let mut time = Command::new("time");
    time.args(["-f", "%M", env!("CARGO_BIN_EXE_homegen"), "build"]).arg(file);
    let said = time.output().ok().filter(|done| done.status.success())?.stderr;
    String::from_utf8(said).ok()?.lines().last()?.trim().parse().ok()
}

fn nix_lines(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .expect("the output can be read")
        .map(|entry| entry.expect("the output can be read").path())
        .map(|path| match path.is_dir() {
            true => nix_lines(&path),
            false if path.extension().is_some_and(|e| e == "nix") => {
                std::fs::read_to_string(&path).expect("a text").lines().count()
            }
            false => 0,
        })
        .sum()
}

fn shown(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.1} ms"),
        10.0..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1000.0),
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
