//! Health checks.

use schemars::json_schema;

use super::Flag;
use crate::form::{Count, Duration, Period};
use crate::shape::{mapping, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// How a container is known to be well.
    Healthcheck such as "{ test: curl -f localhost }" {
        /// The command: a line for the container's shell, or a list that begins with `CMD`, `CMD-SHELL` or is `[NONE]`.
        /// Becomes `--health-cmd`.
        test: Option<HealthTest>,
        /// The time between two checks. Neither this nor `timeout` nor `retries` may be 0. Becomes `--health-interval`.
        interval: Value<Period> = "30s",
        /// How long one may take. Becomes `--health-timeout`.
        timeout: Value<Period> = "30s",
        /// How many have to fail. Becomes `--health-retries`.
        retries: Value<Count> = "3",
        /// How long failures do not count after the start. Becomes `--health-start-period`.
        start_period: Value<Duration> = "0s",
        /// The time between two checks until the first success. Becomes `--health-startup-cmd`,
        /// `--health-startup-interval`.
        start_interval: Value<Period> = "2s",
        /// Whether the check of the image or of a preset is turned off. Becomes `--no-healthcheck`.
        disable: Flag = "false",
    }
}

/// The command of a health check.
#[derive(Clone, Debug)]
pub(crate) enum HealthTest {
    /// A line for the container's shell.
    Shell(Text),
    /// A program and its arguments.
    Exec(Vec<Text>),
    /// No check.
    None,
}

schema!(HealthTest, |_g| json_schema!({ "title": "text or list", "anyOf": [
    { "type": "string" },
    { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
] }));
