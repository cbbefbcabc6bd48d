//! Sealing and redacting, over events that nobody thought of.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, RoomVersionId, owned_event_id, owned_server_name, room_id,
    room_version_rules::RoomVersionRules,
    serde::Base64,
    signatures::{Ed25519KeyPair, PublicKeyMap, PublicKeySet, Verified, reference_hash, verify_event},
    user_id,
};
use unisono_domain::room::{ClientEvent, Draft, InvalidEvent, Pdu, Sealed, Signer, redact};

fn signer() -> Signer {
    let key = Ed25519KeyPair::from_der(&Ed25519KeyPair::generate(), "1".to_owned()).unwrap();
    Signer { server_name: owned_server_name!("test.local"), key }
}

fn rules(version: &RoomVersionId) -> RoomVersionRules {
    version.rules().unwrap()
}

fn seal(content: CanonicalJsonObject, signer: &Signer, version: &RoomVersionId) -> Result<Sealed, InvalidEvent> {
    let prev = [owned_event_id!("$YnVpbHQgb24gYSByb2Nr")];
    Draft {
        room_id: Some(room_id!("!room:test.local")),
        sender: user_id!("@anna:test.local"),
        kind: "m.room.message",
        state_key: None,
        content,
        redacts: None,
        origin_server_ts: 1_700_000_000_000,
        prev_events: &prev,
        auth_events: &prev,
        depth: 7,
    }
    .seal(&rules(version), signer)
}

/// JSON as events may hold it: no floats, integers within ±2^53.
fn canonical() -> impl Strategy<Value = CanonicalJsonValue> {
    let leaf = prop_oneof![
        Just(CanonicalJsonValue::Null),
        any::<bool>().prop_map(CanonicalJsonValue::Bool),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991)
            .prop_map(|number| CanonicalJsonValue::try_from(serde_json::Value::from(number)).unwrap()),
        ".{0,40}".prop_map(CanonicalJsonValue::String),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(CanonicalJsonValue::Array),
            prop::collection::btree_map(".{0,12}", inner, 0..5).prop_map(CanonicalJsonValue::Object),
        ]
    })
}

fn content() -> impl Strategy<Value = CanonicalJsonObject> {
    prop::collection::btree_map("[a-z._]{1,12}", canonical(), 0..6)
}

fn version() -> impl Strategy<Value = RoomVersionId> {
    prop_oneof![Just(RoomVersionId::V11), Just(RoomVersionId::V12)]
}

fn keys(signer: &Signer) -> PublicKeyMap {
    let key = Base64::new(signer.key.public_key().to_vec());
    let set: PublicKeySet = BTreeMap::from([(format!("ed25519:{}", signer.key.version()), key)]);
    BTreeMap::from([("test.local".to_owned(), set)])
}

proptest! {
    #[test]
    fn a_sealed_event_verifies_and_keeps_its_content(content in content(), version in version()) {
        let signer = signer();
        let sealed = seal(content.clone(), &signer, &version).unwrap();
        let object: CanonicalJsonObject = serde_json::from_str(&sealed.json).unwrap();
        prop_assert_eq!(verify_event(&keys(&signer), &object, &rules(&version)).unwrap(), Verified::All);
        prop_assert_eq!(&object["content"], &CanonicalJsonValue::Object(content.clone()));
        let pdu = Pdu::parse(sealed.event_id.clone(), &sealed.json).unwrap();
        prop_assert_eq!(pdu.content_as::<CanonicalJsonObject>().unwrap(), content);
        let seen = serde_json::to_value(ClientEvent::parse(&sealed.event_id, &sealed.json).unwrap()).unwrap();
        prop_assert_eq!(&seen["event_id"], sealed.event_id.as_str());
        prop_assert!(seen.get("hashes").is_none() && seen.get("auth_events").is_none());
    }

    #[test]
    fn a_redaction_keeps_the_id_and_changes_nothing_the_second_time(content in content(), version in version()) {
        let signer = signer();
        let sealed = seal(content, &signer, &version).unwrap();
        let rules = rules(&version);
        let once = redact(&sealed.json, &rules.redaction).unwrap();
        prop_assert_eq!(&redact(&once, &rules.redaction).unwrap(), &once);
        let object: CanonicalJsonObject = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(format!("${}", reference_hash(&object, &rules).unwrap()), sealed.event_id.as_str());
        prop_assert_eq!(&object["content"], &CanonicalJsonValue::Object(CanonicalJsonObject::new()));
    }

    #[test]
    fn no_stored_text_makes_the_readers_panic(text in ".{0,200}") {
        let id = owned_event_id!("$YnVpbHQgb24gYSByb2Nr");
        drop(Pdu::parse(id.clone(), &text));
        drop(ClientEvent::parse(&id, &text));
        drop(redact(&text, &rules(&RoomVersionId::V12).redaction));
    }
}

#[test]
fn what_is_too_large_is_said_to_be() {
    let signer = signer();
    let text = CanonicalJsonValue::String("x".repeat(66_000));
    let content = CanonicalJsonObject::from([("body".to_owned(), text)]);
    assert!(matches!(seal(content, &signer, &RoomVersionId::V12), Err(InvalidEvent::TooLarge)));
}
