//! Refreshing access tokens (specification, "Refreshing access tokens").

use unisono_store::people::tokens;

use super::{
    login::{LIFETIME, LoggedIn, store_tokens},
    session::unknown_token,
    token,
};
use crate::{Engine, Result};

impl Engine {
    /// Gives new tokens for a refresh token. The old ones work until the new ones are used, so that
    /// a client which never got this answer can ask again.
    pub async fn refresh(&self, refresh_token: &str) -> Result<LoggedIn> {
        let hash = token::hash(refresh_token);
        let (access_token, next_refresh_token) = (token::generate("uat_"), token::generate("urt_"));
        let now = self.now();
        let logged_in = self
            .db
            .write(move |tx| {
                let row = tokens::find_refresh(tx, &hash)?.ok_or_else(|| unknown_token(false))?;
                // Using a refresh token shows that its answer arrived: what is older has had its day.
                tokens::delete_older(tx, &row.user_id, &row.device_id, row.generation)?;
                let generation = tokens::last_generation(tx, &row.user_id, &row.device_id)? + 1;
                let logged_in = LoggedIn {
                    user_id: row.user_id,
                    device_id: row.device_id,
                    access_token: access_token.clone(),
                    refresh_token: Some(next_refresh_token.clone()),
                    expires_in_ms: Some(LIFETIME.unsigned_abs()),
                };
                store_tokens(tx, &logged_in, generation, now)?;
                Ok::<_, crate::Error>(logged_in)
            })
            .await?;
        self.people.sessions.forget(&logged_in.user_id, Some(&logged_in.device_id));
        Ok(logged_in)
    }
}
