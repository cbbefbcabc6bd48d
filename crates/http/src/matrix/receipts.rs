//! Receipts, read markers and typing.

use ruma::api::client::{
    read_marker::set_read_marker,
    receipt::create_receipt::{self, v3::ReceiptType},
    typing::create_typing_event::{self, v3::Typing},
};
use unisono_engine::{
    Error as EngineError,
    receipts::{Mark, NewMark},
};

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(set_receipt).add(set_markers).add(set_typing);
}

/// `POST /rooms/{roomId}/receipt/{receiptType}/{eventId}`
async fn set_receipt(call: Call<create_receipt::v3::Request>) -> Result<create_receipt::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let mark = match request.receipt_type {
        ReceiptType::Read => Mark::Read,
        ReceiptType::ReadPrivate => Mark::ReadPrivate,
        ReceiptType::FullyRead => Mark::FullyRead,
        other => return Err(EngineError::invalid(format!("there are no receipts of type {other}")).into()),
    };
    let thread = request.thread.as_str().map(ToOwned::to_owned);
    let mark = NewMark { mark, event_id: request.event_id, thread };
    engine.set_marks(request.room_id, session.user_id, vec![mark]).await?;
    Ok(create_receipt::v3::Response::new())
}

/// `POST /rooms/{roomId}/read_markers`
async fn set_markers(call: Call<set_read_marker::v3::Request>) -> Result<set_read_marker::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let marks = [
        (Mark::FullyRead, request.fully_read),
        (Mark::Read, request.read_receipt),
        (Mark::ReadPrivate, request.private_read_receipt),
    ]
    .into_iter()
    .filter_map(|(mark, event_id)| Some(NewMark { mark, event_id: event_id?, thread: None }))
    .collect();
    engine.set_marks(request.room_id, session.user_id, marks).await?;
    Ok(set_read_marker::v3::Response::new())
}

/// `PUT /rooms/{roomId}/typing/{userId}`
async fn set_typing(call: Call<create_typing_event::v3::Request>) -> Result<create_typing_event::v3::Response> {
    let Call { engine, session, request, .. } = call;
    if request.user_id != session.user_id {
        return Err(EngineError::forbidden("nobody types for somebody else").into());
    }
    let time = match request.state {
        Typing::Yes(info) => Some(info.timeout),
        Typing::No => None,
    };
    engine.set_typing(request.room_id, session.user_id, time).await?;
    Ok(create_typing_event::v3::Response::new())
}
