//! Connected accounts: showing, changing, removing.

use ruma::{OwnedUserId, UserId};
use serde::Serialize;
use serde_json::Value;
use unisono_domain::{
    channel::{
        AccountId, AccountState, Handout,
        login::{LoginField, NewAccount},
    },
    text::Text,
};
use unisono_store::{
    Hint, Tx,
    hub::{
        accounts::{self, AccountRow, NewAccountRow},
        outbox, portals,
    },
    rooms::{memberships, room},
};

use super::{ghosts, outcome, sessions, states, status::Fate};
use crate::{
    Core, Engine, Error, Result,
    rooms::{MembershipChange, change_membership},
};

const LOGOUT_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// An account as its owner sees it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountView {
    pub id: i64,
    pub channel: String,
    pub remote_id: String,
    pub display_name: String,
    pub settings: Value,
    pub settings_fields: Vec<LoginField>,
    pub state: AccountState,
    /// How many conversations it has.
    pub conversations: i64,
    /// For networks whose vendor has to be told: where it calls us.
    pub hook: Option<HookView>,
}

/// The address for a vendor's calls.
#[derive(Clone, Debug, Serialize)]
pub struct HookView {
    /// `None`: nobody reaches this server from outside (`public_url` is not set).
    pub url: Option<String>,
    /// What the vendor may ask for to check that the address is ours.
    pub verify_token: String,
}

pub(super) fn list_views(tx: &mut Tx<'_>, core: &Core, owner: &UserId) -> Result<Vec<AccountView>> {
    let mut views = Vec::new();
    for row in accounts::list(tx, owner)? {
        let settings: Value = serde_json::from_str(&row.settings).map_err(Error::internal)?;
        let stored = || serde_json::from_str(&row.state).unwrap_or(AccountState::Connecting);
        let channel = core.hub.find_channel(&row.channel);
        views.push(AccountView {
            id: row.account_id,
            settings_fields: channel.map(|channel| channel.settings_fields(&settings)).unwrap_or_default(),
            state: core.hub.find_state(AccountId(row.account_id)).unwrap_or_else(stored),
            conversations: portals::count(tx, row.account_id)?,
            hook: row
                .hook
                .filter(|_| channel.is_some_and(|channel| channel.meta().hook))
                .map(|hook| HookView { url: sessions::hook_url(core, &hook).map(String::from), verify_token: hook }),
            channel: row.channel,
            remote_id: row.remote_id,
            display_name: row.display_name,
            settings,
        });
    }
    Ok(views)
}

/// The owner's account, or 404.
pub(super) fn get_own(tx: &mut Tx<'_>, owner: &UserId, account_id: i64) -> Result<AccountRow> {
    accounts::find(tx, account_id)?
        .filter(|row| row.owner == owner && row.removed.is_none())
        .ok_or_else(|| Error::not_found("there is no such account"))
}

/// Puts values over others, key by key.
fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => base.extend(over),
        (base, over) => *base = over,
    }
}

impl Engine {
    /// The accounts of one person.
    pub async fn list_accounts(&self, owner: OwnedUserId) -> Result<Vec<AccountView>> {
        let core = self.core();
        self.db.read(move |tx| list_views(tx, &core, &owner)).await
    }

    /// What the owner takes from an account to elsewhere. `base`: where people reach this server.
    pub async fn list_handouts(&self, owner: OwnedUserId, account_id: i64, base: &str) -> Result<Vec<Handout>> {
        let row = self.db.read(move |tx| get_own(tx, &owner, account_id)).await?;
        let channel = self.hub.get_channel(&row.channel)?;
        if row.credentials.is_empty() {
            return Ok(Vec::new());
        }
        Ok(channel.handouts(&sessions::open_account(self, &row)?, base))
    }

    /// Stores a finished login. Logging in again with the same id renews the account: its settings
    /// and conversations stay.
    pub async fn store_account(&self, owner: OwnedUserId, channel: String, new: NewAccount) -> Result<i64> {
        let core = self.core();
        let hook = format!("{:032x}", rand::random::<u128>());
        let account_id = self
            .db
            .write(move |tx| {
                let account_id = match accounts::find_remote(tx, &owner, &channel, &new.remote_id)? {
                    Some(known) => {
                        let mut settings = new.settings.clone();
                        merge(&mut settings, serde_json::from_str(&known.settings).map_err(Error::internal)?);
                        let settings = settings.to_string();
                        accounts::set_settings(tx, known.account_id, &settings, &known.display_name)?;
                        accounts::set_hook(tx, known.account_id, &hook)?;
                        known.account_id
                    }
                    None => {
                        let state = serde_json::to_string(&AccountState::Connecting).map_err(Error::internal)?;
                        let row = NewAccountRow {
                            owner: &owner,
                            channel: &channel,
                            remote_id: &new.remote_id,
                            display_name: &new.display_name,
                            settings: &new.settings.to_string(),
                            state: &state,
                            hook: &hook,
                        };
                        accounts::insert(tx, row, core.now())?
                    }
                };
                let secret = serde_json::to_vec(&new.credentials).map_err(Error::internal)?;
                let sealed = core.secrets.encrypt(&format!("account {account_id}"), &secret)?;
                accounts::set_credentials(tx, account_id, &sealed)?;
                tx.hint(Hint::Accounts);
                Ok::<_, Error>(account_id)
            })
            .await?;
        self.hub.mark_changed(AccountId(account_id));
        Ok(account_id)
    }

    /// Changes settings (those given; others stay) or the name.
    pub async fn change_account(
        &self,
        owner: OwnedUserId,
        account_id: i64,
        settings: Option<Value>,
        display_name: Option<String>,
    ) -> Result<()> {
        if settings.as_ref().is_some_and(|settings| !settings.is_object()) {
            return Err(Error::bad_json("settings must be an object"));
        }
        self.db
            .write(move |tx| {
                let row = get_own(tx, &owner, account_id)?;
                let mut all: Value = serde_json::from_str(&row.settings).map_err(Error::internal)?;
                if let Some(settings) = &settings {
                    merge(&mut all, settings.clone());
                }
                let name = display_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
                accounts::set_settings(tx, account_id, &all.to_string(), name.unwrap_or(&row.display_name))?;
                tx.hint(Hint::Accounts);
                Ok::<_, Error>(())
            })
            .await?;
        self.hub.mark_changed(AccountId(account_id));
        Ok(())
    }

    /// Connects an account anew, without waiting for its next attempt.
    pub async fn reconnect_account(&self, owner: OwnedUserId, account_id: i64) -> Result<()> {
        self.db
            .write(move |tx| {
                get_own(tx, &owner, account_id)?;
                accounts::restart(tx, account_id)?;
                tx.hint(Hint::Accounts);
                Ok(())
            })
            .await
    }

    /// Ends an account and forgets its credentials. Its conversations stay readable, unless they are
    /// to be deleted: that happens in the background.
    pub async fn remove_account(&self, owner: OwnedUserId, account_id: i64, conversations: bool) -> Result<()> {
        let id = AccountId(account_id);
        let asker = owner.clone();
        self.db.read(move |tx| get_own(tx, &asker, account_id).map(drop)).await?;
        if let Some(session) = self.hub.find_session(id)
            && !matches!(tokio::time::timeout(LOGOUT_WITHIN, session.logout()).await, Ok(Ok(())))
        {
            tracing::info!(account.id = account_id, "the network was not told of the end of a login");
        }
        let core = self.core();
        self.db
            .write(move |tx| {
                get_own(tx, &owner, account_id)?;
                let gone = Fate::Failed(Text::new("The account was removed.", "Das Konto wurde entfernt."));
                for portal in portals::list_of_account(tx, account_id)? {
                    for row in outbox::list_in_state(tx, portal.portal_no, "queued")? {
                        if row.account_id == account_id {
                            outcome::failed(tx, &core, &row, &gone, false)?;
                        }
                    }
                }
                accounts::remove(tx, account_id, if conversations { "delete" } else { "keep" })?;
                // Now, as the account may be gone altogether in a moment.
                states::publish(tx, &core, &owner)?;
                tx.hint(Hint::Accounts);
                Ok::<_, Error>(())
            })
            .await?;
        self.hub.forget_state(id);
        Ok(())
    }

    /// Takes the owner out of an account's portals and forgets all about it.
    pub(super) async fn delete_conversations(&self, account_id: i64) -> Result<()> {
        let list = self.db.read(move |tx| Ok::<_, Error>(portals::list_of_account(tx, account_id)?)).await?;
        for portal in list {
            let core = self.core();
            self.db
                .write(move |tx| {
                    let account = accounts::get(tx, account_id)?;
                    if let Some(room_no) = portal.room_no {
                        let mut row = room::get(tx, room_no)?;
                        let membership = memberships::find(tx, room_no, &account.owner)?;
                        if membership.as_deref() == Some("join") {
                            let leave = MembershipChange::Leave;
                            change_membership(tx, &core, &mut row, &account.owner, &account.owner, leave, None)?;
                        }
                        if membership.is_some() {
                            memberships::forget(tx, room_no, &account.owner)?;
                        }
                    }
                    Ok::<_, Error>(portals::leave(tx, portal.portal_no, account_id)?)
                })
                .await?;
        }
        self.db
            .write(move |tx| {
                portals::forget_seen(tx, account_id)?;
                Ok::<_, Error>(accounts::delete(tx, account_id)?)
            })
            .await
    }

    /// The server's own user.
    pub fn bot_id(&self) -> Result<OwnedUserId> {
        ghosts::bot_id(self)
    }
}
