//! Health checks.

use schemars::json_schema;

use super::Flag;
use crate::form::{Count, Duration, Period};
use crate::shape::{mapping, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// The health check of a container.
    Healthcheck such as "{ test: curl -f localhost }" {
        /// The command: a line for the container's shell, or a list that begins with `CMD` or `CMD-SHELL`, or
        /// `[NONE]`. Becomes `--health-cmd`.
        test: Option<HealthTest>,
        /// The time between two checks. `interval`, `timeout` and `retries` cannot be 0. Becomes
        /// `--health-interval`.
        interval: Value<Period> = "30s",
        /// The time limit of a check. Becomes `--health-timeout`.
        timeout: Value<Period> = "30s",
        /// The number of failures in a row after which the container is unhealthy. Becomes `--health-retries`.
        retries: Value<Count> = "3",
        /// The time after the start during which failures do not count. Becomes `--health-start-period`.
        start_period: Value<Duration> = "0s",
        /// The time between two checks until the first success. Becomes `--health-startup-cmd`,
        /// `--health-startup-interval`.
        start_interval: Value<Period> = "2s",
        /// Turns off the health check of the image or of a preset. Becomes `--no-healthcheck`.
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
