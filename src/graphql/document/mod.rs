//! Documents, prepared once: parsed, validated by the specification, measured, and kept by their hash,
//! so that a document which comes again costs a look-up.

mod concealed;
mod cost;
mod introspection;
mod kept;
mod limits;
mod lists;
mod measure;
mod merge;
mod merged;
mod named;
mod refusal;
mod repeated;
mod roots;
mod rules;
mod syntax;
mod trusted;
mod variables;
mod wording;

use std::{
    collections::HashSet,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::Document,
    executable::Operation,
    parser::Parser,
    validation::{Valid, WithErrors},
};
use async_graphql::parser::{parse_query, types::ExecutableDocument as Runnable};
use sha2::{Digest, Sha256};

use introspection::Introspection;

pub use apollo_compiler::response::{JsonMap, JsonValue};
pub use concealed::Concealed;
pub use introspection::Introspected;
pub use limits::Limits;
pub use named::Named;
pub use refusal::Refusal;
pub use rules::Rules;
pub use trusted::{BadManifest, Manifest};
pub use variables::for_executor;

use self::{kept::Kept, trusted::Trusted, wording::Wording};
use crate::{config::TrustedMode, metrics::Page};

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
    /// Whether the log has said that nobody vouched for it.
    reported: AtomicBool,
}

/// All documents seen lately, and the trusted ones.
pub struct Documents {
    schema: Valid<Schema>,
    introspection: Introspection,
    limits: Limits,
    rules: Rules,
    /// All names in the schema, where it is hidden.
    names: Option<Arc<HashSet<String>>>,
    /// Also what a client means that sends a hash alone: whatever is no longer in here, it sends again.
    kept: Kept,
    trusted: RwLock<Arc<Trusted>>,
    /// How many requests for others were answered and reported.
    untrusted: AtomicU64,
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
        let names = (!rules.introspection).then(|| Arc::new(concealed::names(&schema)));
        Self {
            introspection: Introspection::new(&schema),
            schema,
            kept: Kept::within(limits.cached_bytes),
            limits,
            rules,
            names,
            trusted: RwLock::default(),
            untrusted: AtomicU64::new(0),
        }
    }

    /// Takes the documents of a manifest in place of those of the one before; all of them or none.
    pub fn trust(&self, manifest: &Manifest) -> Result<(), BadManifest> {
        let prepare = |text: &str| self.check(text, hash_of(text), Wording::Plain);
        let trusted = Arc::new(Trusted::prepare(manifest, prepare)?);
        *self.trusted.write().unwrap_or_else(PoisonError::into_inner) = trusted;
        Ok(())
    }

    /// The document that a request names or sends, or both.
    pub fn find(
        &self,
        named: Option<Named<'_>>,
        text: Option<&str>,
    ) -> Result<Arc<Prepared>, Refusal> {
        let trusted = self.trusted();
        match (named, text) {
            (None, None) => Err(Refusal::request(
                "BAD_REQUEST",
                "there is neither a `query` nor the `documentId` of one in the request",
            )),
            (Some(named), None) => self.by_name(&trusted, named),
            (named, Some(text)) => {
                let hash = hash_of(text);
                if named.is_some_and(|named| !trusted.agrees(named, &hash)) {
                    return Err(Refusal::request(
                        "PERSISTED_QUERY_HASH_MISMATCH",
                        "`query` is not the document of this hash or id: hash the text as it is sent",
                    ));
                }
                self.by_text(&trusted, text, hash)
            }
        }
    }

    /// Those in force now; nobody who brings new ones waits for this request.
    fn trusted(&self) -> Arc<Trusted> {
        Arc::clone(&self.trusted.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn by_name(&self, trusted: &Trusted, named: Named<'_>) -> Result<Arc<Prepared>, Refusal> {
        if let Some(known) = trusted.by_name(named) {
            return Ok(Arc::clone(known));
        }
        if self.rules.trusted_mode == TrustedMode::Enforce {
            return Err(Refusal::untrusted());
        }
        match named.hash {
            // Clients look for these very words.
            Some(_) if !self.rules.persisted_queries => Err(Refusal::request(
                "PERSISTED_QUERY_NOT_SUPPORTED",
                "PersistedQueryNotSupported",
            )),
            hash => match hash.and_then(|hash| self.kept.get(&hash)) {
                Some(known) => Ok(self.seen(known)),
                None => Err(Refusal::request(
                    "PERSISTED_QUERY_NOT_FOUND",
                    "PersistedQueryNotFound",
                )),
            },
        }
    }

    fn by_text(&self, trusted: &Trusted, text: &str, hash: Hash) -> Result<Arc<Prepared>, Refusal> {
        if let Some(known) = trusted.by_hash(&hash) {
            return Ok(Arc::clone(known));
        }
        if self.rules.trusted_mode == TrustedMode::Enforce {
            return Err(Refusal::untrusted());
        }
        if let Some(known) = self.kept.get(&hash) {
            return Ok(self.seen(known));
        }
        let prepared = Arc::new(self.check(text, hash, self.rules.wording())?);
        self.kept.insert(&prepared);
        Ok(self.seen(prepared))
    }

    /// Says once of a document that it would be refused. Its text stays out of the log, because values
    /// may be written in it.
    fn seen(&self, document: Arc<Prepared>) -> Arc<Prepared> {
        if self.rules.trusted_mode == TrustedMode::Report {
            let total = self.untrusted.fetch_add(1, Ordering::Relaxed) + 1;
            if !document.reported.swap(true, Ordering::Relaxed) {
                let operations = document.checked.operations.iter();
                let names: Vec<&str> = operations
                    .filter_map(|operation| operation.name.as_deref())
                    .collect();
                tracing::warn!(
                    sha256 = named::to_hex(&document.hash),
                    operations = names.join(", "),
                    untrusted_so_far = total,
                    "a document is not in the manifest, and would be refused with `REGIMEN_TRUSTED_MODE=enforce`"
                );
            }
        }
        document
    }

    /// How many requests were answered although nobody vouched for their documents, where that is
    /// reported.
    #[must_use]
    pub fn untrusted(&self) -> u64 {
        self.untrusted.load(Ordering::Relaxed)
    }

    /// Writes what is known of them for those who watch.
    pub fn write(&self, page: &mut Page) {
        self.kept.write(page);
        let name = "regimen_untrusted_documents_total";
        page.counter(name, "Requests for documents that `enforce` would refuse.");
        page.sample(name, &[], self.untrusted());
    }

    /// What the answer to a request may name, where the schema is hidden.
    #[must_use]
    pub fn concealed(&self, document: &Arc<Prepared>, given: &JsonMap) -> Option<Concealed> {
        Some(Concealed {
            names: Arc::clone(self.names.as_ref()?),
            document: Arc::clone(document),
            given: given.clone(),
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
        lists::same(&ast, &self.schema)?;
        let mut runnable = runnable(text, &checked)?;
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
        let variables =
            variables::coerce(&self.schema, operation, variables, self.rules.wording())?;
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

    /// The document as the executor runs it with these variables: without arguments that stand for an
    /// absent one, and with every field once.
    pub fn to_run(&self, document: &Prepared, admitted: &Admitted<'_>) -> Runnable {
        let mut runnable = document.runnable.clone();
        let Admitted {
            operation,
            variables,
            ..
        } = admitted;
        variables::drop_absent(&mut runnable, operation, variables);
        if document.repeats {
            let name = operation.name.as_deref();
            let root = operation.object_type();
            merge::merge(&mut runnable, name, root, &self.schema, variables);
        }
        runnable
    }
}

fn hash_of(text: &str) -> Hash {
    Sha256::digest(text).into()
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
        let operation = operation.make_mut();
        operation.description = None;
        for variable in &mut operation.variables {
            variable.make_mut().description = None;
        }
    }
    for fragment in plain.fragments.values_mut() {
        fragment.make_mut().description = None;
    }
    parse_query(plain.serialize().no_indent().to_string())
        .map_err(|error| Refusal::request("GRAPHQL_PARSE_FAILED", error.to_string()))
}
