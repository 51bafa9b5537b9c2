//! What the owner of a server decided about its edge.

use std::time::Duration;

use super::{StreamLimits, pages::Page};
use crate::{
    config::{Config, StatusCodes},
    graphql::document::{Limits, Rules},
    traffic::RateOptions,
};

/// How the edge behaves: how much it takes, from whom, and what it tells.
#[derive(Clone, Debug)]
pub struct Options {
    pub limits: Limits,
    pub rates: RateOptions,
    pub streams: StreamLimits,
    /// The largest body or message that is read, in bytes.
    pub body: usize,
    /// The most values that its JSON may have.
    pub values: usize,
    /// How long a client may take to send the head of a request, or the next one.
    pub header_timeout: Duration,
    /// How long it may take to send the body.
    pub body_timeout: Duration,
    pub rules: Rules,
    /// Whether there is a page to try the API.
    pub graphiql: bool,
    /// Whether there is a page to look after the server.
    pub console: bool,
    pub status_codes: StatusCodes,
}

impl From<&Config> for Options {
    fn from(config: &Config) -> Self {
        Self {
            limits: config.into(),
            rates: config.into(),
            streams: config.into(),
            body: config.limit_body.0,
            values: config.limit_values.get() as usize,
            header_timeout: config.header_timeout.0,
            body_timeout: config.body_timeout.0,
            rules: config.into(),
            graphiql: config.graphiql,
            console: config.console,
            status_codes: config.status_codes,
        }
    }
}

impl Options {
    /// The pages that there are.
    pub(super) fn pages(&self) -> Vec<Page> {
        let pages = [
            (self.graphiql, Page::GraphiQl),
            (self.console, Page::Console),
        ];
        pages
            .into_iter()
            .filter_map(|(wanted, page)| wanted.then_some(page))
            .collect()
    }
}
