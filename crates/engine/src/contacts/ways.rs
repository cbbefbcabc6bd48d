//! How a person can be written to now: what lets a user change the network in the middle of a
//! conversation.

use ruma::{OwnedRoomId, OwnedUserId};
use serde::Serialize;
use unisono_domain::text::Text;
use unisono_store::hub::accounts;

use super::book::{contact_of, directs};
use crate::{Engine, Error, Result};

/// One way to a person.
#[derive(Clone, Debug, Serialize)]
pub struct Way {
    /// `None`: a chat between two people with a login here.
    pub account_id: Option<i64>,
    pub channel: Option<String>,
    /// The name of the network.
    pub network: Option<Text>,
    /// The account's own name, for those who have several on one network.
    pub account_name: Option<String>,
    pub user_id: Option<OwnedUserId>,
    /// What a chat is started with where there is none yet.
    pub identifier: String,
    /// The chat that is there already.
    pub room_id: Option<OwnedRoomId>,
}

impl Engine {
    /// Every way to the contact that a user belongs to: the chats there are, then those that could be
    /// started on the owner's accounts.
    pub async fn list_ways(&self, owner: OwnedUserId, user_id: OwnedUserId) -> Result<Vec<Way>> {
        let core = self.core();
        self.db
            .read(move |tx| {
                let directs = directs(tx, &owner)?;
                let contact = contact_of(tx, &owner, &user_id, &directs)?;
                let accounts = accounts::list(tx, &owner)?;
                let name = |channel: &str| core.hub.find_channel(channel).map(|channel| channel.meta().name.clone());
                let mut ways: Vec<Way> = Vec::new();
                for member in &contact.members {
                    for room in &member.rooms {
                        let account = accounts.iter().find(|account| Some(account.account_id) == room.account_id);
                        // A portal whose account is gone cannot be written to.
                        if member.channel.is_some() && account.is_none() {
                            continue;
                        }
                        ways.push(Way {
                            account_id: room.account_id,
                            channel: member.channel.clone(),
                            network: member.channel.as_deref().and_then(name),
                            account_name: account.map(|account| account.display_name.clone()),
                            user_id: Some(member.user_id.clone()),
                            identifier: member.remote_id.clone().unwrap_or_else(|| member.user_id.to_string()),
                            room_id: Some(room.room_id.clone()),
                        });
                    }
                }
                let handles = contact.members.iter().flat_map(|member| &member.handles);
                for handle in handles {
                    for account in &accounts {
                        let Some((scheme, identifier)) = handle.split_once(':') else { continue };
                        let able = core.hub.find_channel(&account.channel);
                        let able = able.is_some_and(|channel| channel.address_schemes().contains(&scheme));
                        let known = ways.iter().any(|way| {
                            way.account_id == Some(account.account_id)
                                && (way.identifier == identifier || way.room_id.is_some())
                        });
                        if able && !known {
                            ways.push(Way {
                                account_id: Some(account.account_id),
                                channel: Some(account.channel.clone()),
                                network: name(&account.channel),
                                account_name: Some(account.display_name.clone()),
                                user_id: None,
                                identifier: identifier.to_owned(),
                                room_id: None,
                            });
                        }
                    }
                }
                Ok::<_, Error>(ways)
            })
            .await
    }
}
