//! Whether a request may run: its document, who asks, its variables, and what it costs.

use std::sync::Arc;

use apollo_compiler::executable::{Operation, OperationType};
use async_graphql::{PathSegment, Pos, Request, Response, ServerError};

use super::{
    Allowed, Engine,
    outcome::{Outcome, present},
    pay::Purse,
    shadow::Shadow,
};
use crate::{
    graphql::document::{Concealed, Introspected, Prepared, Refusal, for_executor},
    migration::Moving,
    schema::{asked::Asked, permissions, tally::Begun},
    traffic::Payer,
    viewer::{Caller, Role},
};

/// A request that may run and is paid for.
pub(super) struct Admission {
    pub request: Request,
    pub introspected: Option<Introspected>,
    pub begun: Begun,
    pub merges: bool,
    pub concealed: Option<Concealed>,
    /// Who paid for it.
    pub payer: Payer,
    /// The same once more, where both sides are to be asked.
    pub shadow: Option<Shadow>,
}

impl Engine {
    /// What is refused has its price too, or it could be sent for ever.
    pub(super) fn admit(
        &self,
        payer: Payer,
        asked: Asked,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<Admission, Box<Outcome>> {
        let purse = self.have_reading_paid(payer, &asked)?;
        let admitted = self.judge(&purse, asked, caller, allowed);
        admitted.inspect_err(|outcome| {
            if !matches!(**outcome, Outcome::Limited(..)) {
                self.have_look_paid(&purse);
            }
        })
    }

    fn judge(
        &self,
        purse: &Purse,
        asked: Asked,
        caller: Caller,
        allowed: Allowed,
    ) -> Result<Admission, Box<Outcome>> {
        let prepares = |length| self.have_preparing_paid(purse, length);
        let document = self
            .documents
            .find(asked.named()?, asked.text(), prepares)?;
        let given = asked.variables.unwrap_or_default();
        let name = asked.operation_name.as_deref();
        let admitted = self.documents.admit(&document, name, &given)?;
        let operation = admitted.operation;
        let kind = operation.operation_type;
        may_run(kind, allowed)?;
        let may_introspect = self.may_introspect(caller);
        if !may_introspect && introspects(&document, operation) {
            return Err(no_introspection().into());
        }
        let concealed = if may_introspect {
            None
        } else {
            self.documents.concealed(Arc::clone(&document), given)
        };
        if kind == OperationType::Subscription
            && let Some(response) = forbidden_root(&document, operation, caller)
        {
            let response = present(response, self.most_errors, concealed.as_ref());
            return Err(Box::new(Outcome::Refused(response)));
        }
        self.have_execution_paid(purse, &document, operation, admitted.cost)?;
        let introspected = self.documents.introspect(&document, &admitted)?;
        let runnable = self.documents.to_run(&document, &admitted);
        let variables = for_executor(&admitted.variables);
        let shadow = self.shadowing(kind).map(|moving| Shadow {
            schema: self.schema.clone(),
            moving,
            document: runnable.clone(),
            variables: variables.clone(),
            caller,
            merges: document.merges,
            name: operation
                .name
                .as_ref()
                .map_or_else(|| "a query without a name".to_owned(), ToString::to_string),
        });
        let mut request = Request::new("").variables(variables);
        request.set_parsed_query(runnable);
        let begun = Begun {
            document: document.hash,
            name: operation.name.clone(),
            kind,
            cost: admitted.cost,
            is_known: caller.is_some(),
            is_trusted: document.is_trusted,
        };
        Ok(Admission {
            request,
            introspected,
            begun,
            merges: document.merges,
            concealed,
            payer: purse.payer,
            shadow,
        })
    }

    /// Whether this operation is one of the share that both sides answer.
    fn shadowing(&self, kind: OperationType) -> Option<Arc<Moving>> {
        let moving = self.moving.get()?;
        let drawn = kind == OperationType::Query && moving.shadows().draw();
        drawn.then(|| Arc::clone(moving))
    }

    /// The schema is shown to everybody or to admins alone: those can do anything, so it hides nothing
    /// from them.
    fn may_introspect(&self, caller: Caller) -> bool {
        self.documents.are_open() || caller.is_some_and(|viewer| viewer.role == Role::Admin)
    }
}

fn may_run(kind: OperationType, allowed: Allowed) -> Result<(), Box<Outcome>> {
    match (kind, allowed.subscriptions, allowed.mutations) {
        (OperationType::Subscription, false, _) => Err(no_subscriptions().into()),
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
    let message =
        "this is answered over a WebSocket or as an event stream, because it has many answers";
    Refusal::request("SUBSCRIPTION_NOT_SUPPORTED", message)
}
