//! Linking: a number that the bridge has already, or a new device that the phone confirms by a QR code.

use std::time::Duration;

use serde_json::{Value, json};
use unisono_domain::{
    channel::login::{
        Display, FieldKind, LoginContext, LoginError, LoginField, LoginInput, LoginReply, LoginStep, NewAccount,
    },
    text::Text,
};

use super::bridge::{Bridge, ERROR};
use crate::phone;

pub(super) const LINK: &str = "link";
pub(super) const NUMBER: &str = "number";

const TITLE: Text = Text::new("Connect Signal", "Signal verbinden");
/// How often and how long one wait looks whether the phone has confirmed.
const LOOK: Duration = Duration::from_secs(2);
const LOOKS: usize = 10;

fn fields(flow: &str) -> Vec<LoginField> {
    let address = LoginField::new(
        "api",
        FieldKind::Url,
        Text::new("Address of your signal-cli-rest-api", "Adresse deines signal-cli-rest-api"),
    )
    .hint(Text::new("Such as http://signal:8080", "Zum Beispiel http://signal:8080"));
    let mut fields = vec![address];
    if flow == NUMBER {
        fields.push(LoginField::new(
            "number",
            FieldKind::Phone,
            Text::new("Your number on Signal", "Deine Nummer bei Signal"),
        ));
    }
    fields
}

pub(super) async fn step(
    state: Option<Value>,
    input: LoginInput,
    context: &LoginContext,
) -> Result<LoginReply, LoginError> {
    match input {
        LoginInput::Start { flow } => {
            let step = LoginStep::Fields { title: TITLE, message: None, fields: fields(&flow) };
            Ok(LoginReply { state: json!({ "flow": flow }), step })
        }
        LoginInput::Submit(given) => {
            let state = state.ok_or(LoginError::NoSuchStep)?;
            let given = |id: &str| given.get(id).map(|value| value.trim()).unwrap_or_default();
            let address = given("api").trim_end_matches('/').to_owned();
            let wrong = |field, message| LoginError::Invalid { field: Some(field), message };
            let bridge = Bridge::new(&context.guard, &address)
                .map_err(|_| wrong("api", Text::new("This is not an address.", "Das ist keine Adresse.")))?;
            let accounts = bridge.accounts().await.map_err(|error| error.login(ERROR))?;
            if state["flow"] == NUMBER {
                let number = phone::e164(given("number"), None).unwrap_or_else(|| given("number").to_owned());
                if !accounts.contains(&number) {
                    let message =
                        Text::new("The bridge does not have this number.", "Die Brücke hat diese Nummer nicht.");
                    return Err(wrong("number", message));
                }
                return Ok(done(&address, &number));
            }
            let link = bridge.link().await.map_err(|error| error.login(ERROR))?;
            let state = json!({ "flow": LINK, "api": address, "before": accounts, "link": link });
            Ok(LoginReply { step: show(&link), state })
        }
        LoginInput::Wait => {
            let state = state.ok_or(LoginError::NoSuchStep)?;
            let (address, link) = (state["api"].as_str(), state["link"].as_str());
            let (Some(address), Some(link)) = (address, link) else { return Err(LoginError::NoSuchStep) };
            let bridge = Bridge::new(&context.guard, address).map_err(|error| error.login(ERROR))?;
            let before: Vec<String> = serde_json::from_value(state["before"].clone()).unwrap_or_default();
            for look in 0..LOOKS {
                let accounts = bridge.accounts().await.map_err(|error| error.login(ERROR))?;
                if let Some(number) = accounts.iter().find(|number| !before.contains(number)) {
                    return Ok(done(address, number));
                }
                if look + 1 < LOOKS {
                    tokio::time::sleep(LOOK).await;
                }
            }
            Ok(LoginReply { step: show(link), state: state.clone() })
        }
    }
}

fn show(link: &str) -> LoginStep {
    LoginStep::Show {
        title: TITLE,
        message: Text::new(
            "In Signal on your phone open Settings, Linked devices, Link new device, and scan this code.",
            "Öffne in Signal auf dem Telefon Einstellungen, Gekoppelte Geräte, Gerät hinzufügen und scanne diesen Code.",
        ),
        display: Display::Qr { data: link.to_owned() },
    }
}

fn done(address: &str, number: &str) -> LoginReply {
    let account = NewAccount {
        remote_id: number.to_owned(),
        display_name: number.to_owned(),
        credentials: json!({ "api": address, "number": number }),
        settings: json!({}),
    };
    LoginReply { state: Value::Null, step: LoginStep::Done(account) }
}
