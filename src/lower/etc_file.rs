//! Files of `environment.etc` that containers bind, or take variables from.
//!
//! `nixos: { environment.etc."app/app.yml".text: … }` beside `volumes: ["/etc/app/app.yml:/app.yml:ro"]` becomes
//! `restartTriggers` of the container's unit with the file's path in the store. A bind mount keeps the path that
//! the link in /etc led to when the container started, and Podman reads `env_file` once. A file in a bound folder is the
//! new one at once, but most programs read their configuration when they start.

use super::around::Around;
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;
use crate::podman::bind::binds;
use crate::setting::{EnvFile, VolumeSource};

pub(super) fn lower(container: &Container, around: &Around, module: &mut Module) {
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
        let files = around.etc_files(&path).into_iter().map(source);
        module.unit(&container.unit()).append("restartTriggers", files);
    }
}

/// The file's path in the store, or null where the service that declares it is off.
fn source(name: &str) -> Expr {
    let path = Expr::List(vec![Expr::str(name.to_owned()), Expr::str("source")]);
    Expr::call("lib.attrByPath", [path, Expr::Null, Expr::code("config.environment.etc")])
}
