//! Notifications: who is told.

use crate::hir::Tells;
use crate::setting::{Spanned, Tell};

/// Whether somebody is told of what says this.
pub(super) fn tells(said: Option<Spanned<Tell>>) -> Tells {
    match said {
        Some(Spanned { value: Tell::Failure, span }) => Tells::Asked(span),
        Some(Spanned { value: Tell::Never, .. }) | None => Tells::No,
    }
}

/// The same of a job, which tells without a word where there is anybody.
pub(super) fn job_tells(said: Option<Spanned<Tell>>, anybody: bool) -> Tells {
    match (said, anybody) {
        (None, true) => Tells::Yes,
        _ => tells(said),
    }
}
