mod authentication;
mod joining;

use super::{Candidate, DeviceChoice, LoggedIn};
use crate::{Error, fixture::Fixture};

const GOOD: &str = "correct horse battery";

impl Fixture {
    /// Registers without a login.
    async fn registered(&self, name: &str) {
        let candidate = Candidate { inhibit_login: true, ..candidate(name, Some(dummy())) };
        self.engine.register(candidate).await.unwrap();
    }

    async fn login(&self, name: &str) -> LoggedIn {
        self.engine.log_in(name, GOOD, DeviceChoice::default()).await.unwrap()
    }

    async fn refreshable(&self, name: &str) -> LoggedIn {
        self.engine.log_in(name, GOOD, DeviceChoice { refreshable: true, ..DeviceChoice::default() }).await.unwrap()
    }
}

fn auth(value: serde_json::Value) -> ruma::api::client::uiaa::AuthData {
    serde_json::from_value(value).unwrap()
}

fn dummy() -> ruma::api::client::uiaa::AuthData {
    auth(serde_json::json!({ "type": "m.login.dummy" }))
}

fn password(user: &str, password: &str, session: Option<&str>) -> ruma::api::client::uiaa::AuthData {
    auth(serde_json::json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": user },
        "password": password,
        "session": session,
    }))
}

fn candidate(name: &str, auth: Option<ruma::api::client::uiaa::AuthData>) -> Candidate {
    Candidate {
        username: Some(name.to_owned()),
        password: Some(GOOD.to_owned()),
        device: DeviceChoice::default(),
        inhibit_login: false,
        auth,
    }
}

/// The session of an answer that asks for more authentication, and its error code.
#[track_caller]
fn asked<T: std::fmt::Debug>(result: Result<T, Error>) -> (String, String) {
    match result.unwrap_err() {
        Error::Interactive(body) => {
            (body["session"].as_str().unwrap().to_owned(), body["errcode"].as_str().unwrap_or_default().to_owned())
        }
        other => panic!("{other}"),
    }
}
