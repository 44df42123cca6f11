//! `homegen schema`

use super::{Stop, print};

pub(super) fn run() -> Result<(), Stop> {
    print(&homegen::schema::schema())
}
