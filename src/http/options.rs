//! What the owner of a server decided about its edge.

use crate::{
    config::{Config, StatusCodes},
    graphql::document::{Limits, Rules},
};

/// How the edge behaves.
#[derive(Clone, Debug)]
pub struct Options {
    pub limits: Limits,
    pub rules: Rules,
    /// Whether there is a page to try the API.
    pub graphiql: bool,
    pub status_codes: StatusCodes,
}

impl Default for Options {
    /// As in development.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            rules: Rules::default(),
            graphiql: true,
            status_codes: StatusCodes::Audited,
        }
    }
}

impl From<&Config> for Options {
    fn from(config: &Config) -> Self {
        Self {
            limits: Limits::default(),
            rules: Rules::from(config),
            graphiql: config.graphiql,
            status_codes: config.status_codes,
        }
    }
}
