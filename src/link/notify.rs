//! Notifications of containers and jobs.

use crate::hir::Tells;
use crate::setting::{Spanned, Tell};

/// Resolves the `notify` of a container or a front.
pub(super) fn resolve(written: Option<Spanned<Tell>>) -> Tells {
    match written {
        Some(Spanned { value: Tell::Failure, span }) => Tells::Asked(span),
        Some(Spanned { value: Tell::Never, .. }) | None => Tells::No,
    }
}

/// Resolves the `notify` of a job. By default a job notifies if the file declares a destination.
pub(super) fn resolve_job(written: Option<Spanned<Tell>>, has_notify: bool) -> Tells {
    match (written, has_notify) {
        (None, true) => Tells::Yes,
        _ => resolve(written),
    }
}
