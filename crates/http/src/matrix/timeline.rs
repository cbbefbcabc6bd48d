//! `/sync`, and turning the pages of a timeline.

use std::time::Duration;

use ruma::{
    api::{
        Direction,
        client::{
            context::get_context,
            filter::{FilterDefinition, RoomEventFilter},
            message::get_message_events,
            sync::sync_events,
        },
    },
    serde::Raw,
};
use unisono_engine::{Error as EngineError, rooms::PageRequest, sync::SyncRequest};

use super::sync_body::SyncBody;
use crate::{
    Call, Result,
    routes::{Json, Routes},
};

pub(super) fn add(routes: &mut Routes) {
    routes.add(sync).add(list_messages).add(get_context_of);
}

/// `GET /sync`
async fn sync(call: Call<sync_events::v3::Request>) -> Result<Json<SyncBody>> {
    let Call { engine, session, request, stopping, .. } = call;
    let filter = match request.filter {
        None => FilterDefinition::empty(),
        Some(sync_events::v3::Filter::FilterDefinition(filter)) => filter,
        Some(sync_events::v3::Filter::FilterId(id)) => engine.filter(session.user_id.clone(), id).await?,
        Some(_) => return Err(EngineError::invalid("this is no filter").into()),
    };
    let request = SyncRequest {
        reader: session.into(),
        since: request.since.map(|since| since.parse()).transpose()?,
        filter,
        full_state: request.full_state,
        state_after: request.use_state_after,
        timeout: request.timeout.unwrap_or_default(),
    };
    let now = SyncRequest { timeout: Duration::ZERO, ..request.clone() };
    let response = tokio::select! {
        response = engine.sync(request) => response?,
        () = stopping.cancelled() => engine.sync(now).await?,
    };
    Ok(Json(response.into()))
}

/// `GET /rooms/{roomId}/messages`
async fn list_messages(call: Call<get_message_events::v3::Request>) -> Result<get_message_events::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let page = PageRequest {
        room_id: request.room_id,
        from: request.from.map(|from| from.parse()).transpose()?,
        to: request.to.map(|to| to.parse()).transpose()?,
        backwards: request.dir == Direction::Backward,
        limit: limit(request.limit),
        filter: request.filter,
    };
    let page = engine.list_messages(page, session.into()).await?;
    let mut response = get_message_events::v3::Response::new();
    response.start = page.start;
    response.end = page.end;
    response.chunk = page.events.into_iter().map(Raw::from_json).collect();
    response.state = page.state.into_iter().map(Raw::from_json).collect();
    Ok(response)
}

/// `GET /rooms/{roomId}/context/{eventId}`
async fn get_context_of(call: Call<get_context::v3::Request>) -> Result<get_context::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let filter: RoomEventFilter = request.filter;
    let found =
        engine.get_context(request.room_id, request.event_id, limit(request.limit), filter, session.into()).await?;
    let mut response = get_context::v3::Response::new();
    response.event = Some(Raw::from_json(found.event));
    response.events_before = found.before.into_iter().map(Raw::from_json).collect();
    response.events_after = found.after.into_iter().map(Raw::from_json).collect();
    response.start = Some(found.start);
    response.end = Some(found.end);
    response.state = found.state.into_iter().map(Raw::from_json).collect();
    Ok(response)
}

fn limit(limit: ruma::UInt) -> usize {
    usize::try_from(u64::from(limit)).unwrap_or(usize::MAX)
}
