//! A copy of a folder. It is restored by copying it back.

use super::{Confinement, Saved, shared};
use crate::lower::context::HostContext;
use crate::nix::{Expr, Set};
use crate::script::Script;
use crate::tree::Text;

pub(super) fn lower(folder: &Text, context: &HostContext) -> Saved {
    let mut parameters = Set::of([("SOURCE", Expr::text(folder))]);
    shared("SOURCE_SHARED", folder, context, &mut parameters);
    Saved {
        producer: Expr::run(Script::CopyFolder, [Expr::Set(parameters)]),
        suffix: "",
        content: "files",
        confinement: Confinement::Copying,
        after: Vec::new(),
        restore: None,
    }
}
