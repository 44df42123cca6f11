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
        /// The command: a line for the shell, or a list.
        test: Option<HealthTest>,
        /// Time between two checks.
        interval: Value<Period> = "30s",
        /// How long one may take.
        timeout: Value<Period> = "30s",
        /// How many have to fail.
        retries: Value<Count> = "3",
        /// How long failures do not count after the start.
        start_period: Value<Duration> = "0s",
        /// Time between two checks until the first success.
        start_interval: Value<Period> = "2s",
        /// Whether the image's own check is turned off.
        disable: Flag = "false",
    }
}

/// The command of a health check.
#[derive(Clone, Debug)]
pub enum HealthTest {
    /// A line for the container's shell.
    Shell(Text),
    /// A program and its arguments.
    Exec(Vec<Text>),
    /// No check.
    None,
}

schema!(HealthTest, |_g| json_schema!({ "anyOf": [
    { "type": "string" },
    { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
] }));
