//! The smallest whole adapter: a vendor who calls us with signed JSON and takes JSON by REST. Text both
//! ways, replies, deletions, statuses, a sign-in by token. What a new network starts from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unisono_channels::{
    format,
    rest::{Rest, RestError},
    token_login, verify,
};
use unisono_domain::{
    channel::{
        Account, AccountState, BoxFuture, Capabilities, Catalogue, Channel, ChannelMeta, ChatInfo, Formatting, Host,
        Inbound, InboundBody, Outbound, OutboundBody, PortalKey, RemoteId, RemoteUser, RequestError, ResolvedChat,
        SendOutcome, Sender, Session, SessionError, Support, WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginField, LoginFlow, LoginInput, LoginReply, NewAccount},
    },
    text::Text,
};

const API: &str = "https://api.plain.example";
/// Where the vendor's errors have their words.
const WORDS: &str = "/error";

pub struct Plain;

static META: ChannelMeta = ChannelMeta {
    id: "plain",
    name: Text::new("Plain", "Schlicht"),
    summary: Text::new("A network that does not exist.", "Ein Netz, das es nicht gibt."),
    docs: None,
    privacy: Text::new("Its maker can read it.", "Der Anbieter kann mitlesen."),
    flows: &[LoginFlow { id: "token", name: Text::new("Token", "Token") }],
    guide: &[],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: Text::new("None.", "Keine."),
        limits: Text::new("Only text.", "Nur Text."),
        tested: Text::new("A scripted server.", "Ein gescripteter Server."),
    },
    hook: true,
};

#[derive(Deserialize, Serialize)]
struct Credentials {
    token: String,
    /// Signs the vendor's calls.
    secret: String,
    api: Option<String>,
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}

impl Channel for Plain {
    fn meta(&self) -> &ChannelMeta {
        &META
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            formatting: Formatting::Markdown,
            max_text: Some(4_000),
            reply: Support::Full,
            delete: Support::Full,
            delivery_receipts: true,
            start_chat: true,
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        const TITLE: Text = Text::new("Your token", "Dein Token");
        let fields = ["token", "secret"].map(|id| LoginField::secret(id, Text::verbatim(id)));
        Box::pin(token_login::step(input, TITLE, fields.into(), async |given| {
            let own = Credentials { token: given.get("token").into(), secret: given.get("secret").into(), api: None };
            let rest = Rest::new(&context.guard, API).map_err(|error| error.login(WORDS))?;
            let me: Value = rest.get("me").bearer(&own.token).send().await.map_err(|error| error.login(WORDS))?;
            let name = me["name"].as_str().unwrap_or("Plain").to_owned();
            Ok(NewAccount { remote_id: name.clone(), display_name: name, credentials: json!(own), settings: json!({}) })
        }))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let malformed = || SessionError::BadCredentials(Text::verbatim("malformed"));
        let own = credentials(&account).ok_or_else(malformed)?;
        let rest = Rest::new(host.guard(), own.api.as_deref().unwrap_or(API)).map_err(|error| error.session(WORDS))?;
        Ok(Arc::new(PlainSession { account, host, own, rest }))
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let own = credentials(account).ok_or(WebhookError::BadSignature)?;
        let expected = verify::hmac_sha256(own.secret.as_bytes(), &[&request.body]);
        if !verify::same_hex(&expected, request.header("x-plain-signature").unwrap_or_default()) {
            return Err(WebhookError::BadSignature);
        }
        Ok(WebhookReply::events(vec![request.json::<Call>()?.convert(account)]))
    }
}

/// What the vendor posts.
#[derive(Deserialize)]
struct Call {
    id: String,
    from: String,
    name: Option<String>,
    at: i64,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What {
    Text { text: String, reply_to: Option<String> },
    Deleted { message: String },
    Delivered { message: String },
    Failed { message: String, reason: String },
}

impl Call {
    fn convert(self, account: &Account) -> Inbound {
        let user = RemoteUser::new(self.from.as_str()).named(self.name);
        let body = match self.what {
            What::Text { text, reply_to } => InboundBody::Message {
                parts: vec![format::text_part(Formatting::Markdown, "0", &text)],
                reply_to: reply_to.map(RemoteId::new),
            },
            What::Deleted { message } => InboundBody::Delete { target: RemoteId::new(message) },
            What::Delivered { message } => InboundBody::Delivered { target: RemoteId::new(message) },
            What::Failed { message, reason } => {
                InboundBody::Failed { target: RemoteId::new(message), reason: Text::verbatim(&reason) }
            }
        };
        let portal = PortalKey::private(account.id, self.from);
        Inbound::new(portal, Sender::Remote(user.clone()), self.id, self.at, body).in_chat(ChatInfo::direct(user))
    }
}

struct PlainSession {
    account: Account,
    host: Arc<dyn Host>,
    own: Credentials,
    rest: Rest,
}

impl PlainSession {
    async fn dispatch(&self, outbound: &Outbound) -> Result<Value, RestError> {
        let chat = outbound.portal.chat.as_str();
        match &outbound.body {
            OutboundBody::Message { parts, reply_to } => {
                let text: Vec<String> = parts.iter().map(|part| format::write(Formatting::Markdown, part)).collect();
                let reply_to = reply_to.as_ref().map(|message| message.id.as_str());
                let message = json!({ "to": chat, "text": text.join("\n"), "reply_to": reply_to });
                self.rest.post("messages").bearer(&self.own.token).json(&message).send().await
            }
            OutboundBody::Delete { target } => {
                let path = format!("messages/{}", verify::hex(target.id.as_str().as_bytes()));
                self.rest.delete(&path).bearer(&self.own.token).send().await
            }
            // Not declared, so the hub never gives it.
            _ => Ok(Value::Null),
        }
    }
}

impl Session for PlainSession {
    fn run(&self) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async {
            let probe = self.rest.get("me").bearer(&self.own.token).send::<Value>().await;
            probe.map_err(|error| error.session(WORDS))?;
            self.host.report(AccountState::Connected);
            std::future::pending().await
        })
    }

    fn send(&self, outbound: Outbound) -> BoxFuture<'_, SendOutcome> {
        Box::pin(async move {
            match self.dispatch(&outbound).await {
                Ok(taken) => {
                    let id = RemoteId::new(taken["id"].as_str().unwrap_or(&outbound.txn));
                    SendOutcome::Sent { id, at: self.host.now(), data: Value::Null }
                }
                Err(error) => error.outcome(&*self.host, WORDS),
            }
        })
    }

    fn resolve_identifier<'a>(&'a self, identifier: &'a str) -> BoxFuture<'a, Result<ResolvedChat, RequestError>> {
        Box::pin(async move {
            let user = RemoteUser::new(identifier);
            let portal = PortalKey::private(self.account.id, identifier);
            Ok(ResolvedChat { portal, info: ChatInfo::direct(user.clone()), user })
        })
    }
}
