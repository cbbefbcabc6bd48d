//! What a client's filter lets through (specification, "Filtering").

use ruma::{
    RoomId,
    api::client::filter::{RoomEventFilter, RoomFilter, UrlFilter},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use unisono_domain::room::ClientEvent;
use unisono_store::rooms::events::EventRow;

/// `*` matches any sequence of characters.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

/// Whether a type passes a list of wanted and unwanted ones.
pub(crate) fn admits_type(types: Option<&[String]>, not_types: &[String], kind: &str) -> bool {
    !not_types.iter().any(|pattern| wildcard(pattern, kind))
        && types.is_none_or(|types| types.iter().any(|pattern| wildcard(pattern, kind)))
}

/// Whether a room's events are wanted by this part of the filter.
pub(crate) fn admits_room(filter: &RoomEventFilter, room_id: &RoomId) -> bool {
    !filter.not_rooms.iter().any(|room| room == room_id)
        && filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == room_id))
}

/// Whether the room is wanted at all.
pub(crate) fn admits_room_at_all(filter: &RoomFilter, room_id: &RoomId) -> bool {
    !filter.not_rooms.iter().any(|room| room == room_id)
        && filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == room_id))
}

/// Whether an event passes: type, sender, and whether it has a `url`.
pub(crate) fn admits(filter: &RoomEventFilter, row: &EventRow) -> bool {
    admits_type(filter.types.as_deref(), &filter.not_types, &row.kind)
        && !filter.not_senders.contains(&row.sender)
        && filter.senders.as_ref().is_none_or(|senders| senders.contains(&row.sender))
        && match &filter.url_filter {
            None => true,
            Some(UrlFilter::EventsWithUrl) => has_url(row),
            Some(UrlFilter::EventsWithoutUrl) => !has_url(row),
        }
}

/// Lets every event through: then a page needs no second look.
pub(crate) fn is_open(filter: &RoomEventFilter) -> bool {
    filter.types.is_none()
        && filter.not_types.is_empty()
        && filter.senders.is_none()
        && filter.not_senders.is_empty()
        && filter.url_filter.is_none()
}

#[derive(Deserialize)]
struct Url<'a> {
    #[serde(borrow)]
    url: Option<&'a RawValue>,
}

fn has_url(row: &EventRow) -> bool {
    ClientEvent::parse(&row.event_id, &row.pdu)
        .ok()
        .and_then(|event| serde_json::from_str::<Url<'_>>(event.content.get()).ok().map(|url| url.url.is_some()))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text) in [("m.room.*", "m.room.name"), ("*", ""), ("m.*.a*c", "m.x.abbc"), ("a*a", "aa")] {
            assert!(wildcard(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("m.room.*", "m.reaction"), ("a*a", "a"), ("m.room", "m.room.name"), ("*x", "xy")] {
            assert!(!wildcard(pattern, text), "{pattern} {text}");
        }
    }
}
