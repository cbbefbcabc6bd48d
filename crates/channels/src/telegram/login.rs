//! Signing in with the token that @BotFather gives (<https://core.telegram.org/bots/features#botfather>).

use serde_json::json;
use unisono_domain::{
    channel::login::{FieldKind, LoginContext, LoginError, LoginField, LoginInput, LoginReply, NewAccount},
    text::Text,
};

use super::{
    api::{Api, OFFICIAL, WORDS, is_wrong_token},
    wire::{name, text},
};
use crate::token_login::{self, Given};

const NO_TOKEN: Text = Text::new(
    "This holds no token. It looks like 123456789:AAE… and is in @BotFather's answer.",
    "Darin steckt kein Token. Es sieht aus wie 123456789:AAE… und steht in der Antwort von @BotFather.",
);
const WRONG_TOKEN: Text = Text::new(
    "Telegram does not know this token. Has it been copied whole, and not been revoked?",
    "Telegram kennt dieses Token nicht. Ist es ganz kopiert und nicht widerrufen?",
);

pub(super) async fn step(input: LoginInput, context: &LoginContext) -> Result<LoginReply, LoginError> {
    let fields = vec![
        LoginField::secret("token", Text::new("Token", "Token")).hint(Text::new(
            "From @BotFather; you may paste his whole answer.",
            "Von @BotFather; du kannst seine ganze Antwort einfügen.",
        )),
        LoginField::new("api", FieldKind::Url, Text::new("Own Bot API server", "Eigener Bot-API-Server"))
            .hint(Text::new("Only if you run one yourself.", "Nur, wenn du selbst einen betreibst."))
            .optional(),
    ];
    token_login::step(input, Text::new("Connect a bot", "Bot verbinden"), fields, async |given| {
        probe(given, context).await
    })
    .await
}

async fn probe(given: Given, context: &LoginContext) -> Result<NewAccount, LoginError> {
    let invalid = || LoginError::Invalid { field: Some("token"), message: NO_TOKEN };
    let token = find_token(given.get("token")).ok_or_else(invalid)?;
    let base = given.find("api").unwrap_or(OFFICIAL);
    let api = Api::new(&context.guard, base, token).map_err(|error| error.login(WORDS))?;
    let me = api.ask("getMe", &json!({})).await.map_err(|error| match is_wrong_token(&error) {
        true => LoginError::BadCredentials(WRONG_TOKEN),
        false => error.login(WORDS),
    })?;
    let id = me["id"].as_i64().ok_or(LoginError::BadCredentials(WRONG_TOKEN))?;
    Ok(NewAccount {
        remote_id: id.to_string(),
        display_name: format!("{} (@{})", name(&me), text(&me, "username")),
        credentials: json!({ "token": token, "api": given.find("api") }),
        settings: json!({ "receive": "auto" }),
    })
}

/// The token in whatever was pasted. Only its own characters: it becomes part of an address.
pub(super) fn find_token(pasted: &str) -> Option<&str> {
    let pieces = pasted.split(|char: char| !char.is_ascii_alphanumeric() && !":_-".contains(char));
    pieces.into_iter().find(|piece| {
        let Some((id, secret)) = piece.split_once(':') else { return false };
        let digits = !id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit());
        digits && (20..=100).contains(&secret.len()) && !secret.contains(':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_in_the_whole_answer() {
        let answer =
            "Done! Use this token to access the HTTP API:\n110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw\nKeep it!";
        assert_eq!(find_token(answer), Some("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"));
        for none in
            ["", "hello", "1:short", "110201543:AAHdqTcvCH1v/../getMe?x", "110201543:a:AAHdqTcvCH1vGWJxfSeofSAs0K"]
        {
            assert_eq!(find_token(none), None, "{none}");
        }
    }
}
