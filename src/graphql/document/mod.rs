//! Documents, prepared once: parsed, validated by the specification, measured, and kept by their hash,
//! so that a document which comes again costs a look-up.

mod cost;
mod limits;
mod measure;
mod merged;
mod refusal;
mod repeated;
mod roots;
mod variables;

use std::sync::Arc;

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::Document,
    executable::Operation,
    parser::Parser,
    validation::{Valid, WithErrors},
};
use async_graphql::parser::{parse_query, types::ExecutableDocument as Runnable};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};

pub use apollo_compiler::response::JsonMap;
pub use limits::Limits;
pub use refusal::Refusal;
pub use variables::{drop_absent, for_executor};

use crate::metrics::{Counter, Page};

/// A document's SHA-256.
pub type Hash = [u8; 32];

/// A document that may be executed.
pub struct Prepared {
    /// As the executor wants it.
    pub runnable: Runnable,
    /// As the specification sees it, with the types of everything.
    pub checked: Valid<ExecutableDocument>,
    pub hash: Hash,
    /// Whether the executor has to merge values, because a field above the rows of an answer is named
    /// more than once.
    pub merges: bool,
    size: usize,
}

/// All documents seen lately.
pub struct Documents {
    schema: Valid<Schema>,
    limits: Limits,
    cache: Cache<Hash, Arc<Prepared>, Size>,
    hits: Counter,
    misses: Counter,
}

#[derive(Clone)]
struct Size;

impl Weighter<Hash, Arc<Prepared>> for Size {
    /// A prepared document takes some twenty times the room of its text.
    fn weight(&self, _: &Hash, document: &Arc<Prepared>) -> u64 {
        (document.size as u64 + 256) * 20
    }
}

impl Documents {
    /// Documents against the schema written in `sdl`.
    ///
    /// # Panics
    ///
    /// When the schema is not valid: nobody may start such a server.
    #[must_use]
    pub fn new(sdl: &str, limits: Limits) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .unwrap_or_else(|invalid| panic!("the schema is not valid: {}", invalid.errors));
        let cache = Cache::with_weighter(1000, limits.cached_bytes, Size);
        Self {
            schema,
            limits,
            cache,
            hits: Counter::default(),
            misses: Counter::default(),
        }
    }

    /// Prepares a document, or takes it as it was prepared before.
    pub fn prepare(&self, text: &str) -> Result<Arc<Prepared>, Refusal> {
        let hash: Hash = Sha256::digest(text).into();
        if let Some(known) = self.cache.get(&hash) {
            self.hits.add(1);
            return Ok(known);
        }
        self.misses.add(1);
        let prepared = Arc::new(self.check(text, hash)?);
        self.cache.insert(hash, Arc::clone(&prepared));
        Ok(prepared)
    }

    fn check(&self, text: &str, hash: Hash) -> Result<Prepared, Refusal> {
        let mut parser = Parser::new()
            .token_limit(self.limits.tokens)
            .recursion_limit(self.limits.nesting);
        let parsed = parser.parse_ast(text, "document.graphql");
        if parser.tokens_reached() > self.limits.tokens {
            return Err(Refusal::limit(
                "DOCUMENT_TOO_LONG",
                "tokens",
                self.limits.tokens,
            ));
        }
        if parser.recursion_reached() > self.limits.nesting {
            return Err(Refusal::limit(
                "DOCUMENT_TOO_NESTED",
                "levels",
                self.limits.nesting,
            ));
        }
        let ast = parsed.map_err(|WithErrors { errors, .. }| Refusal::syntax(&errors))?;
        measure::measure(&ast, &self.limits)?;
        let checked = self.validate(&ast)?;
        let mut runnable = runnable(text, &checked)?;
        roots::single_out(&mut runnable);
        let merges = merged::any(&checked, &self.schema);
        Ok(Prepared {
            runnable,
            checked,
            hash,
            merges,
            size: text.len(),
        })
    }

    fn validate(&self, ast: &Document) -> Result<Valid<ExecutableDocument>, Refusal> {
        let invalid = match ast.to_executable_validate(&self.schema) {
            Ok(checked) => return Ok(checked),
            Err(WithErrors { errors, .. }) => errors,
        };
        let again = repeated::is_all(&invalid)
            .then(|| repeated::merged(ast))
            .flatten();
        again
            .and_then(|ast| ast.to_executable_validate(&self.schema).ok())
            .ok_or_else(|| Refusal::invalid(&invalid))
    }

    /// What a request for one operation of the document costs, and the variables it is run with.
    pub fn admit<'a>(
        &self,
        document: &'a Prepared,
        name: Option<&str>,
        variables: &JsonMap,
    ) -> Result<Admitted<'a>, Refusal> {
        let operation = document.checked.operations.get(name).map_err(|error| {
            Refusal::request("OPERATION_NOT_FOUND", error.message().to_string())
        })?;
        let variables = variables::coerce(&self.schema, operation, variables)?;
        apollo_compiler::introspection::check_max_depth(&document.checked, operation).map_err(
            |error| Refusal::request("INTROSPECTION_TOO_DEEP", error.message().to_string()),
        )?;
        let cost = cost::of(&document.checked, operation, &variables);
        if cost > self.limits.cost {
            return Err(Refusal::too_costly(cost, self.limits.cost));
        }
        Ok(Admitted {
            operation,
            variables,
            cost,
        })
    }
}

impl Documents {
    /// Writes what is known of them for those who watch.
    pub fn write(&self, page: &mut Page) {
        let name = "regimen_document_lookups_total";
        page.counter(
            name,
            "Documents that were known already, and those that were not.",
        );
        page.sample(name, &[("found", "true")], self.hits.read());
        page.sample(name, &[("found", "false")], self.misses.read());
        let name = "regimen_documents_kept";
        page.gauge(name, "Documents that are kept ready for the next time.");
        page.sample(name, &[], self.cache.len());
        let name = "regimen_documents_kept_bytes";
        page.gauge(name, "What they take of memory, as far as it is known.");
        page.sample(name, &[], self.cache.weight());
    }
}

/// An operation that may run.
pub struct Admitted<'a> {
    pub operation: &'a Node<Operation>,
    pub variables: Valid<JsonMap>,
    pub cost: u64,
}

/// The executor's parser does not know all of the language (descriptions, `\u{…}`); what it cannot
/// read is written out for it in plainer words.
fn runnable(text: &str, checked: &Valid<ExecutableDocument>) -> Result<Runnable, Refusal> {
    if let Ok(parsed) = parse_query(text) {
        return Ok(parsed);
    }
    let mut plain = checked.clone().into_inner();
    let operations = &mut plain.operations;
    for operation in operations
        .named
        .values_mut()
        .chain(operations.anonymous.as_mut())
    {
        operation.make_mut().description = None;
    }
    for fragment in plain.fragments.values_mut() {
        fragment.make_mut().description = None;
    }
    parse_query(plain.serialize().no_indent().to_string())
        .map_err(|error| Refusal::request("GRAPHQL_PARSE_FAILED", error.to_string()))
}
