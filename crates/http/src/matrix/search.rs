//! `POST /search` for messages.

use ruma::{
    OwnedMxcUri, UInt,
    api::client::search::search_events::v3::{
        Criteria, EventContextResult, OrderBy, Request, Response, ResultCategories, ResultRoomEvents, SearchKeys,
        SearchResult, UserProfile,
    },
    serde::Raw,
};
use unisono_engine::search::{Fields, Found, Order, SearchRequest, SearchResult as Hit};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(search);
}

/// `POST /search`
async fn search(call: Call<Request>) -> Result<Response> {
    let Some(criteria) = call.request.search_categories.room_events else {
        return Ok(Response::new(ResultCategories::new()));
    };
    let request = read(criteria, call.request.next_batch);
    let found = call.engine.search_messages(call.session.into(), request).await?;
    let mut categories = ResultCategories::new();
    categories.room_events = write(found);
    Ok(Response::new(categories))
}

fn number(value: UInt) -> i64 {
    i64::try_from(u64::from(value)).unwrap_or(i64::MAX)
}

fn read(criteria: Criteria, next_batch: Option<String>) -> SearchRequest {
    let mut fields = Fields::default();
    for key in criteria.keys.unwrap_or_default() {
        match key {
            SearchKeys::ContentBody => fields.body = true,
            SearchKeys::ContentName => fields.name = true,
            SearchKeys::ContentTopic => fields.topic = true,
            _ => {}
        }
    }
    let filter = criteria.filter;
    let not = |list: Vec<_>| if list.is_empty() { None } else { Some(list) };
    SearchRequest {
        text: criteria.search_term,
        fields,
        // The specification's own order is by rank.
        order: if criteria.order_by == Some(OrderBy::Recent) { Order::Newest } else { Order::Best },
        rooms: filter.rooms,
        not_rooms: if filter.not_rooms.is_empty() { None } else { Some(filter.not_rooms) },
        senders: filter.senders,
        not_senders: not(filter.not_senders),
        limit: filter.limit.map(number),
        next_batch,
        // Left out it looks like its default values, and then nobody wants a context.
        context: (!criteria.event_context.is_default())
            .then(|| (number(criteria.event_context.before_limit), number(criteria.event_context.after_limit))),
        profiles: criteria.event_context.include_profile,
    }
}

fn write(found: Found) -> ResultRoomEvents {
    let mut events = ResultRoomEvents::new();
    events.count = u64::try_from(found.count).ok().map(UInt::new_saturating);
    events.next_batch = found.next_batch;
    events.highlights = found.highlights;
    events.results = found.results.into_iter().map(write_hit).collect();
    events
}

fn write_hit(hit: Hit) -> SearchResult {
    let mut result = SearchResult::new();
    #[expect(clippy::cast_precision_loss, reason = "a rank of some millions at most")]
    let rank = hit.rank as f64 / 1_000_000.0;
    result.rank = Some(rank);
    result.result = Some(Raw::from_json(hit.event));
    let mut context = EventContextResult::new();
    context.events_before = hit.before.into_iter().map(Raw::from_json).collect();
    context.events_after = hit.after.into_iter().map(Raw::from_json).collect();
    for (user_id, profile) in hit.profiles {
        let mut shown = UserProfile::new();
        shown.displayname = profile.display_name;
        shown.avatar_url = profile.avatar_url.map(OwnedMxcUri::from);
        context.profile_info.insert(user_id, shown);
    }
    result.context = context;
    result
}
