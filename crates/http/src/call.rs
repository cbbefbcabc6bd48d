//! A parsed and authenticated request, as handlers get it.

use std::{future::Future, net::IpAddr};

use ruma::api::{
    IncomingRequest, Metadata,
    auth_scheme::{AccessToken, AccessTokenOptional, AuthScheme, NoAccessToken, NoAuthentication},
};
use unisono_engine::{Engine, Error as EngineError, Session};

use crate::{App, Result};

/// One call of an endpoint. `session` is what the endpoint's metadata ask for: a [`Session`], an
/// optional one, or nothing; so a handler that needs a user cannot lack one.
pub struct Call<R: IncomingRequest>
where
    R::Authentication: Authenticate,
{
    pub engine: Engine,
    pub session: <R::Authentication as Authenticate>::Session,
    pub request: R,
    pub client: Client,
}

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
}

/// An authentication scheme of ruma's, carried out.
pub trait Authenticate: AuthScheme {
    type Session: Send;

    /// Turns what the request brought along into a session.
    fn authenticate(app: &App, credentials: Self::Output) -> impl Future<Output = Result<Self::Session>> + Send;
}

impl Authenticate for NoAuthentication {
    type Session = ();

    async fn authenticate(_: &App, (): ()) -> Result<()> {
        Ok(())
    }
}

impl Authenticate for NoAccessToken {
    type Session = ();

    async fn authenticate(_: &App, (): ()) -> Result<()> {
        Ok(())
    }
}

impl Authenticate for AccessToken {
    type Session = Session;

    async fn authenticate(app: &App, token: String) -> Result<Session> {
        Ok(app.engine.authenticate(&token).await?)
    }
}

impl Authenticate for AccessTokenOptional {
    type Session = Option<Session>;

    async fn authenticate(app: &App, token: Option<String>) -> Result<Option<Session>> {
        match token {
            Some(token) => Ok(Some(app.engine.authenticate(&token).await?)),
            None => Ok(None),
        }
    }
}

/// Reads the credentials of a request.
pub(crate) fn credentials<R: Metadata, T>(
    request: &http::Request<T>,
) -> std::result::Result<<R::Authentication as AuthScheme>::Output, EngineError> {
    R::Authentication::extract_authentication(request).map_err(|_| EngineError::Unauthenticated {
        code: "M_MISSING_TOKEN",
        message: "an access token is needed".to_owned(),
        soft_logout: false,
    })
}
