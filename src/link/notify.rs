//! Notifications of containers and jobs.

use crate::hir::Notification;
use crate::setting::{NotifyOn, Spanned};

/// Resolves the `notify` of a container or a front.
pub(super) fn resolve(written: Option<Spanned<NotifyOn>>) -> Notification {
    match written {
        Some(Spanned { value: NotifyOn::Failure, span }) => Notification::Asked(span),
        Some(Spanned { value: NotifyOn::Never, .. }) | None => Notification::No,
    }
}

/// Resolves the `notify` of a job. By default a job notifies if the file declares a destination.
pub(super) fn resolve_job(written: Option<Spanned<NotifyOn>>, has_notify: bool) -> Notification {
    match (written, has_notify) {
        (None, true) => Notification::Yes,
        _ => resolve(written),
    }
}
