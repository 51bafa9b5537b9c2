//! Documents, prepared once: parsed, validated by the specification, measured, and kept by their hash,
//! so that a document which comes again costs a look-up.

mod astray;
mod concealed;
mod cost;
mod find;
mod inputs;
mod introspection;
mod limits;
mod lists;
mod measure;
mod merge;
mod merged;
mod named;
mod nulls;
mod places;
mod refusal;
mod repeated;
mod roots;
mod rules;
mod runnable;
mod scalars;
mod syntax;
mod trusted;
mod variables;
mod wording;

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicBool, AtomicU64},
};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::Document,
    executable::Operation,
    parser::Parser,
    validation::{Valid, WithErrors},
};
use async_graphql::parser::types::ExecutableDocument as Runnable;
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};

pub use apollo_compiler::response::{JsonMap, JsonValue};
pub use concealed::Concealed;
pub use introspection::Introspected;
pub use limits::Limits;
pub use named::Named;
pub use refusal::Refusal;
pub use rules::Rules;
pub use trusted::{BadManifest, Manifest};
pub use variables::for_executor;

use self::{concealed::Hidden, introspection::Introspection, trusted::Trusted, wording::Wording};
use crate::metrics::{Counter, Page};

/// What a document is called among the sources it was read with.
const FILE_NAME: &str = "document.graphql";

/// A document's SHA-256.
pub type Hash = [u8; 32];

/// A document that may be executed.
pub struct Prepared {
    /// As the executor reads it.
    runnable: Runnable,
    /// As the specification sees it, with the types of everything.
    pub checked: Valid<ExecutableDocument>,
    pub hash: Hash,
    /// Whether the executor has to merge values, because a field above the rows of an answer is named
    /// more than once.
    pub merges: bool,
    /// Whether any field at all is.
    repeats: bool,
    size: usize,
    /// Whether it is of the manifest.
    pub is_trusted: bool,
    /// Whether the log has said that nobody vouched for it.
    reported: AtomicBool,
}

/// All documents seen lately, and the trusted ones.
pub struct Documents {
    schema: Arc<Valid<Schema>>,
    introspection: Introspection,
    limits: Limits,
    rules: Rules,
    /// What nobody may be told, where the schema is hidden.
    hidden: Option<Arc<Hidden>>,
    /// Also what a client means that sends a hash alone: whatever is no longer in here, it sends again.
    cache: Cache<Hash, Arc<Prepared>, Size>,
    trusted: RwLock<Arc<Trusted>>,
    /// How many requests for others were answered and reported.
    untrusted: AtomicU64,
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
    pub fn new(sdl: &str, limits: Limits, rules: Rules) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .unwrap_or_else(|invalid| panic!("the schema is not valid: {}", invalid.errors));
        let schema = Arc::new(schema);
        let hidden = (!rules.introspection).then(|| Arc::new(Hidden::of(&schema)));
        let cache = Cache::with_weighter(1000, limits.cached_bytes, Size);
        Self {
            introspection: Introspection::new(&schema),
            schema,
            limits,
            rules,
            hidden,
            cache,
            trusted: RwLock::default(),
            untrusted: AtomicU64::new(0),
            hits: Counter::default(),
            misses: Counter::default(),
        }
    }

    /// What the answer to a request may name, where the schema is hidden.
    #[must_use]
    pub fn concealed(&self, document: Arc<Prepared>, given: JsonMap) -> Option<Concealed> {
        Some(Concealed {
            hidden: Arc::clone(self.hidden.as_ref()?),
            document,
            given,
        })
    }

    /// Whether everybody may look at the schema itself.
    #[must_use]
    pub fn are_open(&self) -> bool {
        self.rules.introspection
    }

    fn check(&self, text: &str, hash: Hash, wording: Wording) -> Result<Prepared, Refusal> {
        let text = &*syntax::plain(text, &self.limits)?;
        let mut parser = Parser::new()
            .token_limit(self.limits.tokens)
            .recursion_limit(self.limits.nesting);
        let parsed = parser.parse_ast(text, FILE_NAME);
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
        let checked = self.validate(&ast, wording)?;
        if let Some(ast) = nulls::without_defaults(&ast) {
            self.validate(&ast, wording)?;
        }
        lists::same(&ast, &self.schema)?;
        scalars::in_document(&checked, &self.schema)?;
        let mut runnable = runnable::of(text, &ast);
        roots::single_out(&mut runnable);
        let merges = merged::any_above_rows(&checked, &self.schema);
        let repeats = merged::any(&checked);
        Ok(Prepared {
            runnable,
            checked,
            hash,
            merges,
            repeats,
            size: text.len(),
            is_trusted: false,
            reported: AtomicBool::new(false),
        })
    }

    fn validate(
        &self,
        ast: &Document,
        wording: Wording,
    ) -> Result<Valid<ExecutableDocument>, Refusal> {
        let invalid = match ast.to_executable_validate(&self.schema) {
            Ok(checked) => return Ok(checked),
            Err(WithErrors { errors, .. }) => errors,
        };
        let again = repeated::is_all(&invalid)
            .then(|| repeated::merged(ast))
            .flatten();
        again
            .and_then(|ast| ast.to_executable_validate(&self.schema).ok())
            .ok_or_else(|| Refusal::invalid(&invalid, wording, &self.schema))
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
        let variables = variables::coerce(
            &self.schema,
            document,
            operation,
            variables,
            self.rules.wording(),
        )?;
        scalars::in_variables(&document.checked, operation, &variables, &self.schema)?;
        nulls::in_conditions(&document.checked, operation, &variables)?;
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

    /// What the operation asks of the schema itself.
    pub fn introspect(
        &self,
        document: &Prepared,
        admitted: &Admitted<'_>,
    ) -> Result<Option<Introspected>, Refusal> {
        let Admitted {
            operation,
            variables,
            ..
        } = admitted;
        self.introspection
            .of(&self.schema, &document.checked, operation, variables)
    }

    /// The operation as the executor runs it with these variables, which takes a document of its own each
    /// time: without arguments that stand for an absent one, and with every field once.
    pub fn to_run(&self, document: &Prepared, admitted: &Admitted<'_>) -> Runnable {
        let Admitted {
            operation,
            variables,
            ..
        } = admitted;
        let mut runnable = runnable::one(&document.runnable, operation.name.as_deref());
        variables::drop_absent(&mut runnable, operation, variables);
        if document.repeats {
            let root = operation.object_type();
            merge::merge(&mut runnable, root, &self.schema, variables);
        }
        runnable
    }
}

fn hash_of(text: &str) -> Hash {
    Sha256::digest(text).into()
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
        let name = "regimen_untrusted_documents_total";
        page.counter(name, "Requests for documents that `enforce` would refuse.");
        page.sample(name, &[], self.untrusted());
    }
}

/// An operation that may run.
pub struct Admitted<'a> {
    pub operation: &'a Node<Operation>,
    pub variables: Valid<JsonMap>,
    pub cost: u64,
}
