//! What relates to an event: edits, reactions, threads.

use ruma::{
    OwnedEventId, OwnedRoomId, UInt,
    api::{
        Direction,
        client::{
            relations::{
                get_relating_events, get_relating_events_with_rel_type,
                get_relating_events_with_rel_type_and_event_type,
            },
            threads::get_threads,
        },
    },
    serde::Raw,
};
use unisono_engine::{
    Engine, Session,
    rooms::{RelatedPage, RelatedRequest},
};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(list_all).add(list_of_type).add(list_of_type_and_kind).add(list_threads);
}

const DEFAULT_LIMIT: usize = 50;

fn limit(limit: Option<UInt>) -> usize {
    limit.and_then(|limit| usize::try_from(u64::from(limit)).ok()).unwrap_or(DEFAULT_LIMIT)
}

/// What the three forms of the endpoint have in common.
struct Query {
    room_id: OwnedRoomId,
    parent: OwnedEventId,
    rel_type: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    direction: Direction,
    limit: Option<UInt>,
}

async fn list(engine: Engine, session: Session, query: Query) -> Result<RelatedPage> {
    let request = RelatedRequest {
        room_id: query.room_id,
        parent: query.parent,
        rel_type: query.rel_type,
        kind: query.kind,
        from: query.from.map(|from| from.parse()).transpose()?,
        backwards: query.direction == Direction::Backward,
        limit: limit(query.limit),
    };
    Ok(engine.list_related(request, session.into()).await?)
}

/// `GET /rooms/{roomId}/relations/{eventId}`
async fn list_all(call: Call<get_relating_events::v1::Request>) -> Result<get_relating_events::v1::Response> {
    let Call { engine, session, request, .. } = call;
    let query = Query {
        room_id: request.room_id,
        parent: request.event_id,
        rel_type: None,
        kind: None,
        from: request.from,
        direction: request.dir,
        limit: request.limit,
    };
    let page = list(engine, session, query).await?;
    let mut response = get_relating_events::v1::Response::new(page.events.into_iter().map(Raw::from_json).collect());
    response.next_batch = page.next;
    Ok(response)
}

/// `GET /rooms/{roomId}/relations/{eventId}/{relType}`
async fn list_of_type(
    call: Call<get_relating_events_with_rel_type::v1::Request>,
) -> Result<get_relating_events_with_rel_type::v1::Response> {
    let Call { engine, session, request, .. } = call;
    let query = Query {
        room_id: request.room_id,
        parent: request.event_id,
        rel_type: Some(request.rel_type.to_string()),
        kind: None,
        from: request.from,
        direction: request.dir,
        limit: request.limit,
    };
    let page = list(engine, session, query).await?;
    let mut response =
        get_relating_events_with_rel_type::v1::Response::new(page.events.into_iter().map(Raw::from_json).collect());
    response.next_batch = page.next;
    Ok(response)
}

/// `GET /rooms/{roomId}/relations/{eventId}/{relType}/{eventType}`
async fn list_of_type_and_kind(
    call: Call<get_relating_events_with_rel_type_and_event_type::v1::Request>,
) -> Result<get_relating_events_with_rel_type_and_event_type::v1::Response> {
    let Call { engine, session, request, .. } = call;
    let query = Query {
        room_id: request.room_id,
        parent: request.event_id,
        rel_type: Some(request.rel_type.to_string()),
        kind: Some(request.event_type.to_string()),
        from: request.from,
        direction: request.dir,
        limit: request.limit,
    };
    let page = list(engine, session, query).await?;
    let mut response = get_relating_events_with_rel_type_and_event_type::v1::Response::new(
        page.events.into_iter().map(Raw::from_json).collect(),
    );
    response.next_batch = page.next;
    Ok(response)
}

/// `GET /rooms/{roomId}/threads`
async fn list_threads(call: Call<get_threads::v1::Request>) -> Result<get_threads::v1::Response> {
    let Call { engine, session, request, .. } = call;
    let from = request.from.map(|from| from.parse()).transpose()?;
    let only_mine = request.include == get_threads::v1::IncludeThreads::Participated;
    let page = engine.list_threads(request.room_id, from, limit(request.limit), only_mine, session.into()).await?;
    let mut response = get_threads::v1::Response::new(page.events.into_iter().map(Raw::from_json).collect());
    response.next_batch = page.next;
    Ok(response)
}
