//! Emptying an album of Immich.

use super::{Confinement, Unit, address, on_path, secret_file};
use crate::hir::Service;
use crate::hir::job::Job;
use crate::lower::around::Around;
use crate::nix::{Expr, Set, parts};
use crate::nixos::Module;
use crate::setting::ImmichAlbum;

pub(super) fn lower(
    job: &Job,
    album: &ImmichAlbum,
    service: &Service,
    around: &Around,
    module: &mut Module,
) -> Unit {
    let mut parameters = Set::default();
    parameters.set("IMMICH_URL", address(service, around, &[]));
    parameters.set("API_KEY_FILE", secret_file(&album.api_key));
    parameters.set("ALBUM", Expr::text(&album.name.text));
    parameters.set("AT_MOST", Expr::Str(parts(&album.at_most.text)));
    parameters.set("PERMANENTLY", Expr::Str(parts(&album.permanently.text)));
    on_path(Expr::code(super::PROGRAM), module);
    Unit {
        description: format!("Clean-up of an album of {}", service.name),
        about: format!("empty an album of {}", service.name),
        program: Expr::call("scripts.cleanAlbum", [Expr::str(job.name.clone()), Expr::Set(parameters)]),
        name: job.name.clone(),
        // Immich is asked, and a run that was missed is made up for while the host boots.
        after: service.containers.iter().map(|c| format!("{}.service", c.unit())).collect(),
        confinement: Confinement::Confined,
        paths: vec![],
        before: vec![],
        secrets: vec![album.api_key.clone()],
        timeout: "1h",
        persistent: true,
        more: vec![],
    }
}
