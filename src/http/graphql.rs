//! GraphQL over HTTP: a request's document goes to the schema, its answer back.

use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{Extension, extract::State};

use super::{App, RequestId};
use crate::graphql;

pub(super) async fn execute(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: GraphQLRequest,
) -> GraphQLResponse {
    let request = request
        .into_inner()
        .data(id)
        .data(graphql::loaders(app.db.clone()));
    graphql::present(app.schema.execute(request).await).into()
}
