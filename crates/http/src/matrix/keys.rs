//! Keys of devices and people (specification, "Key management API").

use std::collections::BTreeMap;

use ruma::{
    api::client::keys::{
        claim_keys, get_key_changes, get_keys, upload_keys,
        upload_signatures::{self, v3::Failure},
        upload_signing_keys,
    },
    serde::Raw,
};
use serde_json::json;
use unisono_engine::{
    Error as EngineError,
    keys::{KeyUpload, SigningKeys},
    sync::Token,
};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(upload).add(query).add(claim).add(changes).add(upload_signing).add(upload_signed);
}

/// `POST /keys/upload`
async fn upload(call: Call<upload_keys::v3::Request>) -> Result<upload_keys::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let upload_keys::v3::Request { device_keys, one_time_keys, fallback_keys, .. } = request;
    let upload =
        KeyUpload { user_id: session.user_id, device_id: session.device_id, device_keys, one_time_keys, fallback_keys };
    Ok(upload_keys::v3::Response::new(engine.upload_keys(upload).await?))
}

/// `POST /keys/query`
async fn query(call: Call<get_keys::v3::Request>) -> Result<get_keys::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let found = engine.query_keys(session.user_id, request.device_keys).await?;
    let mut response = get_keys::v3::Response::new();
    response.device_keys = found.device_keys;
    response.master_keys = found.master_keys;
    response.self_signing_keys = found.self_signing_keys;
    response.user_signing_keys = found.user_signing_keys;
    response.failures = found.unreachable.into_iter().map(|server| (server, unreachable())).collect();
    Ok(response)
}

/// `POST /keys/claim`
async fn claim(call: Call<claim_keys::v3::Request>) -> Result<claim_keys::v3::Response> {
    let Call { engine, request, .. } = call;
    let server_name = engine.config.server_name.clone();
    let mut failures = BTreeMap::new();
    for user_id in request.one_time_keys.keys() {
        if *user_id.server_name() != *server_name {
            failures.insert(user_id.server_name().to_string(), unreachable());
        }
    }
    let mut response = claim_keys::v3::Response::new(engine.claim_keys(request.one_time_keys).await?);
    response.failures = failures;
    Ok(response)
}

/// What is told of servers that were not asked.
fn unreachable() -> serde_json::Value {
    json!({ "errcode": "M_UNKNOWN", "error": "this server speaks with no other yet" })
}

/// `GET /keys/changes`
async fn changes(call: Call<get_key_changes::v3::Request>) -> Result<get_key_changes::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let (from, to): (Token, Token) = (request.from.parse()?, request.to.parse()?);
    let lists = engine.key_changes(session.user_id, from.position, to.position).await?;
    Ok(get_key_changes::v3::Response::new(lists.changed, lists.left))
}

/// `POST /keys/device_signing/upload`
async fn upload_signing(call: Call<upload_signing_keys::v3::Request>) -> Result<upload_signing_keys::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let upload_signing_keys::v3::Request { auth, master_key, self_signing_key, user_signing_key, .. } = request;
    let keys = SigningKeys { master: master_key, self_signing: self_signing_key, user_signing: user_signing_key };
    if engine.signing_keys_need_proof(session.user_id.clone(), keys.clone()).await? {
        let detail = (
            keys.master.as_ref().map(Raw::json),
            keys.self_signing.as_ref().map(Raw::json),
            keys.user_signing.as_ref().map(Raw::json),
        );
        engine.require_password(&session, "replace cross-signing keys", &detail, auth).await?;
    }
    engine.upload_signing_keys(session.user_id, keys).await?;
    Ok(upload_signing_keys::v3::Response::new())
}

/// `POST /keys/signatures/upload`
async fn upload_signed(call: Call<upload_signatures::v3::Request>) -> Result<upload_signatures::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let signed = request
        .signed_keys
        .iter()
        .map(|(user_id, keys)| {
            let keys = keys.iter().map(|(target, json)| (target.to_owned(), json.to_owned())).collect();
            (user_id.clone(), keys)
        })
        .collect();
    let failures = engine.upload_signatures(session.user_id, signed).await?;
    let mut response = upload_signatures::v3::Response::new();
    for (user_id, failures) in failures {
        let failures = failures
            .into_iter()
            .map(|(target, error)| Ok((target, failure(&error)?)))
            .collect::<Result<BTreeMap<String, Failure>>>()?;
        response.failures.insert(user_id, failures);
    }
    Ok(response)
}

/// An error that concerns one signature.
fn failure(error: &EngineError) -> Result<Failure> {
    let code = match error {
        EngineError::Invalid { code, .. } => code,
        EngineError::NotFound(_) => "M_NOT_FOUND",
        EngineError::TooLarge(_) => "M_TOO_LARGE",
        _ => "M_UNKNOWN",
    };
    let failure = json!({ "errcode": code, "error": error.to_string() });
    Ok(serde_json::from_value(failure).map_err(EngineError::internal)?)
}
