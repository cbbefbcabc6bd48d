//! The user's own signal-cli-rest-api (<https://github.com/bbernhard/signal-cli-rest-api>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::Value;
use unisono_domain::{
    channel::{Host, SendOutcome},
    net::OutboundGuard,
    text::Text,
};
use url::Url;

use crate::rest::{Call, Rest, RestError};

/// Where its errors have their words.
pub(super) const ERROR: &str = "/error";

#[derive(Debug)]
pub(super) struct Bridge {
    rest: Rest,
    base: Url,
    user: Option<(String, String)>,
}

impl Bridge {
    /// `address` may hold a name and password, for a bridge behind a proxy that asks for them.
    pub(super) fn new(guard: &OutboundGuard, address: &str) -> Result<Self, RestError> {
        let unsent = |_| RestError::Unsent("not an address".to_owned());
        let mut base: Url = address.parse().map_err(unsent)?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(RestError::Unsent("not an address".to_owned()));
        }
        let user = (!base.username().is_empty()).then(|| {
            let plain = |text: &str| percent_decoded(text);
            (plain(base.username()), plain(base.password().unwrap_or_default()))
        });
        // Cannot fail for addresses with a host.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        Ok(Self { rest: Rest::new(guard, base.as_str())?, base, user })
    }

    pub(super) fn call(&self, method: Method, path: &str) -> Call<'_> {
        let call = self.rest.call(method, path);
        match &self.user {
            Some((user, password)) => call.basic(user, password),
            None => call,
        }
    }

    /// The same for the socket.
    pub(super) fn authorization(&self) -> Option<String> {
        let (user, password) = self.user.as_ref()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// A piece of a path.
    pub(super) fn quoted(&self, piece: &str) -> String {
        // A dot alone would lead elsewhere.
        if matches!(piece, "." | "..") {
            return "_".to_owned();
        }
        url::form_urlencoded::byte_serialize(piece.as_bytes()).collect::<String>().replace('+', "%20")
    }

    /// The numbers that are linked there.
    pub(super) async fn accounts(&self) -> Result<Vec<String>, RestError> {
        self.call(Method::GET, "v1/accounts").send().await
    }

    /// Whether messages come over a socket; in its other modes it has to be asked.
    pub(super) async fn is_pushing(&self) -> Result<bool, RestError> {
        let about: Value = self.call(Method::GET, "v1/about").send().await?;
        Ok(about["mode"].as_str().is_some_and(|mode| mode.starts_with("json-rpc")))
    }

    /// What a phone has to scan.
    pub(super) async fn link(&self) -> Result<String, RestError> {
        let call = self.call(Method::GET, "v1/qrcodelink/raw").query(&[("device_name", "Unisono")]);
        let answer: Value = call.send().await?;
        let uri = answer["device_link_uri"].as_str().filter(|uri| !uri.is_empty());
        uri.map(ToOwned::to_owned).ok_or_else(|| RestError::Malformed("no link".to_owned()))
    }

    pub(super) fn socket(&self, number: &str) -> Result<Url, RestError> {
        let base = self.base.as_str().trim_end_matches('/');
        let base = base.strip_prefix("http").map(|rest| format!("ws{rest}")).unwrap_or_default();
        let url = format!("{base}/v1/receive/{}", self.quoted(number));
        url.parse().map_err(|_| RestError::Unsent("not an address".to_owned()))
    }
}

fn percent_decoded(text: &str) -> String {
    // A plus is a plus here.
    let form = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// What becomes of a message. signal-cli says most things in words only.
pub(super) fn outcome(error: RestError, host: &dyn Host) -> SendOutcome {
    let body = error.json();
    let words = body["error"].as_str().unwrap_or_default().to_lowercase();
    let has_challenge = body["challenge_tokens"].as_array().is_some_and(|tokens| !tokens.is_empty());
    match error.outcome(host, ERROR) {
        SendOutcome::Rejected { reason } => SendOutcome::Rejected { reason: explain(&words).unwrap_or(reason) },
        SendOutcome::Retry { reason, .. } if has_challenge => {
            SendOutcome::Rejected { reason: explain("captcha").unwrap_or(reason) }
        }
        other => other,
    }
}

fn explain(words: &str) -> Option<Text> {
    if words.contains("unregistered") {
        return Some(Text::new("This number is not on Signal.", "Diese Nummer ist nicht bei Signal."));
    }
    if words.contains("untrusted") {
        return Some(Text::new(
            "This person's safety number has changed. Check and confirm it in the Signal app on your phone.",
            "Die Sicherheitsnummer dieser Person hat sich geändert. Prüfe und bestätige sie in der Signal-App auf \
             deinem Telefon.",
        ));
    }
    words.contains("captcha").then(|| {
        Text::new(
            "Signal wants to know that you are a person. Solve its captcha through your signal-cli.",
            "Signal will wissen, dass du ein Mensch bist. Löse sein Captcha über dein signal-cli.",
        )
    })
}
