//! One request from its text to its answer: prepared document, permission, variables, cost, execution.
//! HTTP, WebSocket and SSE all come through here.

use std::{
    any::{Any, TypeId},
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use apollo_compiler::executable::{Operation, OperationType};
use async_graphql::{PathSegment, Pos, Request, Response, ServerError};
use futures_util::{
    FutureExt,
    future::BoxFuture,
    stream::{BoxStream, StreamExt},
};
use tracing::{Instrument, trace_span};

use super::{
    Schema,
    asked::Asked,
    permissions,
    tally::{Begun, Running, Tally},
};
use crate::{
    auth::Gate,
    changes::Hub,
    db::Db,
    error::Error,
    graphql::{
        self, Seam,
        document::{
            Concealed, Documents, Introspected, Limits, Prepared, Refusal, Rules, for_executor,
        },
        written::Unwritten,
    },
    logging::spans,
    metrics::Page,
    migration::Moving,
    traffic::{Payer, RateOptions, Rates},
    viewer::{Caller, Client, Role},
};

/// What became of a request.
pub enum Outcome {
    /// Nothing ran: the request itself was not right.
    Refused(Response),
    /// Only reading is allowed here, and this would have written.
    WrongMethod(Response),
    /// Its sender has spent too much, and may come back after so long.
    Limited(Response, Duration),
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
    /// A query or a mutation, which begins when it is first waited for. A mutation that has begun goes
    /// on if nobody waits for it any more.
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
    rates: Rates,
    tally: Arc<Tally>,
    hub: Arc<Hub>,
    db: Db,
    moving: OnceLock<Arc<Moving>>,
    most_errors: usize,
}

impl Engine {
    #[must_use]
    pub fn new(db: Db, gate: Arc<Gate>, limits: Limits, rules: Rules, rates: RateOptions) -> Self {
        let hub = Hub::new(db.clone());
        let tally = Arc::new(Tally::default());
        let schema = super::schema(Arc::clone(&hub), db.clone(), gate, Arc::clone(&tally));
        let most_errors = limits.errors;
        let documents = Documents::new(&super::text(&schema), limits, rules);
        Self {
            schema,
            documents,
            rates: Rates::new(rates),
            tally,
            hub,
            db,
            moving: OnceLock::new(),
            most_errors,
        }
    }

    /// From now on an app is moved here from its files.
    pub fn move_in(&self, moving: Arc<Moving>) {
        // Told once, when the server starts.
        let _ = self.moving.set(moving);
    }

    /// What resolvers find their rows through.
    fn request(&self, request: Request) -> Request {
        let Some(moving) = self.moving.get() else {
            return request.data(graphql::loaders(self.db.clone()));
        };
        let db = moving.reading();
        let seam: Arc<dyn Seam> = Arc::clone(moving) as _;
        request
            .data(graphql::loaders(db.clone()))
            .data(db)
            .data(seam)
            .data(Arc::clone(moving))
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
        let payer = payer(caller, &about);
        let Admission {
            mut request,
            introspected,
            begun,
            merges,
            concealed,
        } = self
            .pay_and_admit(payer, asked, caller, allowed)
            .inspect_err(|outcome| self.tally.count_errors(outcome.response()))?;
        let (kind, cost) = (begun.kind, begun.cost);
        let name = begun.name.as_deref();
        let span = trace_span!(target: spans::TARGET, "operation", name, kind = kind.name(), cost);
        let finish = self.finish(self.tally.begin(&begun), concealed);
        request.data = about;
        let mut request = self.request(request).data(caller);
        if merges {
            request = request.data(Unwritten);
        }
        if let Some(introspected) = introspected {
            request = request.data(introspected);
        }
        if kind == OperationType::Subscription {
            let events = AssertUnwindSafe(self.schema.execute_stream(request)).catch_unwind();
            return Ok(Started::Many(events.map(finish).boxed()));
        }
        let schema = self.schema.clone();
        let answer = async move {
            let answer = AssertUnwindSafe(Schema::execute(&schema, request)).catch_unwind();
            finish(answer.await).extension("cost", async_graphql::Value::from(cost))
        };
        let answer = answer.instrument(span);
        if kind == OperationType::Mutation {
            let answer = async move {
                tokio::spawn(answer.in_current_span())
                    .await
                    .unwrap_or_else(|_| broken())
            };
            return Ok(Started::Once(answer.in_current_span().boxed()));
        }
        Ok(Started::Once(answer.boxed()))
    }

    /// The last look at each answer of an operation, which is counted as long as this lives.
    fn finish(
        &self,
        running: Running,
        concealed: Option<Concealed>,
    ) -> impl Fn(Result<Response, Box<dyn Any + Send>>) -> Response + Send + use<> {
        let most = self.most_errors;
        move |answer| {
            let presented = |answer| present(answer, most, concealed.as_ref());
            let answer = answer.map_or_else(panicked, presented);
            running.answered(&answer);
            answer
        }
    }

    /// Whoever has nothing left is refused before anything is looked at. What is refused for another
    /// reason has its price too, or it could be sent for ever.
    fn pay_and_admit(
        &self,
        payer: Payer,
        asked: Asked,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<Admission, Box<Outcome>> {
        let limited = |wait| Box::new(limited(wait));
        self.rates.check(payer).map_err(limited)?;
        let work = price_of_refusing(&asked);
        let admitted = self.admit(asked, caller, allowed);
        let admission = admitted.inspect_err(|_| self.rates.owe(payer, work))?;
        self.rates
            .spend(payer, admission.begun.cost, work)
            .map_err(limited)?;
        Ok(admission)
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
        may_run(kind, allowed)?;
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
            let response = present(response, self.most_errors, concealed.as_ref());
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
        let begun = Begun {
            document: document.hash,
            name: operation.name.clone(),
            kind,
            cost: admitted.cost,
            is_known: caller.is_some(),
        };
        Ok(Admission {
            request,
            introspected,
            begun,
            merges: document.merges,
            concealed,
        })
    }

    /// Writes what is known of requests for those who watch.
    pub fn write_metrics(&self, page: &mut Page) {
        self.tally.write(page);
        self.documents.write(page);
        self.rates.write(page);
        self.hub.write(page);
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
    begun: Begun,
    merges: bool,
    concealed: Option<Concealed>,
}

/// An answer as it may be shown.
fn present(answer: Response, most_errors: usize, concealed: Option<&Concealed>) -> Response {
    let answer = graphql::present(answer, most_errors);
    match concealed {
        Some(concealed) => concealed.within(answer),
        None => answer,
    }
}

impl Outcome {
    /// The answer to it.
    pub const fn response(&self) -> &Response {
        match self {
            Self::Refused(response) | Self::WrongMethod(response) | Self::Limited(response, _) => {
                response
            }
        }
    }
}

/// Whose bucket the request is paid from.
fn payer(caller: Caller, about: &async_graphql::Data) -> Payer {
    let client = about.get(&TypeId::of::<Client>());
    Payer::of(caller, client.and_then(|it| it.downcast_ref()))
}

/// What it takes to look at a request that is not run, in points: reading a document takes longer than
/// answering as many fields.
fn price_of_refusing(asked: &Asked) -> u64 {
    10 + asked.query.as_ref().map_or(0, String::len) as u64 / 10
}

fn limited(retry_after: Duration) -> Outcome {
    let what = "requests, or too costly ones";
    let mut error = ServerError::new(String::new(), None);
    error.source = Some(Arc::new(Error::RateLimited { what, retry_after }));
    let response = graphql::present(Response::from_errors(vec![error]), 1);
    Outcome::Limited(response, retry_after)
}

fn may_run(kind: OperationType, allowed: Allowed) -> Result<(), Box<Outcome>> {
    match (kind, allowed.subscriptions, allowed.mutations) {
        (OperationType::Subscription, false, _) => {
            Err(Box::new(Outcome::Refused(no_subscriptions().into())))
        }
        (OperationType::Mutation, _, false) => {
            let message = "a mutation must be sent by POST";
            let refusal = Refusal::request("METHOD_NOT_ALLOWED", message);
            Err(Box::new(Outcome::WrongMethod(refusal.into())))
        }
        _ => Ok(()),
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
