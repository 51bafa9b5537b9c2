//! Where a request came from: the address of whoever connected, or what our own proxies say about it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Once,
};

use axum::{
    Extension,
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderName, header, request::Parts},
};

use super::{App, RequestId, door::Peer};
use crate::{
    traffic::Payer,
    viewer::{Caller, Client},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const LONGEST_USER_AGENT: usize = 300;

/// What is known of a request beside what it asks for.
#[derive(Clone)]
pub(super) struct Sender {
    id: RequestId,
    client: Client,
}

impl Sender {
    /// Who pays for what comes from here.
    pub(super) fn payer(&self, caller: Caller) -> Payer {
        Payer::of(caller, Some(&self.client))
    }

    /// As resolvers find it in their context.
    pub(super) fn data(self) -> async_graphql::Data {
        let mut data = async_graphql::Data::default();
        data.insert(self.id);
        data.insert(self.client);
        data
    }
}

impl FromRequestParts<App> for Sender {
    type Rejection = <Extension<RequestId> as FromRequestParts<App>>::Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let Extension(id) = Extension::from_request_parts(parts, app).await?;
        let client = client(parts, app);
        Ok(Self { id, client })
    }
}

fn client(parts: &Parts, app: &App) -> Client {
    let peer = parts
        .extensions
        .get::<ConnectInfo<Peer>>()
        .map(|info| info.0.ip());
    let proxies = app.gate.options.trusted_proxies;
    if proxies == 0 && parts.headers.contains_key(FORWARDED_FOR) {
        warn_of_unknown_proxies();
    }
    Client {
        address: forwarded(&parts.headers, proxies).or(peer),
        user_agent: user_agent(&parts.headers),
    }
}

/// Says once that everybody behind a proxy would be counted as one, or somebody makes up headers.
fn warn_of_unknown_proxies() {
    static ONCE: Once = Once::new();

    ONCE.call_once(|| {
        tracing::warn!(
            "a request came with `X-Forwarded-For`, which is not believed: if a proxy stands before this server, set `REGIMEN_TRUSTED_PROXIES`, or all its clients are counted as one"
        );
    });
}

/// Each proxy adds the address it was connected from at the end, so the last so many entries are the
/// work of ours, and whatever stands before them anybody could have written.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let values = headers.get_all(FORWARDED_FOR).iter();
    let entries: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let ours = proxies.min(entries.len());
    let entry = entries.get(entries.len() - ours)?.trim();
    let bare = entry.trim_matches(['[', ']']).parse().ok();
    bare.or_else(|| entry.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?.trim();
    let text: String = text.chars().take(LONGEST_USER_AGENT).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(proxies: usize, lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        forwarded(&headers, proxies).map(|address| address.to_string())
    }

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let lines = &["6.6.6.6, 192.0.2.7", "10.0.0.1"];
        assert_eq!(with(0, lines), None);
        assert_eq!(with(1, lines).as_deref(), Some("10.0.0.1"));
        assert_eq!(with(2, lines).as_deref(), Some("192.0.2.7"));
        assert_eq!(with(2, &["192.0.2.7"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(with(1, &[]), None);
    }

    #[test]
    fn addresses_may_have_ports_and_brackets() {
        assert_eq!(with(1, &["192.0.2.7:4711"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(
            with(1, &["[2001:db8::1]:443"]).as_deref(),
            Some("2001:db8::1")
        );
        assert_eq!(with(1, &["2001:db8::1"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(with(1, &["unknown"]), None);
    }
}
