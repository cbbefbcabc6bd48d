//! The numbers of an account, and having them call us
//! (<https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource>).

use serde::Deserialize;
use unisono_domain::text::Text;
use url::Url;

use super::Credentials;
use crate::{
    rest::{Rest, RestError},
    sms_text,
};

/// The address that Twilio gives to a new number.
const DEMO: &str = "https://demo.twilio.com/";
/// What our addresses for vendors have in them.
const OURS: &str = "/_unisono/hooks/";

#[derive(Deserialize)]
pub(super) struct Number {
    sid: String,
    phone_number: String,
    sms_url: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    incoming_phone_numbers: Vec<Number>,
}

pub(super) async fn list(rest: &Rest, credentials: &Credentials) -> Result<Vec<Number>, RestError> {
    let call = rest.get(&credentials.path("IncomingPhoneNumbers.json")).query(&[("PageSize", "100")]);
    let page: Page = credentials.sign_in(call).send().await?;
    Ok(page.incoming_phone_numbers)
}

/// The sender that was meant; the words for it if none can be.
pub(super) fn choose(typed: &str, owned: &[Number]) -> Result<String, Text> {
    if typed.starts_with("MG") && typed.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(typed.to_owned());
    }
    if sms_text::bare(typed) != typed {
        return Ok(typed.to_owned());
    }
    match (sms_text::address(typed), owned) {
        (Some(sender), _) => Ok(sender),
        (None, [only]) => Ok(only.phone_number.clone()),
        (None, []) => Err(Text::new("This account has no number yet.", "Dieses Konto hat noch keine Nummer.")),
        (None, several) => {
            let several: Vec<&str> = several.iter().map(|number| number.phone_number.as_str()).take(20).collect();
            let several = several.join(", ");
            Err(Text::owned(
                format!("This account has several numbers; please choose one: {several}"),
                format!("Dieses Konto hat mehrere Nummern; bitte wähle eine: {several}"),
            ))
        }
    }
}

/// Has the sender's number call us, unless it calls somebody else: that is not ours to end.
pub(super) async fn register(rest: &Rest, credentials: &Credentials, url: &Url) -> Result<(), RestError> {
    let owned = list(rest, credentials).await?;
    let Some(number) = owned.iter().find(|number| number.phone_number == credentials.sender) else { return Ok(()) };
    let present = number.sms_url.as_deref().unwrap_or_default();
    let free = present.is_empty() || present.starts_with(DEMO) || present.contains(OURS);
    if !free || present == url.as_str() || !number.sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    let path = credentials.path(&format!("IncomingPhoneNumbers/{}.json", number.sid));
    let form = [("SmsUrl", url.as_str()), ("SmsMethod", "POST")];
    credentials.sign_in(rest.post(&path)).form(&form).send::<serde_json::Value>().await.map(drop)
}
