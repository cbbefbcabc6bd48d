use std::collections::BTreeMap;

use proptest::prelude::*;
use ruma::{OneTimeKeyAlgorithm, OwnedOneTimeKeyId, OwnedUserId, UInt, encryption::OneTimeKey, serde::Raw};
use serde_json::json;

use super::{device_keys, raw, upload};
use crate::{
    Engine, Error, Result,
    fixture::{Fixture, code},
    keys::{KeyUpload, sync},
};

type Keys = BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>;

fn keys<'a>(names: impl IntoIterator<Item = &'a str>) -> Keys {
    names.into_iter().map(|name| key(name, name)).collect()
}

fn key(name: &str, content: &str) -> (OwnedOneTimeKeyId, Raw<OneTimeKey>) {
    let id = OwnedOneTimeKeyId::try_from(format!("signed_curve25519:{name}")).unwrap();
    (id, raw(&json!({ "key": content, "signatures": {} })))
}

async fn put(fixture: &Fixture, user_id: &OwnedUserId, one_time_keys: Keys) -> Result<UInt> {
    let upload = KeyUpload { one_time_keys, ..upload(user_id, "PHONE") };
    Ok(fixture.engine.upload_keys(upload).await?[&OneTimeKeyAlgorithm::SignedCurve25519])
}

/// The name of a key of the person's phone.
async fn claim(engine: &Engine, user_id: &OwnedUserId) -> Option<String> {
    let wish = BTreeMap::from([("PHONE".into(), OneTimeKeyAlgorithm::SignedCurve25519)]);
    let claims = BTreeMap::from([(user_id.clone(), wish)]);
    let mut keys = engine.claim_keys(claims).await.unwrap();
    let key = keys.remove(user_id)?.into_values().next()?.into_keys().next()?;
    Some(key.as_str().split_once(':').unwrap().1.to_owned())
}

async fn unused(fixture: &Fixture, user_id: &OwnedUserId) -> Vec<OneTimeKeyAlgorithm> {
    let user_id = user_id.clone();
    fixture.engine.db.read(move |tx| sync::unused_fallback_key_types(tx, &user_id, "PHONE".into())).await.unwrap()
}

#[tokio::test]
async fn the_same_key_again_is_fine_and_another_under_its_name_is_not() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    assert_eq!(put(&fixture, &anna, keys(["a", "b"])).await.unwrap(), UInt::from(2_u8));
    assert_eq!(put(&fixture, &anna, keys(["a", "b"])).await.unwrap(), UInt::from(2_u8));
    let mixed = keys(["new"]).into_iter().chain([key("a", "different")]).collect();
    assert_eq!(code(put(&fixture, &anna, mixed).await), "M_INVALID_PARAM");
    assert_eq!(put(&fixture, &anna, Keys::new()).await.unwrap(), UInt::from(2_u8), "half of it was stored");
}

#[tokio::test]
async fn the_oldest_key_is_given_first() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    put(&fixture, &anna, keys(["z"])).await.unwrap();
    fixture.clock.advance(1);
    put(&fixture, &anna, keys(["a"])).await.unwrap();
    assert_eq!(claim(&fixture.engine, &anna).await.as_deref(), Some("z"));
    assert_eq!(claim(&fixture.engine, &anna).await.as_deref(), Some("a"));
    assert_eq!(claim(&fixture.engine, &anna).await, None);
}

#[tokio::test]
async fn a_key_that_was_given_away_does_not_come_back_with_a_repeated_upload() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    put(&fixture, &anna, keys(["a"])).await.unwrap();
    assert!(claim(&fixture.engine, &anna).await.is_some());
    assert_eq!(put(&fixture, &anna, keys(["a"])).await.unwrap(), UInt::from(0_u8));
    assert_eq!(claim(&fixture.engine, &anna).await, None);
}

#[tokio::test]
async fn a_fallback_key_is_given_when_there_is_no_other_and_stays() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let with_fallback = || KeyUpload { fallback_keys: keys(["fb"]), ..upload(&anna, "PHONE") };
    fixture.engine.upload_keys(with_fallback()).await.unwrap();
    put(&fixture, &anna, keys(["once"])).await.unwrap();
    assert_eq!(unused(&fixture, &anna).await, [OneTimeKeyAlgorithm::SignedCurve25519]);
    assert_eq!(claim(&fixture.engine, &anna).await.as_deref(), Some("once"));
    assert_eq!(unused(&fixture, &anna).await.len(), 1, "it is not used yet");
    for _ in 0..2 {
        assert_eq!(claim(&fixture.engine, &anna).await.as_deref(), Some("fb"));
    }
    assert_eq!(unused(&fixture, &anna).await, []);
    fixture.engine.upload_keys(with_fallback()).await.unwrap();
    assert_eq!(unused(&fixture, &anna).await, [], "the same again is no fresh key");
    let fresh = KeyUpload { fallback_keys: keys(["fb2"]), ..upload(&anna, "PHONE") };
    fixture.engine.upload_keys(fresh).await.unwrap();
    assert_eq!(unused(&fixture, &anna).await.len(), 1);
}

#[tokio::test]
async fn keys_of_a_former_identity_are_thrown_away() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    fixture.publish(&anna, "PHONE", "first").await;
    put(&fixture, &anna, keys(["a"])).await.unwrap();
    fixture.publish(&anna, "PHONE", "second").await;
    assert_eq!(claim(&fixture.engine, &anna).await, None);
}

#[tokio::test]
async fn device_keys_belong_to_the_device_that_is_logged_in() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    for wrong in [device_keys(&anna, "OTHER", "key"), device_keys(&ben, "PHONE", "key")] {
        let upload = KeyUpload { device_keys: Some(wrong), ..upload(&anna, "PHONE") };
        assert_eq!(code(fixture.engine.upload_keys(upload).await), "M_INVALID_PARAM");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn no_key_is_given_twice_however_many_ask_at_once(stock in 0_usize..30, claims in 0_usize..40) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let mut given = runtime.block_on(async {
            let fixture = Fixture::open().await;
            let anna = fixture.person("anna").await;
            let names: Vec<String> = (0..stock).map(|number| format!("k{number}")).collect();
            put(&fixture, &anna, keys(names.iter().map(String::as_str))).await.unwrap();
            let tasks: Vec<_> = (0..claims)
                .map(|_| {
                    let (engine, anna) = (fixture.engine.clone(), anna.clone());
                    tokio::spawn(async move { claim(&engine, &anna).await })
                })
                .collect();
            let mut given = Vec::new();
            for task in tasks {
                given.extend(task.await.unwrap());
            }
            given
        });
        prop_assert_eq!(given.len(), stock.min(claims));
        given.sort();
        given.dedup();
        prop_assert_eq!(given.len(), stock.min(claims));
    }
}

#[tokio::test]
async fn a_device_that_does_not_exist_cannot_keep_keys() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let upload = KeyUpload { one_time_keys: keys(["a"]), ..upload(&anna, "NONE") };
    assert!(matches!(fixture.engine.upload_keys(upload).await, Err(Error::Conflict { .. })));
}
