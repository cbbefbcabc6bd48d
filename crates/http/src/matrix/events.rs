//! Sending events, and reading single ones and state.

use ruma::{
    OwnedDeviceId,
    api::client::{
        membership::get_member_events,
        message::send_message_event,
        redact::redact_event,
        room::get_room_event,
        state::{get_state_event_for_key, get_state_events, send_state_event},
    },
    serde::Raw,
};
use unisono_engine::rooms::{ClientTxn, content_from_json};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(send).add(send_state).add(redact).add(get_event).add(list_state).add(get_state).add(list_members);
}

fn txn(device_id: OwnedDeviceId, txn_id: &ruma::TransactionId) -> ClientTxn {
    ClientTxn { device_id, txn_id: txn_id.to_string() }
}

/// `PUT /rooms/{roomId}/send/{eventType}/{txnId}`
async fn send(call: Call<send_message_event::v3::Request>) -> Result<send_message_event::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let content = content_from_json(request.body.json().get())?;
    let txn = txn(session.device_id, &request.txn_id);
    let event_id =
        engine.send_message(request.room_id, session.user_id, request.event_type.to_string(), content, txn).await?;
    Ok(send_message_event::v3::Response::new(event_id))
}

/// `PUT /rooms/{roomId}/state/{eventType}/{stateKey}`
async fn send_state(call: Call<send_state_event::v3::Request>) -> Result<send_state_event::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let content = content_from_json(request.body.json().get())?;
    let event_id = engine
        .send_state(request.room_id, session.user_id, request.event_type.to_string(), request.state_key, content)
        .await?;
    Ok(send_state_event::v3::Response::new(event_id))
}

/// `PUT /rooms/{roomId}/redact/{eventId}/{txnId}`
async fn redact(call: Call<redact_event::v3::Request>) -> Result<redact_event::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let txn = txn(session.device_id, &request.txn_id);
    let event_id = engine.redact_event(request.room_id, session.user_id, request.event_id, request.reason, txn).await?;
    Ok(redact_event::v3::Response::new(event_id))
}

/// `GET /rooms/{roomId}/event/{eventId}`
async fn get_event(call: Call<get_room_event::v3::Request>) -> Result<get_room_event::v3::Response> {
    let reader = call.session.into();
    let event = call.engine.get_event(call.request.room_id, call.request.event_id, reader).await?;
    Ok(get_room_event::v3::Response::new(Raw::from_json(event)))
}

/// `GET /rooms/{roomId}/state`
async fn list_state(call: Call<get_state_events::v3::Request>) -> Result<get_state_events::v3::Response> {
    let events = call.engine.list_state(call.request.room_id, call.session.into()).await?;
    Ok(get_state_events::v3::Response::new(events.into_iter().map(Raw::from_json).collect()))
}

/// `GET /rooms/{roomId}/state/{eventType}/{stateKey}`
async fn get_state(call: Call<get_state_event_for_key::v3::Request>) -> Result<get_state_event_for_key::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let whole = request.format == get_state_event_for_key::v3::StateEventFormat::Event;
    let kind = request.event_type.to_string();
    let state = engine.get_state(request.room_id, kind, request.state_key, whole, session.into()).await?;
    Ok(get_state_event_for_key::v3::Response::new(state))
}

/// `GET /rooms/{roomId}/members`
async fn list_members(call: Call<get_member_events::v3::Request>) -> Result<get_member_events::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let events = engine
        .list_members(
            request.room_id,
            session.into(),
            request.at,
            request.membership.map(|filter| filter.to_string()),
            request.not_membership.map(|filter| filter.to_string()),
        )
        .await?;
    Ok(get_member_events::v3::Response::new(events.into_iter().map(Raw::from_json).collect()))
}
