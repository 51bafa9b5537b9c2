//! One request from its text to its answer: prepared document, permission, variables, cost, execution.
//! HTTP, WebSocket and SSE all come through here.

mod admit;
mod finished;
mod outcome;
mod pay;
mod shadow;

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use apollo_compiler::executable::OperationType;
use async_graphql::{Request, Response};
use futures_util::{
    FutureExt,
    future::BoxFuture,
    stream::{BoxStream, StreamExt},
};
use tracing::{Instrument, trace_span};

pub use self::outcome::{Outcome, is_request_error};
use self::{
    admit::Admission,
    finished::Finished,
    outcome::{broken, panicked, present},
};
use super::{
    Schema,
    asked::Asked,
    tally::{Running, Tally},
};
use crate::{
    auth::Gate,
    changes::Hub,
    db::Db,
    graphql::{
        self, Seam,
        document::{Concealed, Documents, Limits, Rules},
        written::Unwritten,
    },
    logging::spans,
    metrics::Page,
    migration::Moving,
    traffic::{RateOptions, Rates},
    viewer::Caller,
};

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

/// The schema with everything that stands before it.
pub struct Engine {
    pub schema: Schema,
    pub documents: Documents,
    rates: Arc<Rates>,
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
            rates: Arc::new(Rates::new(rates)),
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
        let Admission {
            mut request,
            introspected,
            begun,
            merges,
            concealed,
            payer,
            shadow,
        } = self
            .admit(pay::payer(caller, &about), asked, caller, allowed)
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
            let events = self.paid_by_event(payer, cost, events.map(finish).boxed());
            return Ok(Started::Many(events));
        }
        let schema = self.schema.clone();
        let answer = async move {
            let answer = AssertUnwindSafe(Schema::execute(&schema, request)).catch_unwind();
            let answer = finish(answer.await);
            if let Some(shadow) = shadow {
                tokio::spawn(shadow.compare(answer.data.clone()));
            }
            answer.extension("cost", async_graphql::Value::from(cost))
        };
        let answer = answer.instrument(span);
        if kind == OperationType::Mutation {
            let answer = AssertUnwindSafe(answer.in_current_span()).catch_unwind();
            let answer = answer.map(|answer| answer.unwrap_or_else(|_| broken()));
            return Ok(Started::Once(Box::pin(Finished::new(answer))));
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

    /// Writes what is known of requests for those who watch.
    pub fn write_metrics(&self, page: &mut Page) {
        self.tally.write(page);
        self.documents.write(page);
        self.rates.write(page);
        self.hub.write(page);
        if let Some(moving) = self.moving.get() {
            moving.shadows().write(page);
        }
    }
}
