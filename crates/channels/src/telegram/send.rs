//! Sending, with the second attempts that Telegram's answers ask for.

use serde_json::{Value, json};
use unisono_domain::channel::{Host, Outbound, RemoteId, SendOutcome};

use super::{
    api::{self, Api, says},
    compose::{Call, compose},
    wire::time,
};
use crate::rest::RestError;

/// A call is changed and made again at most so often.
const ATTEMPTS: usize = 4;

/// Sends one event.
pub(super) async fn send(api: &Api, host: &dyn Host, outbound: &Outbound) -> SendOutcome {
    let call = match compose(outbound) {
        Ok(Some(call)) => call,
        Ok(None) => return done(outbound, host),
        Err(reason) => return SendOutcome::Rejected { reason },
    };
    match make(api, call).await {
        Ok((call, result)) => match result["message_id"].as_i64() {
            Some(number) if call.method.starts_with("send") => SendOutcome::Sent {
                id: RemoteId::new(call.place.message(number)),
                at: time(&result["date"]),
                data: json!({ "media": call.upload.is_some(), "thread": call.parameters.get("message_thread_id") }),
            },
            _ => done(outbound, host),
        },
        Err(error) => api::outcome(error, host),
    }
}

/// Something that leaves no message of its own.
fn done(outbound: &Outbound, host: &dyn Host) -> SendOutcome {
    SendOutcome::Sent { id: RemoteId::new(format!("done {}", outbound.txn)), at: host.now(), data: Value::Null }
}

async fn make(api: &Api, mut call: Call) -> Result<(Call, Value), RestError> {
    let mut attempts = 0;
    loop {
        let parameters = Value::Object(call.parameters.clone());
        let made = match &call.upload {
            Some(upload) => api.upload(call.method, &call.parameters, upload).await,
            // These end in the same state however often they are made.
            None if !call.method.starts_with("send") => api.ask(call.method, &parameters).await,
            None => api.call(call.method, &parameters).await,
        };
        attempts += 1;
        match made {
            Ok(result) => return Ok((call, result)),
            // It is as it should be already.
            Err(error) if says(&error, "is not modified") || says(&error, "message to delete not found") => {
                return Ok((call, Value::Null));
            }
            Err(error) => {
                if attempts == ATTEMPTS || !adapt(&mut call, &error) {
                    return Err(error);
                }
            }
        }
    }
}

/// Changes a call that was refused so that it may be taken. False if nothing can be done.
fn adapt(call: &mut Call, error: &RestError) -> bool {
    // The group has become a supergroup (<https://core.telegram.org/bots/api#responseparameters>).
    if let Some(chat) = error.json()["parameters"]["migrate_to_chat_id"].as_i64() {
        call.place.chat = chat;
        call.parameters.insert("chat_id".to_owned(), chat.into());
        call.parameters.remove("reply_parameters");
        return true;
    }
    if says(error, "can't parse entities")
        && let Some((key, plain)) = call.plain.take()
    {
        call.parameters.remove("parse_mode");
        call.parameters.insert(key.to_owned(), plain.into());
        return true;
    }
    if says(error, "message thread not found") {
        return call.parameters.remove("message_thread_id").is_some();
    }
    let picture = ["photo_invalid_dimensions", "image_process_failed", "photo_ext_invalid", "too big for a photo"];
    if call.method == "sendPhoto" && picture.iter().any(|words| says(error, words)) {
        call.method = "sendDocument";
        call.upload.iter_mut().for_each(|upload| upload.field = "document");
        return true;
    }
    false
}
