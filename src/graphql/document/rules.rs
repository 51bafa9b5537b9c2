//! What the owner of a server decided about documents, beside how large they may be.

use super::wording::Wording;
use crate::config::{Config, TrustedMode};

/// Which documents are taken, and what is told of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether everybody may ask for the schema. Where not, no error names what is in it.
    pub introspection: bool,
    /// Whether errors suggest names; only where introspection is on.
    pub suggestions: bool,
    /// Whether the hash of a document that was seen may stand for it.
    pub persisted_queries: bool,
    pub trusted_mode: TrustedMode,
}

impl Default for Rules {
    /// As in development.
    fn default() -> Self {
        Self {
            introspection: true,
            suggestions: true,
            persisted_queries: true,
            trusted_mode: TrustedMode::Off,
        }
    }
}

impl From<&Config> for Rules {
    fn from(config: &Config) -> Self {
        Self {
            introspection: config.introspection,
            suggestions: config.suggestions,
            persisted_queries: config.persisted_queries,
            trusted_mode: config.trusted_mode,
        }
    }
}

impl Rules {
    pub(super) const fn wording(self) -> Wording {
        match (self.introspection, self.suggestions) {
            (true, true) => Wording::Suggesting,
            (true, false) => Wording::Plain,
            (false, _) => Wording::Nameless,
        }
    }
}
