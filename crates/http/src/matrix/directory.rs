//! Aliases and the list of public rooms.

use ruma::{
    OwnedRoomAliasId, UInt,
    api::client::{
        alias::{create_alias, delete_alias, get_alias},
        directory::{get_public_rooms, get_public_rooms_filtered, get_room_visibility, set_room_visibility},
        room::{Visibility, aliases},
    },
    directory::PublicRoomsChunk,
};
use unisono_engine::{Engine, Error as EngineError, rooms::PublicRoom};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes
        .add(find)
        .add(create)
        .add(delete)
        .add(list_of_room)
        .add(get_visibility)
        .add(set_visibility)
        .add(list_public)
        .add(search_public);
}

/// `GET /directory/room/{roomAlias}`
async fn find(call: Call<get_alias::v3::Request>) -> Result<get_alias::v3::Response> {
    let room_id = call.engine.find_alias(call.request.room_alias).await?;
    Ok(get_alias::v3::Response::new(room_id, vec![call.engine.config.server_name.clone()]))
}

/// `PUT /directory/room/{roomAlias}`
async fn create(call: Call<create_alias::v3::Request>) -> Result<create_alias::v3::Response> {
    call.engine.create_alias(call.request.room_alias, call.request.room_id, call.session.user_id).await?;
    Ok(create_alias::v3::Response::new())
}

/// `DELETE /directory/room/{roomAlias}`
async fn delete(call: Call<delete_alias::v3::Request>) -> Result<delete_alias::v3::Response> {
    call.engine.delete_alias(call.request.room_alias, call.session.user_id).await?;
    Ok(delete_alias::v3::Response::new())
}

/// `GET /rooms/{roomId}/aliases`
async fn list_of_room(call: Call<aliases::v3::Request>) -> Result<aliases::v3::Response> {
    let names = call.engine.list_aliases(call.request.room_id, call.session.user_id).await?;
    let aliases = names.into_iter().map(OwnedRoomAliasId::try_from).collect::<std::result::Result<_, _>>();
    Ok(aliases::v3::Response::new(aliases.map_err(EngineError::internal)?))
}

/// `GET /directory/list/room/{roomId}`
async fn get_visibility(call: Call<get_room_visibility::v3::Request>) -> Result<get_room_visibility::v3::Response> {
    let listed = call.engine.is_listed(call.request.room_id).await?;
    Ok(get_room_visibility::v3::Response::new(if listed { Visibility::Public } else { Visibility::Private }))
}

/// `PUT /directory/list/room/{roomId}`
async fn set_visibility(call: Call<set_room_visibility::v3::Request>) -> Result<set_room_visibility::v3::Response> {
    let listed = call.request.visibility == Visibility::Public;
    call.engine.set_listed(call.request.room_id, call.session.user_id, listed).await?;
    Ok(set_room_visibility::v3::Response::new())
}

/// `GET /publicRooms`
async fn list_public(call: Call<get_public_rooms::v3::Request>) -> Result<get_public_rooms::v3::Response> {
    let page = page(&call.engine, None, call.request.since.as_deref(), call.request.limit).await?;
    let mut response = get_public_rooms::v3::Response::new(page.chunk);
    response.next_batch = page.next;
    response.prev_batch = page.previous;
    response.total_room_count_estimate = Some(page.total);
    Ok(response)
}

/// `POST /publicRooms`
async fn search_public(
    call: Call<get_public_rooms_filtered::v3::Request>,
) -> Result<get_public_rooms_filtered::v3::Response> {
    let request = call.request;
    let search = request.filter.generic_search_term.filter(|term| !term.is_empty());
    let page = page(&call.engine, search, request.since.as_deref(), request.limit).await?;
    let mut response = get_public_rooms_filtered::v3::Response::new();
    response.chunk = page.chunk;
    response.next_batch = page.next;
    response.prev_batch = page.previous;
    response.total_room_count_estimate = Some(page.total);
    Ok(response)
}

struct Page {
    chunk: Vec<PublicRoomsChunk>,
    next: Option<String>,
    previous: Option<String>,
    total: UInt,
}

const PAGE: usize = 100;

async fn page(engine: &Engine, search: Option<String>, since: Option<&str>, limit: Option<UInt>) -> Result<Page> {
    let start: usize = match since {
        Some(since) => since.parse().map_err(|_| EngineError::invalid("`since` is no token of this list"))?,
        None => 0,
    };
    let limit =
        limit.and_then(|limit| usize::try_from(u64::from(limit)).ok()).map_or(PAGE, |limit| limit.clamp(1, PAGE));
    let rooms = engine.list_public_rooms(search).await?;
    let total = UInt::try_from(rooms.len()).unwrap_or(UInt::MAX);
    let end = start.saturating_add(limit);
    Ok(Page {
        next: (end < rooms.len()).then(|| end.to_string()),
        previous: (start > 0).then(|| start.saturating_sub(limit).to_string()),
        chunk: rooms.into_iter().skip(start).take(limit).map(entry).collect::<Result<_>>()?,
        total,
    })
}

fn entry(room: PublicRoom) -> Result<PublicRoomsChunk> {
    let members = UInt::try_from(room.members).map_err(EngineError::internal)?;
    let mut entry = PublicRoomsChunk::from(ruma::directory::PublicRoomsChunkInit {
        num_joined_members: members,
        room_id: room.room_id,
        world_readable: room.world_readable,
        guest_can_join: false,
    });
    entry.name = room.name;
    entry.topic = room.topic;
    entry.avatar_url = room.avatar_url.map(Into::into);
    entry.canonical_alias = room.canonical_alias.and_then(|alias| alias.try_into().ok());
    entry.join_rule = room.join_rule.as_str().into();
    entry.room_type = room.room_type.map(|kind| kind.as_str().into());
    Ok(entry)
}
