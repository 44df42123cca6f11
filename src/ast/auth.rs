//! Programs that decide who may use a site.

use schemars::json_schema;

use super::Upstream;
use crate::auth_program;
use crate::form::{Domain, HeaderName, HttpPath};
use crate::setting::{Allow, Flag, Number};
use crate::shape::{mapping, schema};
use crate::tree::Text;
use crate::value::Value;

mapping! {
    /// A program that decides who may use a site.
    AuthProvider such as "{ to: \"authelia.server:9091\" }" called "authelia" {
        /// The address of the program: a port of a container or of a unit as `service.container:port`, or an address with
        /// a port.
        to: Upstream,
        /// The port on 127.0.0.1, only if `to` is a container. Default: the port that already publishes the target, or
        /// the target's number.
        port: Option<Number>,
        /// Accepts every certificate of a target with `https://`, such as a self-signed one.
        insecure: Flag = "false",
        /// The name in the certificate of a target with `https://`. Default: the name or the address in `to`.
        server_name: Option<Value<Domain>>,
        /// The program. Default: the name of the entry if it is one of these.
        kind: Option<AuthKind>,
        /// The path that answers whether a request is allowed. Default: the path of the program.
        uri: Option<Value<HttpPath>>,
        /// The headers of that answer that the application gets. Default: the headers of the program.
        copy_headers: Option<Vec<Value<HeaderName>>>,
        /// Diagnostics that are accepted here, by code, each with the reason.
        allow: Allow,
    }
}

/// The name of a known program.
#[derive(Clone, Debug)]
pub(crate) struct AuthKind(pub Text);

schema!(AuthKind, |_g| {
    let names: Vec<&str> = auth_program::all().iter().map(|row| row.get().name).collect();
    json_schema!({ "type": "string", "enum": names })
});

mapping! {
    /// The login of a site.
    LongSiteAuth such as "{ provider: authelia, except: [/api/*] }" {
        /// The name of the program under `auth`.
        provider: Text,
        /// Paths that need no login.
        except: Vec<Text>,
    }
}

/// The login of a site.
#[derive(Clone, Debug)]
pub(crate) struct SiteAuth(pub LongSiteAuth);

schema!(SiteAuth, |g| {
    let long = g.subschema_for::<LongSiteAuth>();
    json_schema!({ "title": "name or [mapping](#auth)", "anyOf": [{ "type": "string" }, long] })
});
