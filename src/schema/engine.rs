//! One request from its text to its answer: prepared document, permission, variables, cost, execution.
//! HTTP, WebSocket and SSE all come through here.

use std::sync::Arc;

use apollo_compiler::executable::OperationType;
use async_graphql::{PathSegment, Pos, Request, Response, ServerError};
use serde::Deserialize;

use super::{Schema, permissions};
use crate::{
    auth::Keys,
    db::Db,
    error::Error,
    graphql::{
        self,
        document::{Documents, JsonMap, Limits, Prepared, Refusal, drop_absent, for_executor},
    },
    viewer::Caller,
};

/// What a client asks for, however it was sent. Keys that nobody knows are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Option<JsonMap>,
    pub extensions: Option<JsonMap>,
}

/// What became of a request.
pub enum Outcome {
    /// Nothing ran: the request itself was not right.
    Refused(Response),
    /// Only reading is allowed here, and this would have written.
    WrongMethod(Response),
    /// It ran, well or with errors in its fields.
    Executed(Response),
}

/// Which operations may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// What GET may do.
    Queries,
    QueriesAndMutations,
}

/// The schema with everything that stands before it.
pub struct Engine {
    pub schema: Schema,
    documents: Documents,
    db: Db,
}

impl Engine {
    #[must_use]
    pub fn new(db: Db, keys: Arc<Keys>, limits: Limits) -> Self {
        let schema = super::schema(db.clone(), keys);
        let documents = Documents::new(&schema.sdl(), limits);
        Self {
            schema,
            documents,
            db,
        }
    }

    /// Runs what is asked for on behalf of the caller; `about` is what resolvers may want to know of
    /// the request.
    pub async fn run(
        &self,
        asked: Asked,
        caller: Caller,
        allowed: Allowed,
        about: async_graphql::Data,
    ) -> Outcome {
        match self.admit(asked, caller, allowed) {
            Ok(Admission { mut request, cost }) => {
                request.data = about;
                let request = request.data(graphql::loaders(self.db.clone())).data(caller);
                let response = graphql::present(Schema::execute(&self.schema, request).await);
                Outcome::Executed(response.extension("cost", async_graphql::Value::from(cost)))
            }
            Err(outcome) => outcome,
        }
    }

    fn admit(&self, asked: Asked, caller: Caller, allowed: Allowed) -> Result<Admission, Outcome> {
        let refused = |refusal: Refusal| Outcome::Refused(refusal.into());
        let document = self.document(&asked).map_err(refused)?;
        let given = asked.variables.unwrap_or_default();
        let name = asked.operation_name.as_deref();
        let admitted = self
            .documents
            .admit(&document, name, &given)
            .map_err(refused)?;
        let operation = admitted.operation;
        match (operation.operation_type, allowed) {
            (OperationType::Subscription, _) => {
                let message =
                    "subscriptions are not answered here: use a WebSocket or an event stream";
                return Err(refused(Refusal::request(
                    "SUBSCRIPTION_NOT_SUPPORTED",
                    message,
                )));
            }
            (OperationType::Mutation, Allowed::Queries) => {
                let message = "a mutation must be sent by POST";
                return Err(Outcome::WrongMethod(
                    Refusal::request("METHOD_NOT_ALLOWED", message).into(),
                ));
            }
            _ => {}
        }
        for field in operation.root_fields(&document.checked) {
            if let Err(error) = permissions::allowed(field.name.as_str(), caller) {
                let pos = field
                    .name
                    .line_column_range(&document.checked.sources)
                    .map(|range| Pos {
                        line: range.start.line,
                        column: range.start.column,
                    });
                let key = field.response_name().to_string();
                return Err(Outcome::Executed(graphql::present(forbidden(
                    &error, pos, key,
                ))));
            }
        }
        let mut runnable = document.runnable.clone();
        drop_absent(&mut runnable, operation, &admitted.variables);
        let mut request = Request::new("").variables(for_executor(&admitted.variables));
        request.operation_name = asked.operation_name;
        request.set_parsed_query(runnable);
        Ok(Admission {
            request,
            cost: admitted.cost,
        })
    }

    fn document(&self, asked: &Asked) -> Result<Arc<Prepared>, Refusal> {
        match asked.query.as_deref() {
            Some(text) if !text.is_empty() => self.documents.prepare(text),
            _ => Err(Refusal::request(
                "BAD_REQUEST",
                "there is no `query` in the request",
            )),
        }
    }
}

struct Admission {
    request: Request,
    cost: u64,
}

/// A field error: the operation was right, only not for this caller.
fn forbidden(error: &Error, pos: Option<Pos>, key: String) -> Response {
    let error = async_graphql::Error::from(error.clone());
    let mut error: ServerError = error.into_server_error(pos.unwrap_or_default());
    error.path.push(PathSegment::Field(key));
    Response::from_errors(vec![error])
}
