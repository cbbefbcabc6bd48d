//! Ending the requests that wait for news when the server ends, so that it need not wait for them.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{Method, StatusCode};

use crate::{App, Error};

/// A client whose wait is cut off asks again and finds the next server.
pub(crate) async fn end_waiting(
    State(app): State<App>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let waits = request.method() == Method::GET
        && route.is_some_and(|route| route.as_str().ends_with("/sync") || route.as_str().contains("/logins/"));
    if !waits {
        return next.run(request).await;
    }
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = app.stopping.cancelled() => {
            Error::new(StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN", "the server is restarting").into_response()
        }
    }
}
