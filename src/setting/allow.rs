//! Accepted diagnostics.

use schemars::json_schema;

use crate::diag::Code;
use crate::shape::schema;
use crate::source::Span;

/// The diagnostics that are accepted here, by code, each with the reason.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allow(pub Vec<(Code, Span)>);

schema!(Allow, |_g| {
    let codes: Vec<&str> = Code::ALL.iter().filter(|c| c.can_be_allowed()).map(|c| c.code()).collect();
    json_schema!({
        "title": "[map of reasons by code](#allow)",
        "type": "object",
        "propertyNames": { "enum": codes },
        "additionalProperties": { "type": "string", "minLength": 1 },
    })
});
