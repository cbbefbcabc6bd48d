//! Asking everybody's push rules about an event (specification, "Push Rules"), in the transaction
//! that adds it. The event is parsed once, and rules are kept in memory: some microseconds a person.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use ruma::{
    Int, OwnedUserId, UInt,
    power_levels::NotificationPowerLevels,
    push::{FlattenedJson, PushConditionPowerLevelsCtx, PushConditionRoomCtx},
    room_version_rules::{RoomPowerLevelsRules, RoomVersionRules},
    serde::Raw,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use unisono_domain::room::Pdu;
use unisono_store::{
    Tx,
    rooms::{
        events::{self, EventRow},
        memberships,
        notifications::{self, Listener},
        room::RoomRow,
        state,
    },
};

use super::ruleset::Rules;
use crate::{Core, Error, Result, rooms::power};

/// An event that was just added at the end of a room.
#[derive(Clone, Copy)]
pub(crate) struct News<'a> {
    pub room: &'a RoomRow,
    pub rules: &'a RoomVersionRules,
    pub row: &'a EventRow,
    pub pdu: &'a Pdu,
}

/// Notes who is to be told, and what counts as read by this very event.
pub(crate) fn follow(tx: &mut Tx<'_>, core: &Core, news: News<'_>, people: &[Listener], notify: bool) -> Result<()> {
    let invited = follow_membership(tx, news)?;
    let room_no = news.room.room_no;
    // Who writes has seen what was there.
    if news.row.state_key.is_none() && people.iter().any(|person| person.user_id == news.row.sender) {
        notifications::clear(tx, &news.row.sender, room_no)?;
    }
    if !notify {
        return Ok(());
    }
    let mut listeners = people.iter().chain(&invited).filter(|person| person.user_id != news.row.sender).peekable();
    if listeners.peek().is_none() {
        return Ok(());
    }
    let raw: Raw<()> = Raw::from_json(RawValue::from_string(news.row.pdu.clone()).map_err(Error::internal)?);
    let event = FlattenedJson::from_raw(&raw);
    let members = memberships::count(tx, room_no, "join")?;
    let mut context = PushConditionRoomCtx::new(
        news.room.room_id.clone(),
        u64::try_from(members).ok().map(UInt::new_saturating).unwrap_or_default(),
        news.row.sender.clone(),
        String::new(),
    );
    let mentions_room = event.get(r"content.m\.mentions.room").is_some();
    for listener in listeners {
        let rules = core.rules.get(tx, listener)?;
        context.user_id = listener.user_id.clone();
        if rules.needs_name {
            context.user_display_name = display_name(tx, room_no, &listener.user_id)?;
        }
        if context.power_levels.is_none() && (mentions_room || rules.needs_power) {
            context.power_levels = Some(notification_power(tx, news)?);
        }
        if let Some(highlight) = ask(&rules, &event, &context) {
            notifications::insert(tx, &listener.user_id, room_no, news.row.position, highlight)?;
        }
    }
    Ok(())
}

/// The first rule that fits decides: nothing, or whether the event is highlighted.
fn ask(rules: &Rules, event: &FlattenedJson, context: &PushConditionRoomCtx) -> Option<bool> {
    // Futures only for thread subscriptions, which we do not have: all of them are ready at once.
    let rule = rules.set.iter().find(|rule| rule.applies(event, context).now_or_never() == Some(true))?;
    rule.triggers_notification().then(|| rule.triggers_highlight())
}

#[derive(Deserialize)]
struct Member {
    membership: Option<String>,
    displayname: Option<String>,
}

/// Clears what nobody can read any more, or has read by joining; gives the person who was invited.
fn follow_membership(tx: &mut Tx<'_>, news: News<'_>) -> Result<Option<Listener>> {
    let (row, room_no) = (news.row, news.room.room_no);
    if row.kind != "m.room.member" {
        return Ok(None);
    }
    let Some(target) = row.state_key.as_deref().and_then(|key| OwnedUserId::try_from(key).ok()) else {
        return Ok(None);
    };
    let membership = news.pdu.content_as::<Member>().ok().and_then(|member| member.membership);
    match membership.as_deref() {
        Some("invite") => Ok(notifications::find_listener(tx, &target)?),
        Some("join") => {
            if membership_before(tx, room_no, row.position)?.as_deref() != Some("join") {
                notifications::clear(tx, &target, room_no)?;
            }
            Ok(None)
        }
        _ => {
            notifications::clear(tx, &target, room_no)?;
            Ok(None)
        }
    }
}

fn membership_before(tx: &mut Tx<'_>, room_no: i64, position: i64) -> Result<Option<String>> {
    let Some(before) = state::find_replaced(tx, room_no, position)? else { return Ok(None) };
    let Some(row) = events::find(tx, &before)? else { return Ok(None) };
    let pdu = Pdu::parse(before, &row.pdu).map_err(Error::internal)?;
    Ok(pdu.content_as::<Member>().ok().and_then(|member| member.membership))
}

fn display_name(tx: &mut Tx<'_>, room_no: i64, user_id: &ruma::UserId) -> Result<String> {
    let Some((event_id, pdu)) = state::find_pdu(tx, room_no, "m.room.member", user_id.as_str())? else {
        return Ok(String::new());
    };
    let pdu = Pdu::parse(event_id, &pdu).map_err(Error::internal)?;
    let name = pdu.content_as::<Member>().ok().and_then(|member| member.displayname);
    Ok(name.unwrap_or_else(|| user_id.localpart().to_owned()))
}

/// Whether the sender may notify everybody, in the form in which ruma asks for it.
fn notification_power(tx: &mut Tx<'_>, news: News<'_>) -> Result<PushConditionPowerLevelsCtx> {
    let has = power::of(tx, news.room, &news.row.sender)?;
    let may = has >= power::required(tx, news.room, power::Action::NotifyRoom)?;
    let needed = NotificationPowerLevels::default();
    let level = if may { needed.room } else { needed.room - Int::from(1_u8) };
    let rules = RoomPowerLevelsRules::new(&news.rules.authorization, None);
    Ok(PushConditionPowerLevelsCtx::new(BTreeMap::new(), level, needed, rules))
}
