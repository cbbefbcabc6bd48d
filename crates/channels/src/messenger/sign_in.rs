//! Signing in: from a token to the page it speaks for.

use serde_json::{Value, json};
use unisono_domain::{
    channel::login::{LoginContext, LoginError, LoginField, LoginInput, LoginReply, NewAccount},
    text::Text,
};

use super::{Credentials, Platform};
use crate::{
    meta_graph::{
        self, Access, Graph,
        read::{id, list, text},
    },
    token_login::{self, Given},
};

/// What is asked of a page.
const FIELDS: &str = "id,name,category,instagram_business_account{id,username}";

pub(super) async fn step(
    platform: Platform,
    input: LoginInput,
    context: &LoginContext,
) -> Result<LoginReply, LoginError> {
    const TITLE: Text = Text::new("Page", "Seite");
    token_login::step(input, TITLE, fields(), async |given| sign_in(platform, &given, context).await).await
}

fn fields() -> Vec<LoginField> {
    let token = Text::new(
        "Of the page itself, or of a system user who manages it.",
        "Der Seite selbst oder eines Systemnutzers, der sie verwaltet.",
    );
    let several = Text::new("Only if the token is for several pages.", "Nur, wenn das Token für mehrere Seiten gilt.");
    vec![
        LoginField::secret("token", Text::new("Access token", "Zugriffstoken (Access token)")).hint(token),
        LoginField::secret("secret", Text::new("App secret", "App-Geheimcode (App secret)")),
        LoginField::text("page_id", Text::new("Page ID", "Seiten-ID (Page ID)")).hint(several).optional(),
    ]
}

async fn sign_in(platform: Platform, given: &Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let own = |field: &str| given.get(field).to_owned();
    let mut access =
        Access { token: own("token"), secret: own("secret"), api: given.find("api").map(ToOwned::to_owned) };
    let graph = Graph::new(&context.guard, &access).map_err(meta_graph::login_error)?;
    let page = find_page(&graph, given.find("page_id")).await?;
    // A system user's token leads to the page's own, which lasts as long.
    if let Some(token) = page["access_token"].as_str() {
        token.clone_into(&mut access.token);
    }
    let page_id = id(&page, "/id").ok_or_else(no_page)?;
    let instagram_id = id(&page, "/instagram_business_account/id");
    let (remote_id, display_name) = match platform {
        Platform::Messenger => (page_id.clone(), text(&page, "/name").to_owned()),
        Platform::Instagram => {
            let remote_id =
                instagram_id.clone().ok_or(LoginError::Invalid { field: Some("token"), message: NO_INSTAGRAM })?;
            (remote_id, format!("@{}", text(&page, "/instagram_business_account/username")))
        }
    };
    let credentials = json!(Credentials { access, page_id, instagram_id });
    Ok(NewAccount { remote_id, display_name, credentials, settings: json!({}) })
}

const NO_INSTAGRAM: Text = Text::new(
    "No professional Instagram account belongs to this page, or the token may not see it (instagram_basic).",
    "Zu dieser Seite gehört kein professionelles Instagram-Konto, oder das Token darf es nicht sehen (instagram_basic).",
);

fn no_page() -> LoginError {
    const WORDS: Text = Text::new(
        "This token speaks for no page. Make one for the page, or assign the page to the system user.",
        "Dieses Token spricht für keine Seite. Erzeuge eines für die Seite oder weise dem Systemnutzer die Seite zu.",
    );
    LoginError::Invalid { field: Some("token"), message: WORDS }
}

/// The page itself, where the token is its own; else the one (or the wanted one) that it may manage.
async fn find_page(graph: &Graph, wanted: Option<&str>) -> Result<Value, LoginError> {
    // Only pages have a category: of a person or system user Meta refuses the question (code 100).
    let itself = graph.get("me").query(&[("fields", FIELDS)]).send::<Value>().await;
    match itself {
        Ok(page) if page["category"].is_string() => return Ok(page),
        Ok(_) => {}
        Err(error) if error.json()["error"]["code"] == 100 => {}
        Err(error) => return Err(meta_graph::login_error(error)),
    }
    let fields = format!("{FIELDS},access_token");
    let call = graph.get("me/accounts").query(&[("fields", fields.as_str()), ("limit", "100")]);
    let found: Value = call.send().await.map_err(meta_graph::login_error)?;
    let mut pages =
        list(&found, "/data").iter().filter(|page| wanted.is_none() || id(page, "/id").as_deref() == wanted);
    let page = pages.next().ok_or_else(no_page)?;
    if pages.next().is_some() {
        const WHICH: Text =
            Text::new("The token is for several pages: say which.", "Das Token gilt für mehrere Seiten: Sag, welche.");
        return Err(LoginError::Invalid { field: Some("page_id"), message: WHICH });
    }
    Ok(page.clone())
}
