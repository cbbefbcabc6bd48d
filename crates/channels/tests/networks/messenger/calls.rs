//! Calls as Meta's documentation tells them, converted.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use unisono_channels::messenger::{INSTAGRAM, MESSENGER, PageChannel};
use unisono_domain::channel::{Channel, Inbound};
use unisono_testkit::test_host::account;

use super::{INSTAGRAM_ID, PAGE, call, credentials};
use crate::whatsapp::{calls::brief, signed};

const PERSON: &str = "1254459154682919";

fn converted(channel: PageChannel, call: &Value) -> Vec<Inbound> {
    let request = signed("https://unisono.example/", call.to_string().into());
    channel.webhook(&request, &account(credentials("https://graph.facebook.com/v23.0"))).unwrap().events
}

/// An event from the person to the account.
fn from_person(own: &str, key: &str, content: Value) -> Value {
    let mut event =
        json!({ "sender": { "id": PERSON }, "recipient": { "id": own }, "timestamp": 1_458_692_752_478_i64 });
    event[key] = content;
    event
}

/// <https://developers.facebook.com/docs/messenger-platform/reference/webhook-events>
#[test]
fn every_documented_event_of_messenger_is_read() {
    let event = |key: &str, content: Value| from_person(PAGE, key, content);
    let attached = |attachment: Value| event("message", json!({ "mid": "m_A", "attachments": [attachment] }));
    let mut echo = event(
        "message",
        json!({ "is_echo": true, "app_id": 1_517_776, "mid": "m_ECHO", "attachments": [
        { "type": "template", "payload": { "template_type": "button", "text": "What next?",
            "buttons": [{ "type": "postback", "title": "Start", "payload": "GO" }] } } ] }),
    );
    echo["sender"]["id"] = json!(PAGE);
    echo["recipient"]["id"] = json!(PERSON);
    let cdn = "https://scontent.xx.fbcdn.net/v/t1/photo.png?_nc_cat=1";
    let events = json!([
        event("message", json!({ "mid": "m_1", "text": "hello, world!", "quick_reply": { "payload": "PAYLOAD" } })),
        event(
            "message",
            json!({ "mid": "m_2", "text": "yes", "reply_to": { "mid": "m_OUT1", "is_self_reply": false } })
        ),
        attached(json!({ "type": "image", "payload": { "url": cdn } })),
        attached(json!({ "type": "audio", "payload": { "url": "https://cdn.fbsbx.com/v/audioclip-1.mp4?x=1" } })),
        attached(json!({ "type": "video", "payload": { "url": "https://video.xx.fbcdn.net/v/a.mp4" } })),
        attached(json!({ "type": "file", "payload": { "url": "https://cdn.fbsbx.com/v/t59/Offer.pdf?_nc=2" } })),
        event(
            "message",
            json!({ "mid": "m_3", "attachments": [
            { "type": "sticker", "payload": { "url": cdn, "sticker_id": 369_239_263_222_822_i64 } },
            { "type": "image", "payload": { "url": cdn, "sticker_id": 369_239_263_222_822_i64 } } ] })
        ),
        attached(json!({ "type": "location", "title": "Anna's location",
            "payload": { "coordinates": { "lat": 52.52, "long": 13.405 } } })),
        attached(
            json!({ "type": "fallback", "title": "A page", "url": "https://example.org/", "payload": Value::Null })
        ),
        attached(json!({ "type": "reel", "payload": { "url": "https://www.facebook.com/reel/1", "title": "Funny" } })),
        attached(json!({ "type": "appointment_booking", "payload": {} })),
        event(
            "message",
            json!({ "mid": "m_4", "text": "Is this available?", "referral": { "product": { "id": "42" } } })
        ),
        event("message", json!({ "mid": "m_1", "is_deleted": true })),
        echo,
        event("message_edit", json!({ "mid": "m_2", "text": "yes!", "num_edit": 1 })),
        event(
            "reaction",
            json!({ "reaction": "love", "emoji": "\u{2764}\u{FE0F}", "action": "react", "mid": "m_OUT1" })
        ),
        event(
            "reaction",
            json!({ "reaction": "love", "emoji": "\u{2764}\u{FE0F}", "action": "unreact", "mid": "m_OUT1" })
        ),
        event("read", json!({ "watermark": 1_458_668_856_253_i64 })),
        event("delivery", json!({ "mids": ["m_OUT1", "m_OUT2"], "watermark": 1_458_668_856_253_i64 })),
        event(
            "postback",
            json!({ "mid": "m_5", "title": "Get Started", "payload": "START",
            "referral": { "ref": "poster", "source": "SHORTLINK", "type": "OPEN_THREAD" } })
        ),
        event(
            "referral",
            json!({ "ref": "x", "ad_id": "6045", "source": "ADS", "type": "OPEN_THREAD",
            "ads_context_data": { "ad_title": "Summer", "post_id": "1" } })
        ),
        event("optin", json!({ "type": "notification_messages", "title": "News of the shop", "payload": "P" })),
        event("pass_thread_control", json!({ "new_owner_app_id": "123", "metadata": "m" })),
        event("messaging_feedback", json!({ "feedback_screens": [] })),
        event("account_linking", json!({ "status": "linked" })),
    ]);
    assert_json_snapshot!(brief(&converted(MESSENGER, &call("page", PAGE, &events))));
}

/// <https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook>
#[test]
fn every_documented_event_of_instagram_is_read() {
    let event = |key: &str, content: Value| from_person(INSTAGRAM_ID, key, content);
    let story = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=17&signature=x";
    let events = json!([
        event(
            "message",
            json!({ "mid": "aW1", "text": "Nice!", "reply_to": { "story": { "url": story, "id": "17" } } })
        ),
        event(
            "message",
            json!({ "mid": "aW2", "attachments": [{ "type": "story_mention", "payload": { "url": story } }] })
        ),
        event(
            "message",
            json!({ "mid": "aW3", "attachments": [{ "type": "ig_post", "payload": {
            "ig_post_media_id": "181", "title": "Our shop", "url": "https://lookaside.fbsbx.com/ig/?asset_id=181" } }] })
        ),
        event("message", json!({ "mid": "aW4", "is_unsupported": true })),
        event("message", json!({ "mid": "aW1", "is_deleted": true })),
        event("postback", json!({ "mid": "aW5", "title": "When are you open?", "payload": "ICE_BREAKER_1" })),
        event("reaction", json!({ "mid": "aWOUT", "action": "react", "reaction": "love", "emoji": "\u{2764}" })),
        event("read", json!({ "mid": "aWOUT" })),
        event("referral", json!({ "ref": "flyer", "source": "IGME-SOURCE-LINK", "type": "OPEN_THREAD" })),
    ]);
    assert_json_snapshot!(brief(&converted(INSTAGRAM, &call("instagram", INSTAGRAM_ID, &events))));
}

#[test]
fn what_is_for_another_page_or_network_is_not_ours() {
    let hello = || json!([from_person(PAGE, "message", json!({ "mid": "m_1", "text": "hello" }))]);
    assert_eq!(converted(MESSENGER, &call("page", PAGE, &hello())).len(), 1);
    assert!(converted(MESSENGER, &call("page", "1906385232743452", &hello())).is_empty());
    assert!(converted(INSTAGRAM, &call("page", PAGE, &hello())).is_empty());
    // Another app leads the conversation: we see it all the same.
    let mut standby = call("page", PAGE, &json!([]));
    standby["entry"][0]["standby"] = hello();
    assert_eq!(converted(MESSENGER, &standby).len(), 1);
}
