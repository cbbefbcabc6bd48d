//! A parsed and authenticated request, as handlers get it.

use std::{
    convert::Infallible,
    future::Future,
    net::{IpAddr, SocketAddr},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use ruma::api::{
    IncomingRequest, Metadata,
    auth_scheme::{
        AccessToken, AccessTokenOptional, AppserviceTokenOptional, AuthScheme, NoAccessToken, NoAuthentication,
    },
};
use tokio_util::sync::CancellationToken;
use unisono_domain::net::Network;
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
    /// Cancelled when the server is to end: whoever waits for news answers at once.
    pub stopping: CancellationToken,
}

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
}

impl Client {
    /// The connection's other end; or, if that is one of our proxies, the last address in
    /// `X-Forwarded-For` that is none of them.
    pub(crate) fn of(parts: &Parts, proxies: &[Network]) -> Self {
        let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(*address));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|at| at.0.ip().to_canonical());
        let Some(proxy) = peer.filter(is_proxy) else { return Self { address: peer } };
        let forwarded: Vec<IpAddr> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map_while(|address| address.trim().parse().ok())
            .collect();
        Self { address: forwarded.into_iter().rev().find(|address| !is_proxy(address)).or(Some(proxy)) }
    }

    /// As it is stored and shown to the person.
    pub fn ip(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Infallible> {
        Ok(Self::of(parts, &app.engine.config.trusted_proxies))
    }
}

/// An authentication scheme of ruma's, carried out.
pub trait Authenticate: AuthScheme {
    type Session: Send;

    /// Turns what the request brought along into a session.
    fn authenticate(app: &App, credentials: Self::Output) -> impl Future<Output = Result<Self::Session>> + Send;

    /// The person in it, if there is one.
    fn person(_: &Self::Session) -> Option<&Session> {
        None
    }
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

/// Application services are not served yet: their tokens count as none.
impl Authenticate for AppserviceTokenOptional {
    type Session = ();

    async fn authenticate(_: &App, _: Option<String>) -> Result<()> {
        Ok(())
    }
}

impl Authenticate for AccessToken {
    type Session = Session;

    fn person(session: &Session) -> Option<&Session> {
        Some(session)
    }

    async fn authenticate(app: &App, token: String) -> Result<Session> {
        Ok(app.engine.authenticate(&token).await?)
    }
}

impl Authenticate for AccessTokenOptional {
    type Session = Option<Session>;

    fn person(session: &Option<Session>) -> Option<&Session> {
        session.as_ref()
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str]) -> Option<String> {
        let mut request = http::Request::new(());
        for value in forwarded {
            request.headers_mut().append("x-forwarded-for", value.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        Client::of(&request.into_parts().0, &["10.0.0.0/8".parse().unwrap()]).ip()
    }

    #[test]
    fn only_our_proxies_are_believed() {
        assert_eq!(address("192.0.2.1", &["198.51.100.1"]).unwrap(), "192.0.2.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1"]).unwrap(), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.2.2.2"]).unwrap(), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["203.0.113.9", "198.51.100.1"]).unwrap(), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &[]).unwrap(), "10.0.0.1");
    }
}
