//! WhatsApp by Meta's Cloud API (<https://developers.facebook.com/docs/whatsapp/cloud-api>). Meta calls
//! us with what comes in; what goes out is one POST.

mod compose;
mod contact;
mod content;
pub mod convert;
mod groups;
mod guide;
mod session;
mod templates;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Channel, ChannelMeta, Formatting, Host, PartKind, Session, SessionError,
        Support, WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginField, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};

use crate::{
    meta_graph::{self, Access, Graph, hook, read, window},
    rest::RestError,
    token_login::{self, Given},
};

/// The WhatsApp channel.
#[derive(Clone, Copy, Debug)]
pub struct WhatsApp;

/// The largest document.
const MOST_FILE: u64 = 100 * 1024 * 1024;
/// The longest text.
const MOST_TEXT: usize = 4096;

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    #[serde(flatten)]
    access: Access,
    phone_number_id: String,
    waba_id: String,
    /// The number as Meta writes it.
    #[serde(default)]
    number: String,
}

impl Channel for WhatsApp {
    fn meta(&self) -> &ChannelMeta {
        &guide::META
    }

    fn capabilities(&self) -> Capabilities {
        use PartKind::{Audio, Card, Contact, File, Image, Location, Text, Video, Voice};
        Capabilities {
            formatting: Formatting::WhatsApp,
            max_text: Some(MOST_TEXT),
            max_caption: Some(1_024),
            max_file: Some(MOST_FILE),
            parts: vec![Text, Image, Audio, Voice, Video, File, Location, Contact, Card],
            captions: true,
            reply: Support::Full,
            reaction: Support::Full,
            typing: true,
            read_receipts: true,
            delivery_receipts: true,
            groups: true,
            start_chat: true,
            reply_window: u64::try_from(window::DAY).ok(),
            templates: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        const TITLE: Text = Text::new("WhatsApp number", "WhatsApp-Nummer");
        Box::pin(token_login::step(input, TITLE, fields(), async |given| sign_in(&given, context).await))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let own = credentials(&account).ok_or_else(|| SessionError::BadCredentials(Text::verbatim("malformed")))?;
        Ok(Arc::new(session::WhatsAppSession::new(account, host, own)?))
    }

    fn address_schemes(&self) -> &'static [&'static str] {
        &["tel"]
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let own = credentials(account).ok_or(WebhookError::BadSignature)?;
        match hook::open(request, &own.access.secret, &account.hook)? {
            hook::Hook::Answer(reply) => Ok(reply),
            hook::Hook::Events(call) => {
                Ok(WebhookReply::events(convert::events(&call, account.id, &own.phone_number_id)))
            }
        }
    }
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}

fn fields() -> Vec<LoginField> {
    let number = Text::new("The id, not the number itself.", "Die ID, nicht die Nummer selbst.");
    let token = Text::new("Of a system user, without an end.", "Von einem Systemnutzer, ohne Ablauf.");
    vec![
        LoginField::text("phone_number_id", Text::new("Phone number ID", "Phone number ID")).hint(number),
        LoginField::text("waba_id", Text::new("WhatsApp Business Account ID", "WhatsApp Business Account ID")),
        LoginField::secret("token", Text::new("Access token", "Zugriffstoken (Access token)")).hint(token),
        LoginField::secret("secret", Text::new("App secret", "App-Geheimcode (App secret)")),
    ]
}

async fn sign_in(given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    const NO_ID: Text = Text::new("This id has digits only.", "Diese ID hat nur Ziffern.");
    for field in ["phone_number_id", "waba_id"] {
        if given.get(field).len() > 32 || !given.get(field).bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(LoginError::Invalid { field: Some(field), message: NO_ID });
        }
    }
    let own = |field: &str| given.get(field).to_owned();
    let access = Access { token: own("token"), secret: own("secret"), api: given.find("api").map(ToOwned::to_owned) };
    let graph = Graph::new(&context.guard, &access).map_err(meta_graph::login_error)?;
    let mut own =
        Credentials { access, phone_number_id: own("phone_number_id"), waba_id: own("waba_id"), number: String::new() };
    let number = probe(&graph, &own).await.map_err(meta_graph::login_error)?;
    // The right to read templates, and that the number belongs to this account.
    let path = format!("{}/phone_numbers", own.waba_id);
    let numbers: Value = graph.get(&path).query(&[("fields", "id")]).send().await.map_err(meta_graph::login_error)?;
    let ids: Vec<_> = read::list(&numbers, "/data").iter().filter_map(|one| read::id(one, "/id")).collect();
    if !ids.is_empty() && !ids.contains(&own.phone_number_id) && numbers["paging"]["next"].is_null() {
        let message = Text::new(
            "The number does not belong to this WhatsApp Business account.",
            "Die Nummer gehört nicht zu diesem WhatsApp-Business-Konto.",
        );
        return Err(LoginError::Invalid { field: Some("waba_id"), message });
    }
    read::text(&number, "/display_phone_number").clone_into(&mut own.number);
    let names = [read::text(&number, "/verified_name"), &own.number];
    let display_name = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" · ");
    Ok(NewAccount {
        remote_id: own.phone_number_id.clone(),
        display_name,
        credentials: json!(own),
        settings: json!({}),
    })
}

/// The number as Meta knows it: whether the token holds.
async fn probe(graph: &Graph, own: &Credentials) -> Result<Value, RestError> {
    graph.get(&own.phone_number_id).query(&[("fields", "display_phone_number,verified_name")]).send().await
}
