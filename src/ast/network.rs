//! The networks of a container.

use schemars::json_schema;

use crate::setting::Attachment;
use crate::shape::schema;
use crate::tree::Text;

/// The networks of a container: a list of names, or a mapping. `default` is the service's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachments(pub Vec<(Text, Attachment)>);

schema!(Attachments, |g| {
    let attachment = g.subschema_for::<Attachment>();
    json_schema!({ "title": "list, or map of [mappings]", "anyOf": [
        { "type": "array", "items": { "type": "string" } },
        { "type": "object", "additionalProperties": attachment },
    ] })
});
