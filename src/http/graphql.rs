//! GraphQL over HTTP: a request's document goes to the schema, its answer back.

use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{App, RequestId, error};
use crate::{auth::BadToken, graphql, schema::permissions, viewer::Caller};

pub(super) async fn execute(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> Response {
    let caller = match caller(&app, &headers) {
        Ok(caller) => caller,
        Err(bad) => {
            return error(
                StatusCode::UNAUTHORIZED,
                "UNAUTHENTICATED",
                &bad.to_string(),
            )
            .into_response();
        }
    };
    let loaders = graphql::loaders(app.db.clone());
    let mut request = request.into_inner().data(id).data(loaders).data(caller);
    let response = match permissions::check(&mut request, caller) {
        Ok(()) => app.schema.execute(request).await,
        Err(refused) => refused,
    };
    GraphQLResponse::from(graphql::present(response)).into_response()
}

/// Whoever the token proves to be; nobody where there is none.
fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, BadToken> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    app.keys.verify(token.ok_or(BadToken::Invalid)?).map(Some)
}
