use std::collections::BTreeMap;

use ruma::{
    CanonicalJsonObject, OwnedUserId,
    encryption::CrossSigningKey,
    serde::{Base64, Raw, base64::Standard},
    signatures::{Ed25519KeyPair, sign_json},
};
use serde_json::{Value, json, value::RawValue};

use super::{device_object, raw};
use crate::{
    Error,
    fixture::{Fixture, code},
    keys::{KeyUpload, KeysOfPeople, SigningKeys},
};

/// A key pair, named by its public key unless it is a device's.
struct Pair {
    public: String,
    key: Ed25519KeyPair,
}

impl Pair {
    fn new(name: Option<&str>) -> Self {
        let document = Ed25519KeyPair::generate();
        let unnamed = Ed25519KeyPair::from_der(&document, "x".to_owned()).unwrap();
        let public = Base64::<Standard, _>::new(unnamed.public_key().to_vec()).encode();
        let name = name.map_or_else(|| public.clone(), ToOwned::to_owned);
        Self { key: Ed25519KeyPair::from_der(&document, name).unwrap(), public }
    }

    /// The object with a signature of this key.
    fn sign(&self, signer: &OwnedUserId, object: &Value) -> Value {
        let mut object: CanonicalJsonObject = serde_json::from_value(object.clone()).unwrap();
        sign_json(signer.as_str(), &self.key, &mut object).unwrap();
        serde_json::to_value(object).unwrap()
    }

    fn object(&self, user_id: &OwnedUserId, usage: &str) -> Value {
        json!({ "user_id": user_id, "usage": [usage], "keys": { format!("ed25519:{}", self.public): self.public } })
    }
}

/// A person's three key pairs.
struct Identity {
    user_id: OwnedUserId,
    master: Pair,
    self_signing: Pair,
    user_signing: Pair,
}

impl Identity {
    fn new(user_id: &OwnedUserId) -> Self {
        let pair = || Pair::new(None);
        Self { user_id: user_id.clone(), master: pair(), self_signing: pair(), user_signing: pair() }
    }

    fn keys(&self) -> SigningKeys {
        let signed = |pair: &Pair, usage| self.master.sign(&self.user_id, &pair.object(&self.user_id, usage));
        SigningKeys {
            master: Some(raw(&self.master.object(&self.user_id, "master"))),
            self_signing: Some(raw(&signed(&self.self_signing, "self_signing"))),
            user_signing: Some(raw(&signed(&self.user_signing, "user_signing"))),
        }
    }
}

async fn query(fixture: &Fixture, viewer: &OwnedUserId, user_id: &OwnedUserId) -> KeysOfPeople {
    fixture.engine.query_keys(viewer.clone(), [(user_id.clone(), Vec::new())].into()).await.unwrap()
}

fn value<T>(raw: &Raw<T>) -> Value {
    serde_json::from_str(raw.json().get()).unwrap()
}

async fn put_signature(
    fixture: &Fixture,
    signer: &OwnedUserId,
    user_id: &OwnedUserId,
    target: &str,
    object: &Value,
) -> Option<Error> {
    let object: Box<RawValue> = serde_json::value::to_raw_value(object).unwrap();
    let signed = BTreeMap::from([(user_id.clone(), BTreeMap::from([(target.to_owned(), object)]))]);
    let mut failures = fixture.engine.upload_signatures(signer.clone(), signed).await.unwrap();
    failures.remove(user_id)?.remove(target)
}

fn refused(failure: Option<Error>) -> &'static str {
    code(failure.map_or(Ok(()), Err))
}

#[tokio::test]
async fn others_see_master_and_self_signing_key_and_only_i_the_user_signing_key() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    fixture.engine.upload_signing_keys(anna.clone(), Identity::new(&anna).keys()).await.unwrap();
    let his = query(&fixture, &ben, &anna).await;
    assert!(his.master_keys.contains_key(&anna) && his.self_signing_keys.contains_key(&anna));
    assert!(his.user_signing_keys.is_empty());
    assert!(query(&fixture, &anna, &anna).await.user_signing_keys.contains_key(&anna));
}

#[tokio::test]
async fn the_first_keys_need_no_proof_the_same_neither_but_others_do() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let keys = Identity::new(&anna).keys();
    let needs = |keys: &SigningKeys| fixture.engine.signing_keys_need_proof(anna.clone(), keys.clone());
    assert!(!needs(&keys).await.unwrap());
    fixture.engine.upload_signing_keys(anna.clone(), keys.clone()).await.unwrap();
    assert!(!needs(&keys).await.unwrap());
    assert!(needs(&Identity::new(&anna).keys()).await.unwrap());
}

#[tokio::test]
async fn keys_that_the_master_key_has_not_signed_are_refused() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    let (identity, stranger) = (Identity::new(&anna), Identity::new(&anna));
    let upload = |keys| fixture.engine.upload_signing_keys(anna.clone(), keys);
    let foreign = SigningKeys { self_signing: stranger.keys().self_signing, ..identity.keys() };
    assert_eq!(code(upload(foreign).await), "M_INVALID_SIGNATURE");
    assert!(query(&fixture, &anna, &anna).await.master_keys.is_empty(), "half of it was stored");
    let without_master = SigningKeys { master: None, ..identity.keys() };
    assert_eq!(code(upload(without_master.clone()).await), "M_MISSING_PARAM");
    upload(SigningKeys { master: identity.keys().master, ..Default::default() }).await.unwrap();
    upload(without_master).await.unwrap();
}

#[tokio::test]
async fn malformed_keys_are_refused() {
    let fixture = Fixture::open().await;
    let (anna, ben) = (fixture.person("anna").await, fixture.person("ben").await);
    let pair = Pair::new(None);
    let two = json!({ "user_id": anna, "usage": ["master"], "keys": { "ed25519:a": "a", "ed25519:b": "b" } });
    let misnamed = json!({ "user_id": anna, "usage": ["master"], "keys": { "ed25519:other": pair.public } });
    for wrong in [pair.object(&ben, "master"), pair.object(&anna, "self_signing"), two, misnamed, json!({})] {
        let keys = SigningKeys { master: Some(raw::<CrossSigningKey>(&wrong)), ..Default::default() };
        assert_eq!(code(fixture.engine.upload_signing_keys(anna.clone(), keys).await), "M_INVALID_PARAM", "{wrong}");
    }
}

#[tokio::test]
async fn a_new_master_key_makes_the_keys_that_it_has_not_signed_vanish() {
    let fixture = Fixture::open().await;
    let anna = fixture.person("anna").await;
    fixture.engine.upload_signing_keys(anna.clone(), Identity::new(&anna).keys()).await.unwrap();
    let master = SigningKeys { master: Identity::new(&anna).keys().master, ..Default::default() };
    fixture.engine.upload_signing_keys(anna.clone(), master).await.unwrap();
    assert!(query(&fixture, &anna, &anna).await.self_signing_keys.is_empty());
}

/// Anna with published phone and cross-signing keys.
async fn anna(fixture: &Fixture) -> (Identity, Pair, Value) {
    let user_id = fixture.person("anna").await;
    let phone = Pair::new(Some("PHONE"));
    let mut object = device_object(&user_id, "PHONE", &phone.public);
    object["signatures"] = json!({});
    let object = phone.sign(&user_id, &object);
    let device_keys = Some(raw(&object));
    fixture.engine.upload_keys(KeyUpload { device_keys, ..super::upload(&user_id, "PHONE") }).await.unwrap();
    let identity = Identity::new(&user_id);
    fixture.engine.upload_signing_keys(user_id, identity.keys()).await.unwrap();
    (identity, phone, object)
}

#[tokio::test]
async fn everybody_sees_that_i_vouch_for_my_device() {
    let fixture = Fixture::open().await;
    let ben = fixture.person("ben").await;
    let (anna, _, device) = anna(&fixture).await;
    let signed = anna.self_signing.sign(&anna.user_id, &device);
    assert!(put_signature(&fixture, &anna.user_id, &anna.user_id, "PHONE", &signed).await.is_none());
    let seen = query(&fixture, &ben, &anna.user_id).await;
    let seen = value(&seen.device_keys[&anna.user_id][<&ruma::DeviceId>::from("PHONE")]);
    let signatures = &seen["signatures"][anna.user_id.as_str()];
    assert!(signatures[format!("ed25519:{}", anna.self_signing.public)].is_string());
    assert!(signatures["ed25519:PHONE"].is_string(), "its own signature is gone");
    assert_eq!(seen["unsigned"]["device_display_name"], "Phone");
}

#[tokio::test]
async fn a_device_signs_its_owners_master_key() {
    let fixture = Fixture::open().await;
    let ben = fixture.person("ben").await;
    let (anna, phone, _) = anna(&fixture).await;
    let target = anna.master.public.clone();
    let signed = phone.sign(&anna.user_id, &anna.master.object(&anna.user_id, "master"));
    assert!(put_signature(&fixture, &anna.user_id, &anna.user_id, &target, &signed).await.is_none());
    let seen = value(&query(&fixture, &ben, &anna.user_id).await.master_keys[&anna.user_id]);
    assert!(seen["signatures"][anna.user_id.as_str()]["ed25519:PHONE"].is_string());
}

#[tokio::test]
async fn whom_i_have_verified_is_seen_by_me_alone() {
    let fixture = Fixture::open().await;
    let (carl, ben) = (fixture.person("carl").await, fixture.person("ben").await);
    let (anna, ..) = anna(&fixture).await;
    let bens = Identity::new(&ben);
    fixture.engine.upload_signing_keys(ben.clone(), bens.keys()).await.unwrap();
    let target = bens.master.public.clone();
    let signed = anna.user_signing.sign(&anna.user_id, &bens.master.object(&ben, "master"));
    let since = fixture.position();
    assert!(put_signature(&fixture, &anna.user_id, &ben, &target, &signed).await.is_none());
    let has = |found: KeysOfPeople| value(&found.master_keys[&ben])["signatures"].get(anna.user_id.as_str()).is_some();
    assert!(has(query(&fixture, &anna.user_id, &ben).await));
    assert!(!has(query(&fixture, &ben, &ben).await));
    assert!(!has(query(&fixture, &carl, &ben).await));
    let told = fixture.engine.key_changes(anna.user_id.clone(), since, fixture.position()).await.unwrap();
    assert_eq!(told.changed, std::slice::from_ref(&ben), "my other devices ask again");
    let told = fixture.engine.key_changes(ben, since, fixture.position()).await.unwrap();
    assert!(told.changed.is_empty());
}

#[tokio::test]
async fn wrong_signatures_are_refused_one_by_one() {
    let fixture = Fixture::open().await;
    let (anna, phone, device) = anna(&fixture).await;
    let me = &anna.user_id;
    let put = |target: &str, object: Value| {
        let target = target.to_owned();
        let fixture = &fixture;
        async move { refused(put_signature(fixture, me, me, &target, &object).await) }
    };
    let by_stranger = Pair::new(None).sign(me, &device);
    assert_eq!(put("PHONE", by_stranger).await, "M_INVALID_SIGNATURE");
    let mut forged = anna.self_signing.sign(me, &device);
    forged["signatures"][me.as_str()][format!("ed25519:{}", anna.self_signing.public)] = json!("AAAA");
    assert_eq!(put("PHONE", forged).await, "M_INVALID_SIGNATURE");
    let mut other = device.clone();
    other["algorithms"] = json!(["none"]);
    assert_eq!(put("PHONE", anna.self_signing.sign(me, &other)).await, "M_INVALID_PARAM");
    assert_eq!(put("NONE", anna.self_signing.sign(me, &device)).await, "M_NOT_FOUND");
    let wrong_key = phone.sign(me, &anna.master.object(me, "master"));
    let ben = fixture.person("ben").await;
    assert_eq!(refused(put_signature(&fixture, me, &ben, "x", &wrong_key).await), "M_NOT_FOUND");

    // A good one beside a bad one is taken.
    let raw = |object: &Value| serde_json::value::to_raw_value(object).unwrap();
    let good = raw(&anna.self_signing.sign(me, &device));
    let both = BTreeMap::from([("PHONE".to_owned(), good), ("NONE".to_owned(), raw(&device))]);
    let failures = fixture.engine.upload_signatures(me.clone(), BTreeMap::from([(me.clone(), both)])).await.unwrap();
    assert_eq!(failures[me].keys().collect::<Vec<_>>(), ["NONE"]);
    let seen = query(&fixture, me, me).await;
    let seen = value(&seen.device_keys[me][<&ruma::DeviceId>::from("PHONE")]);
    assert_eq!(seen["signatures"][me.as_str()].as_object().unwrap().len(), 2);
}
