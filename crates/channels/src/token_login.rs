//! Signing in by pasting what the vendor gave: a form, and a probe whether it is right.

use std::collections::BTreeMap;

use unisono_domain::{
    channel::login::{LoginError, LoginField, LoginInput, LoginReply, LoginStep, NewAccount},
    text::Text,
};

/// What the user filled in.
#[derive(Clone, Debug)]
pub struct Given(BTreeMap<String, String>);

impl Given {
    /// A field's text without blanks around it; empty where nothing was given.
    pub fn get(&self, id: &str) -> &str {
        self.0.get(id).map(|value| value.trim()).unwrap_or_default()
    }

    /// A field's text, if anything was given.
    pub fn find(&self, id: &str) -> Option<&str> {
        Some(self.get(id)).filter(|value| !value.is_empty())
    }
}

const MISSING: Text = Text::new("This is needed.", "Das wird gebraucht.");

/// One step of a login that has a single form. `probe` tries what was given and makes the account.
pub async fn step(
    input: LoginInput,
    title: Text,
    fields: Vec<LoginField>,
    probe: impl AsyncFnOnce(Given) -> Result<NewAccount, LoginError>,
) -> Result<LoginReply, LoginError> {
    let step = match input {
        LoginInput::Submit(given) => {
            let given = Given(given);
            if let Some(missing) = fields.iter().find(|field| field.required && given.find(field.id).is_none()) {
                return Err(LoginError::Invalid { field: Some(missing.id), message: MISSING });
            }
            LoginStep::Done(probe(given).await?)
        }
        LoginInput::Start { .. } | LoginInput::Wait => LoginStep::Fields { title, message: None, fields },
    };
    Ok(LoginReply { state: serde_json::Value::Null, step })
}
