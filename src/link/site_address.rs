//! The addresses of sites: `bind` lists some of the addresses that the front listens on, and `listen` may have one.
//!
//! Caddy has one server for each set of listeners. A listener on one address beside one on all addresses takes all
//! connections to this address, and would serve only the sites that name it. So the front has to list its addresses.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::ast;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::form::{Address, ListenAddress, SiteAddress};
use crate::hir::Front;
use crate::setting::{Bind, OneOrMany, Spanned, Tailscale};
use crate::source::Span;
use crate::tree::Text;
use crate::value::Value;

/// The addresses of the front, and the host's address in the tailnet.
pub(super) struct Addresses<'a> {
    /// The addresses of the front. `None` if it listens on all addresses.
    own: Option<HashSet<Address>>,
    tailscale: Option<&'a Tailscale>,
}

impl<'a> Addresses<'a> {
    pub(super) fn of(front: &Front, tailscale: Option<&'a Tailscale>) -> Addresses<'a> {
        let own = match &front.bind.value {
            Bind::Tailscale => Some(tailscale.iter().map(|tailscale| tailscale.address.value).collect()),
            Bind::On { addresses, interfaces } if interfaces.is_empty() => {
                Some(addresses.iter().map(|address| address.value).collect())
            }
            Bind::All | Bind::On { .. } => None,
        };
        Addresses { own, tailscale }
    }
}

/// The addresses of `bind`. Empty for all addresses of the front.
pub(super) fn link(
    site: &ast::Site,
    front: &Front,
    known: &Addresses,
    diagnostics: &mut Diagnostics,
) -> Vec<Value<Address>> {
    // The placeholder for an invalid front has no addresses.
    if front.span == Span::PLACEHOLDER || front.unreadable.may_hold(&["bind"]) {
        return Vec::new();
    }
    if let Some(listen) = &site.listen {
        check_port(listen, diagnostics);
    }
    let listen = site.listen.as_ref();
    let of_address = listen.filter(|listen| listen.value.address.is_some()).map(Value::span);
    if let Some(behind) = front.behind()
        && listen.is_none_or(|listen| listen.value.port == 80)
        && let Some(span) = of_address.or(site.bind.as_ref().map(|bind| bind.span))
    {
        diagnostics.push(
            Diagnostic::new(
                Code::BadSite,
                "a site behind HAProxy has no address of its own",
                span,
                "HAProxy passes the connections to every address on",
            )
            .and(behind, "HAProxy listens in place of Caddy")
            .help("remove the address, or limit the clients of the site with `allow_from`"),
        );
        return Vec::new();
    }
    if let Some(listen) = &site.listen
        && let Some(address) = listen.value.address
    {
        return vec![of_listen(address, listen, site, front, known, diagnostics)];
    }
    let Some(bind) = &site.bind else { return Vec::new() };
    if bind.value.0.is_empty() && !site.unreadable.may_hold(&["bind"]) {
        let title = "the site answers on no address";
        diagnostics.push(
            Diagnostic::new(Code::BadSite, title, bind.span, "the list is empty")
                .help("list addresses of `caddy.bind`, or remove `bind`"),
        );
    }
    let mut seen = HashSet::new();
    let addresses = bind.value.0.iter().filter_map(|one| address(one, known.tailscale, diagnostics));
    let addresses: Vec<Value<Address>> = addresses.filter(|address| seen.insert(address.value)).collect();
    let Some(own) = &known.own else {
        report_all(bind, front, &addresses, diagnostics);
        return Vec::new();
    };
    for address in addresses.iter().filter(|address| !own.contains(&address.value)) {
        report_other(address.value.0, address.span(), front, diagnostics);
    }
    addresses
}

/// Reports the port of HTTPS.
fn check_port(listen: &Value<ListenAddress>, diagnostics: &mut Diagnostics) {
    if listen.value.port != 443 {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            "a site in plain HTTP cannot have Caddy's port of HTTPS",
            listen.span(),
            "expected another port",
        )
        .help("write another port such as `8080`, or remove `listen` for a site with a certificate"),
    );
}

/// The address of `listen`. Only programs of the host reach a loopback address, so it needs no entry in `caddy.bind`.
fn of_listen(
    address: IpAddr,
    listen: &Value<ListenAddress>,
    site: &ast::Site,
    front: &Front,
    known: &Addresses,
    diagnostics: &mut Diagnostics,
) -> Value<Address> {
    if let Some(bind) = &site.bind {
        let title = "`listen` and `bind` both have an address";
        diagnostics.push(
            Diagnostic::new(Code::BadSite, title, bind.span, "a second list of addresses")
                .and(listen.span(), "the address of the site")
                .help(format!("remove `bind`, or write `listen: {}`", listen.value.port)),
        );
    }
    let is_own = known.own.as_ref().is_none_or(|own| own.contains(&Address(address)));
    if !is_own && !address.is_loopback() {
        report_other(address, listen.span(), front, diagnostics);
    }
    Value { value: Address(address), text: Text::literal(address.to_string(), listen.span()) }
}

fn report_other(address: IpAddr, span: Span, front: &Front, diagnostics: &mut Diagnostics) {
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            format!("Caddy does not listen on {address}"),
            span,
            "expected an address of `caddy.bind`",
        )
        .and(front.bind.span, "the addresses of Caddy")
        .help(format!("add `{address}` to `caddy.bind`, or remove it here")),
    );
}

/// The address that an entry stands for.
fn address(
    one: &Value<SiteAddress>,
    tailscale: Option<&Tailscale>,
    diagnostics: &mut Diagnostics,
) -> Option<Value<Address>> {
    match (one.value, tailscale) {
        (SiteAddress::Address(address), _) => Some(Value { value: Address(address), text: one.text.clone() }),
        (SiteAddress::Tailscale, Some(tailscale)) => {
            let mut address = tailscale.address.clone();
            address.text.span = one.span();
            Some(address)
        }
        (SiteAddress::Tailscale, None) => {
            diagnostics.push(
                Diagnostic::new(
                    Code::TailscaleMissing,
                    "a site binds the tailnet, but `tailscale` is not declared",
                    one.span(),
                    "needs the host's address in the tailnet",
                )
                .help("add `tailscale: { address: 100.… }` with the address that `tailscale ip -4` prints on the host")
                .once(),
            );
            None
        }
    }
}

fn report_all(
    bind: &Spanned<OneOrMany<Value<SiteAddress>>>,
    front: &Front,
    addresses: &[Value<Address>],
    diagnostics: &mut Diagnostics,
) {
    let addresses: Vec<String> = addresses.iter().map(|address| address.value.0.to_string()).collect();
    if addresses.is_empty() {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::BadSite,
            "`bind` of a site needs a list of addresses in `caddy.bind`",
            bind.span,
            "no other site would answer on this address",
        )
        .and(front.bind.span, "stands for every address of the host")
        .help(format!(
            "list the addresses of the host in `caddy.bind`, such as `bind: [{}, …]`",
            addresses.join(", ")
        ))
        .once(),
    );
}
