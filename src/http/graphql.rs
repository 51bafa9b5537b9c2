//! GraphQL over HTTP: a request's document goes to the schema, its answer back.

use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{App, RequestId, error};
use crate::{
    auth::BadToken,
    error::Error,
    graphql,
    schema::permissions,
    viewer::{Caller, Client},
};

pub(super) async fn execute(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    client: Client,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> Response {
    let caller = match caller(&app, &headers).await {
        Ok(caller) => caller,
        Err(refused) => return refuse(&refused),
    };
    let loaders = graphql::loaders(app.db.clone());
    let mut request = request.into_inner().data(id).data(loaders);
    request = request.data(caller).data(client);
    let response = match permissions::check(&mut request, caller) {
        Ok(()) => app.schema.execute(request).await,
        Err(refused) => refused,
    };
    GraphQLResponse::from(graphql::present(response)).into_response()
}

/// Whoever the token proves to be; nobody where there is none.
async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Error> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = token.ok_or(BadToken::Invalid)?;
    app.gate.viewer(&app.db, token).await.map(Some)
}

/// The answer to a request whose sender could not be made out.
fn refuse(refused: &Error) -> Response {
    let status = match refused {
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status != StatusCode::UNAUTHORIZED {
        let cause = std::error::Error::source(refused);
        tracing::error!(
            error = cause,
            "the sender of a request could not be made out"
        );
    }
    let mut response = error(status, refused.code(), &refused.to_string()).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
