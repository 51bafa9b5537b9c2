//! One request from its text to its answer: prepared document, permission, variables, cost, execution.
//! HTTP, WebSocket and SSE all come through here.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use apollo_compiler::executable::{Operation, OperationType};
use async_graphql::{PathSegment, Pos, Request, Response, ServerError};
use futures_util::{
    FutureExt,
    future::BoxFuture,
    stream::{BoxStream, StreamExt},
};
use serde::Deserialize;
use serde_json::Value;
use tracing::Instrument;

use super::{Schema, permissions};
use crate::{
    auth::Gate,
    db::Db,
    graphql::{
        self,
        document::{
            Concealed, Documents, Introspected, JsonMap, JsonValue, Limits, Named, Prepared,
            Refusal, Rules, for_executor,
        },
        written::Unwritten,
    },
    viewer::{Caller, Role},
};

/// What a client asks for, however it was sent. Keys that nobody knows are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Option<JsonMap>,
    pub extensions: Option<JsonMap>,
    /// The name of the document, instead of its text or beside it.
    pub document_id: Option<String>,
    /// The same as Relay's examples have it. Taken only where there is nothing else, because other
    /// clients send something else by these names.
    pub id: Option<Value>,
    #[serde(rename = "doc_id")]
    pub doc_id: Option<Value>,
}

impl Asked {
    /// Whether it says which document is meant, by its text or by a name.
    #[must_use]
    pub fn has_document(&self) -> bool {
        self.text().is_some() || self.extension().is_some() || self.id().is_some()
    }

    fn text(&self) -> Option<&str> {
        self.query.as_deref().filter(|text| !text.is_empty())
    }

    fn extension(&self) -> Option<&JsonValue> {
        let extension = self.extensions.as_ref()?.get("persistedQuery");
        extension.filter(|extension| !extension.is_null())
    }

    fn id(&self) -> Option<&str> {
        let other = || {
            let other = [&self.doc_id, &self.id].into_iter().flatten();
            let mut texts = other.filter_map(Value::as_str);
            self.text().is_none().then(|| texts.next()).flatten()
        };
        let id = self.document_id.as_deref().or_else(other);
        id.filter(|id| !id.is_empty())
    }

    fn named(&self) -> Result<Option<Named<'_>>, Refusal> {
        match (self.id(), self.extension()) {
            (Some(id), _) => Named::by_id(id).map(Some),
            (None, Some(extension)) => Named::by_extension(extension).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// What became of a request.
pub enum Outcome {
    /// Nothing ran: the request itself was not right.
    Refused(Response),
    /// Only reading is allowed here, and this would have written.
    WrongMethod(Response),
}

/// Which operations may run, beside queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub mutations: bool,
    pub subscriptions: bool,
}

impl Allowed {
    pub const QUERIES: Self = Self {
        mutations: false,
        subscriptions: false,
    };
    /// Whatever has one answer.
    pub const QUERIES_AND_MUTATIONS: Self = Self {
        mutations: true,
        subscriptions: false,
    };
    pub const ALL: Self = Self {
        mutations: true,
        subscriptions: true,
    };
}

/// An operation that is under way.
pub enum Started {
    /// A query or a mutation. A mutation goes on if nobody waits for it any more.
    Once(BoxFuture<'static, Response>),
    /// A subscription.
    Many(BoxStream<'static, Response>),
}

/// Whether a subscription ends with this answer: its source could not be opened, or broke. Errors
/// inside of an event stand further below.
#[must_use]
pub fn is_request_error(answer: &Response) -> bool {
    let of_the_whole = |error: &ServerError| error.path.len() <= 1;
    answer.data == async_graphql::Value::Null && answer.errors.iter().any(of_the_whole)
}

/// The schema with everything that stands before it.
pub struct Engine {
    pub schema: Schema,
    pub documents: Documents,
    db: Db,
}

impl Engine {
    #[must_use]
    pub fn new(db: Db, gate: Arc<Gate>, limits: Limits, rules: Rules) -> Self {
        let schema = super::schema(db.clone(), gate);
        let documents = Documents::new(&super::text(&schema), limits, rules);
        Self {
            schema,
            documents,
            db,
        }
    }

    /// Begins what is asked for on behalf of the caller, if it may run at all; `about` is what resolvers
    /// may want to know of the request.
    pub fn start(
        &self,
        asked: Asked,
        caller: Caller,
        allowed: Allowed,
        about: async_graphql::Data,
    ) -> Result<Started, Box<Outcome>> {
        let Admission {
            mut request,
            introspected,
            kind,
            cost,
            merges,
            concealed,
        } = self.admit(asked, caller, allowed)?;
        request.data = about;
        let mut request = request.data(graphql::loaders(self.db.clone())).data(caller);
        if merges {
            request = request.data(Unwritten);
        }
        if let Some(introspected) = introspected {
            request = request.data(introspected);
        }
        let cost = async_graphql::Value::from(cost);
        let present = move |answer| present(answer, concealed.as_ref());
        if kind == OperationType::Subscription {
            let events = AssertUnwindSafe(self.schema.execute_stream(request)).catch_unwind();
            let events = events.map(move |event| event.map_or_else(panicked, &present));
            return Ok(Started::Many(events.boxed()));
        }
        let schema = self.schema.clone();
        let answer = async move {
            let answer = AssertUnwindSafe(Schema::execute(&schema, request)).catch_unwind();
            answer
                .await
                .map_or_else(panicked, present)
                .extension("cost", cost)
        };
        if kind == OperationType::Mutation {
            let answer = tokio::spawn(answer.in_current_span());
            let answer = answer.map(|answer| answer.unwrap_or_else(|_| broken()));
            return Ok(Started::Once(answer.boxed()));
        }
        Ok(Started::Once(answer.boxed()))
    }

    fn admit(
        &self,
        asked: Asked,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<Admission, Box<Outcome>> {
        let refused = |refusal: Refusal| Box::new(Outcome::Refused(refusal.into()));
        let document = asked.named().map_err(refused)?;
        let document = self
            .documents
            .find(document, asked.text())
            .map_err(refused)?;
        let given = asked.variables.unwrap_or_default();
        let name = asked.operation_name.as_deref();
        let admitted = self
            .documents
            .admit(&document, name, &given)
            .map_err(refused)?;
        let operation = admitted.operation;
        let kind = operation.operation_type;
        match (kind, allowed.subscriptions, allowed.mutations) {
            (OperationType::Subscription, false, _) => return Err(refused(no_subscriptions())),
            (OperationType::Mutation, _, false) => {
                let message = "a mutation must be sent by POST";
                let refusal = Refusal::request("METHOD_NOT_ALLOWED", message);
                return Err(Box::new(Outcome::WrongMethod(refusal.into())));
            }
            _ => {}
        }
        if !self.may_introspect(caller) && introspects(&document, operation) {
            return Err(refused(no_introspection()));
        }
        let concealed = if self.may_introspect(caller) {
            None
        } else {
            self.documents.concealed(&document, &given)
        };
        if kind == OperationType::Subscription
            && let Some(response) = forbidden_root(&document, operation, caller)
        {
            let response = present(response, concealed.as_ref());
            return Err(Box::new(Outcome::Refused(response)));
        }
        let introspected = self
            .documents
            .introspect(&document, &admitted)
            .map_err(refused)?;
        let runnable = self.documents.to_run(&document, &admitted);
        let mut request = Request::new("").variables(for_executor(&admitted.variables));
        request.operation_name = asked.operation_name;
        request.set_parsed_query(runnable);
        Ok(Admission {
            request,
            introspected,
            kind,
            cost: admitted.cost,
            merges: document.merges,
            concealed,
        })
    }

    /// The schema is shown to everybody or to admins alone: those can do anything, so it hides nothing
    /// from them.
    fn may_introspect(&self, caller: Caller) -> bool {
        self.documents.are_open() || caller.is_some_and(|viewer| viewer.role == Role::Admin)
    }
}

struct Admission {
    request: Request,
    introspected: Option<Introspected>,
    kind: OperationType,
    cost: u64,
    merges: bool,
    concealed: Option<Concealed>,
}

/// An answer as it may be shown.
fn present(answer: Response, concealed: Option<&Concealed>) -> Response {
    let answer = graphql::present(answer);
    match concealed {
        Some(concealed) => concealed.within(answer),
        None => answer,
    }
}

/// The answer where a subscription is not for this caller. What has one answer says so in its field.
fn forbidden_root(document: &Prepared, operation: &Operation, caller: Caller) -> Option<Response> {
    let (field, error) = operation.root_fields(&document.checked).find_map(|field| {
        Some((
            field,
            permissions::allowed(field.name.as_str(), caller).err()?,
        ))
    })?;
    let range = field.name.line_column_range(&document.checked.sources);
    let pos = range.map_or_else(Pos::default, |range| Pos {
        line: range.start.line,
        column: range.start.column,
    });
    let mut error: ServerError = async_graphql::Error::from(error).into_server_error(pos);
    let key = field.response_name().to_string();
    error.path.push(PathSegment::Field(key));
    Some(Response::from_errors(vec![error]))
}

/// Whether it asks for the schema; `__typename` says no more than the document does.
fn introspects(document: &Prepared, operation: &Operation) -> bool {
    operation
        .root_fields(&document.checked)
        .any(|field| matches!(field.name.as_str(), "__schema" | "__type"))
}

fn no_introspection() -> Refusal {
    let message =
        "introspection is off on this server: sign in as an admin, or ask its owner for the schema";
    Refusal::request("INTROSPECTION_DISABLED", message)
}

fn no_subscriptions() -> Refusal {
    let message = "subscriptions are not answered here: use a WebSocket or an event stream";
    Refusal::request("SUBSCRIPTION_NOT_SUPPORTED", message)
}

/// What a panic in a resolver looks like from outside; its text goes to the log alone.
#[expect(clippy::needless_pass_by_value, reason = "it is thrown away here")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(panic = text, "a resolver failed with a panic");
    broken()
}

fn broken() -> Response {
    let message = "something went wrong on our side; the request id finds it in the log";
    Refusal::request("INTERNAL", message).into()
}
