//! ZFS.

use super::{Flag, Map};
use crate::form::Count;
use crate::shape::mapping;
use crate::value::Value;

mapping! {
    /// ZFS. The host imports its pools by your own configuration.
    Zfs such as "{ snapshots: { tank/photos: { hourly: 24, daily: 7, weekly: 4 } } }" {
        /// The datasets whose snapshots sanoid takes and removes. Becomes `services.sanoid.datasets`.
        snapshots: Map<Snapshots>,
    }
}

mapping! {
    /// The snapshots of a dataset: how many of each kind are kept. sanoid runs once an hour.
    Snapshots such as "{ hourly: 24, daily: 7, weekly: 4 }" called "tank/photos" {
        /// The number of hourly snapshots. Default: none.
        hourly: Option<Value<Count>>,
        /// The number of daily snapshots, which are taken at midnight UTC. Default: none.
        daily: Option<Value<Count>>,
        /// The number of weekly snapshots. Default: none.
        weekly: Option<Value<Count>>,
        /// The number of monthly snapshots. Default: none.
        monthly: Option<Value<Count>>,
        /// The number of yearly snapshots. Default: none.
        yearly: Option<Value<Count>>,
        /// Also takes snapshots of the datasets below it.
        recursive: Flag = "false",
    }
}

impl Snapshots {
    /// The kinds of snapshots, by the key that sanoid has too, each with the number that is kept.
    pub(crate) fn kinds(&self) -> [(&'static str, Option<&Value<Count>>); 5] {
        [
            ("hourly", self.hourly.as_ref()),
            ("daily", self.daily.as_ref()),
            ("weekly", self.weekly.as_ref()),
            ("monthly", self.monthly.as_ref()),
            ("yearly", self.yearly.as_ref()),
        ]
    }
}
