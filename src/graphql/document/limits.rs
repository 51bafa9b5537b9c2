//! How much a request may ask for. Each limit is a setting, and has a code of its own.

use std::num::NonZeroU32;

use crate::config::Config;

/// What is too much.
#[derive(Clone, Debug)]
pub struct Limits {
    pub tokens: usize,
    /// Levels of braces, brackets and parentheses in the text.
    pub nesting: usize,
    /// Levels of fields, fragments opened.
    pub depth: usize,
    /// Fields, fragments opened wherever they are spread.
    pub fields: u64,
    /// Those of them at the root.
    pub root_fields: u64,
    /// Those of them with an alias.
    pub aliases: u64,
    pub fragments: usize,
    pub operations: usize,
    pub variables: usize,
    pub directives_at_one_place: usize,
    /// Items of one list, or keys of one object, written in the document.
    pub literal_items: usize,
    pub cost: u64,
    /// Errors listed in one answer.
    pub errors: usize,
    /// How many bytes of prepared documents are kept.
    pub cached_bytes: u64,
}

impl From<&Config> for Limits {
    fn from(config: &Config) -> Self {
        let number = |it: NonZeroU32| it.get() as usize;
        Self {
            tokens: number(config.limit_tokens),
            nesting: config.limit_nesting.0,
            depth: config.limit_depth.0,
            fields: config.limit_fields.get().into(),
            root_fields: config.limit_root_fields.get().into(),
            aliases: config.limit_aliases.get().into(),
            fragments: number(config.limit_fragments),
            operations: number(config.limit_operations),
            variables: number(config.limit_variables),
            directives_at_one_place: number(config.limit_directives),
            literal_items: number(config.limit_items),
            cost: config.limit_cost.get().into(),
            errors: number(config.limit_errors),
            cached_bytes: config.document_cache.0 as u64,
        }
    }
}
