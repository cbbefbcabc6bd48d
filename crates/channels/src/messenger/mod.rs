//! Messenger and Instagram by Meta's Messenger Platform
//! (<https://developers.facebook.com/docs/messenger-platform>): one code, two networks. Both belong to
//! a Facebook page, whose token speaks for it.

mod compose;
mod content;
pub mod convert;
pub(crate) mod guide;
mod history;
mod session;
mod sign_in;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unisono_domain::{
    channel::{
        Account, BoxFuture, Capabilities, Channel, ChannelMeta, Host, PartKind, Session, SessionError, Support,
        WebhookError, WebhookReply, WebhookRequest,
        login::{LoginContext, LoginError, LoginInput, LoginReply},
    },
    text::Text,
};

use crate::meta_graph::{Access, hook, window};

/// Messenger, for a Facebook page.
pub const MESSENGER: PageChannel = PageChannel(Platform::Messenger);
/// Instagram, for a professional account that belongs to a Facebook page.
pub const INSTAGRAM: PageChannel = PageChannel(Platform::Instagram);

/// The largest file.
const MOST_FILE: u64 = 25 * 1024 * 1024;

/// One of the two networks.
#[derive(Clone, Copy, Debug)]
pub struct PageChannel(Platform);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Messenger,
    Instagram,
}

impl Platform {
    /// What Meta's calls are about.
    fn object(self) -> &'static str {
        match self {
            Self::Messenger => "page",
            Self::Instagram => "instagram",
        }
    }

    /// As Meta's interface calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            Self::Instagram => "instagram",
        }
    }

    fn meta(self) -> &'static ChannelMeta {
        match self {
            Self::Messenger => &guide::META,
            Self::Instagram => &crate::instagram::META,
        }
    }

    /// Instagram takes 1,000 bytes: in most alphabets that is twice as many as there are characters.
    fn most_text(self) -> usize {
        match self {
            Self::Messenger => 2_000,
            Self::Instagram => 500,
        }
    }

    fn profile_fields(self) -> &'static str {
        match self {
            Self::Messenger => "name,profile_pic",
            Self::Instagram => "name,username,profile_pic",
        }
    }

    /// Words for what cannot be shown here.
    fn unknown(self, kind: &str) -> Text {
        let name = &self.meta().name;
        let kind = if kind.is_empty() { String::new() } else { format!(" ({})", content::bounded(kind)) };
        Text::owned(
            format!("Sent something that is shown only in {}{kind}.", name.en),
            format!("Hat etwas gesendet, das nur in {} zu sehen ist{kind}.", name.de),
        )
    }
}

/// What an account holds, encrypted.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    #[serde(flatten)]
    access: Access,
    page_id: String,
    /// The Instagram account of the page.
    #[serde(default)]
    instagram_id: Option<String>,
}

impl Credentials {
    /// The ids by which Meta means this account.
    fn ids(&self) -> [&str; 2] {
        [&self.page_id, self.instagram_id.as_deref().unwrap_or(&self.page_id)]
    }
}

impl Channel for PageChannel {
    fn meta(&self) -> &ChannelMeta {
        self.0.meta()
    }

    fn capabilities(&self) -> Capabilities {
        use PartKind::{Audio, Card, File, Image, Text, Video, Voice};
        Capabilities {
            max_text: Some(self.0.most_text()),
            max_file: Some(MOST_FILE),
            parts: vec![Text, Image, Audio, Voice, Video, File, Card],
            reply: Support::Full,
            reaction: Support::Full,
            typing: true,
            read_receipts: true,
            delivery_receipts: self.0 == Platform::Messenger,
            history: true,
            reply_window: u64::try_from(window::WEEK).ok(),
            ..Capabilities::TEXT
        }
    }

    fn login<'a>(
        &'a self,
        _: Option<Value>,
        input: LoginInput,
        context: &'a LoginContext,
    ) -> BoxFuture<'a, Result<LoginReply, LoginError>> {
        Box::pin(sign_in::step(self.0, input, context))
    }

    fn connect(&self, account: Account, host: Arc<dyn Host>) -> Result<Arc<dyn Session>, SessionError> {
        let own = credentials(&account).ok_or_else(|| SessionError::BadCredentials(Text::verbatim("malformed")))?;
        Ok(Arc::new(session::PageSession::new(account, host, own, self.0)?))
    }

    fn webhook(&self, request: &WebhookRequest, account: &Account) -> Result<WebhookReply, WebhookError> {
        let own = credentials(account).ok_or(WebhookError::BadSignature)?;
        match hook::open(request, &own.access.secret, &account.hook)? {
            hook::Hook::Answer(reply) => Ok(reply),
            hook::Hook::Events(call) => {
                let scene = convert::Scene { account: account.id, platform: self.0, own: &own.ids() };
                Ok(WebhookReply::events(scene.events(&call)))
            }
        }
    }
}

fn credentials(account: &Account) -> Option<Credentials> {
    serde_json::from_value(account.credentials.clone()).ok()
}
