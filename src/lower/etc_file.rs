//! Files of `environment.etc` that containers bind.
//!
//! `nixos: { environment.etc."app/app.yml".text: … }` beside `volumes: ["/etc/app/app.yml:/app.yml:ro"]` becomes
//! `restartTriggers` of the container's unit with the file's path in the store. A bind mount keeps the path that
//! the link in /etc led to when the container started.

use super::around::Around;
use crate::ast::container::VolumeSource;
use crate::hir::Container;
use crate::nix::Expr;
use crate::nixos::Module;

pub(super) fn lower(container: &Container, around: &Around, module: &mut Module) {
    for volume in &container.compose.volumes {
        let VolumeSource::Bind(path) = &volume.source else { continue };
        if let Some(name) = around.etc_file(&path.value()) {
            module.unit(&container.unit()).append("restartTriggers", [source(name)]);
        }
    }
}

/// The file's path in the store, or null where the service that declares it is off.
fn source(name: &str) -> Expr {
    let path = Expr::List(vec![Expr::str(name.to_owned()), Expr::str("source")]);
    Expr::call("lib.attrByPath", [path, Expr::Null, Expr::code("config.environment.etc")])
}
