//! Account data, tags and filters: what clients keep here for themselves.

use ruma::{
    UserId,
    api::client::{
        config::{get_global_account_data, get_room_account_data, set_global_account_data, set_room_account_data},
        filter::{create_filter, get_filter},
        tag::{create_tag, delete_tag, get_tags},
    },
    events::tag::Tags,
    serde::Raw,
};
use serde_json::Value;
use unisono_engine::{Error as EngineError, Session};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(set_global).add(get_global).add(set_of_room).add(get_of_room);
    routes.add(list_tags).add(set_tag).add(remove_tag);
    routes.add(create).add(get);
}

/// All of this is one's own.
fn require_own(session: &Session, user_id: &UserId) -> Result<()> {
    if session.user_id == user_id {
        Ok(())
    } else {
        Err(EngineError::forbidden("this belongs to somebody else").into())
    }
}

/// `PUT /user/{userId}/account_data/{type}`
async fn set_global(call: Call<set_global_account_data::v3::Request>) -> Result<set_global_account_data::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let kind = request.event_type.to_string();
    engine.set_account_data(session.user_id, None, kind, request.data.into_json()).await?;
    Ok(set_global_account_data::v3::Response::new())
}

/// `GET /user/{userId}/account_data/{type}`
async fn get_global(call: Call<get_global_account_data::v3::Request>) -> Result<get_global_account_data::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let content = engine.account_data(session.user_id, None, request.event_type.to_string()).await?;
    Ok(get_global_account_data::v3::Response::new(Raw::from_json(content)))
}

/// `PUT /user/{userId}/rooms/{roomId}/account_data/{type}`
async fn set_of_room(call: Call<set_room_account_data::v3::Request>) -> Result<set_room_account_data::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let kind = request.event_type.to_string();
    engine.set_account_data(session.user_id, Some(request.room_id), kind, request.data.into_json()).await?;
    Ok(set_room_account_data::v3::Response::new())
}

/// `GET /user/{userId}/rooms/{roomId}/account_data/{type}`
async fn get_of_room(call: Call<get_room_account_data::v3::Request>) -> Result<get_room_account_data::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let kind = request.event_type.to_string();
    let content = engine.account_data(session.user_id, Some(request.room_id), kind).await?;
    Ok(get_room_account_data::v3::Response::new(Raw::from_json(content)))
}

/// `GET /user/{userId}/rooms/{roomId}/tags`
async fn list_tags(call: Call<get_tags::v3::Request>) -> Result<get_tags::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let tags = engine.tags(session.user_id, request.room_id).await?;
    let tags: Tags = serde_json::from_value(Value::Object(tags)).map_err(EngineError::internal)?;
    Ok(get_tags::v3::Response::new(tags))
}

/// `PUT /user/{userId}/rooms/{roomId}/tags/{tag}`
async fn set_tag(call: Call<create_tag::v3::Request>) -> Result<create_tag::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    engine.set_tag(session.user_id, request.room_id, request.tag, request.tag_info).await?;
    Ok(create_tag::v3::Response::new())
}

/// `DELETE /user/{userId}/rooms/{roomId}/tags/{tag}`
async fn remove_tag(call: Call<delete_tag::v3::Request>) -> Result<delete_tag::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    engine.remove_tag(session.user_id, request.room_id, request.tag).await?;
    Ok(delete_tag::v3::Response::new())
}

/// `POST /user/{userId}/filter`
async fn create(call: Call<create_filter::v3::Request>) -> Result<create_filter::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let filter_id = engine.create_filter(session.user_id, request.filter).await?;
    Ok(create_filter::v3::Response::new(filter_id))
}

/// `GET /user/{userId}/filter/{filterId}`
async fn get(call: Call<get_filter::v3::Request>) -> Result<get_filter::v3::Response> {
    let Call { engine, session, request, .. } = call;
    require_own(&session, &request.user_id)?;
    let filter = engine.filter(session.user_id, request.filter_id).await?;
    Ok(get_filter::v3::Response::new(filter))
}
