//! Files of `environment.etc` that containers mount, or read variables from.
//!
//! ```yaml
//! nixos: { environment.etc."app/app.yml".text: "…" }
//! containers: { app: { volumes: ["/etc/app/app.yml:/app.yml:ro"] } }
//! ```
//! ```nix
//! systemd.services.podman-app.restartTriggers = [
//!   (lib.attrByPath [ "app/app.yml" "source" ] null config.environment.etc)
//! ];
//! ```
//!
//! A bind mount keeps the store path that the link in /etc led to when the container started, and Podman reads
//! `env_file` once. A file in a bound folder changes at once, but most programs read their configuration only at
//! the start.

use super::context::HostContext;
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;
use crate::podman::bind::binds;
use crate::setting::{EnvFile, VolumeSource};

pub(super) fn lower(container: &Container, context: &HostContext, module: &mut Module) {
    let settings = &container.settings;
    let bound = container.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::Bind(path) => Some(path.value()),
        VolumeSource::Named(_) | VolumeSource::Tmpfs => None,
    });
    let read = settings.env_file.0.iter().filter_map(|file| match file {
        EnvFile::Path(path) => Some(path.text.value()),
        EnvFile::Secret(_) => None,
    });
    let arguments = binds(&settings.podman_args).map(|bind| bind.source);
    for path in bound.chain(read).chain(arguments) {
        let files = context.etc_files(&path).into_iter().map(source);
        module.unit(&container.unit()).append("restartTriggers", files);
    }
}

/// The file's path in the store, or null if the service that declares it is disabled.
fn source(name: &str) -> Expr {
    let path = Expr::List(vec![Expr::str(name.to_owned()), Expr::str("source")]);
    Expr::call("lib.attrByPath", [path, Expr::Null, Expr::code("config.environment.etc")])
}
