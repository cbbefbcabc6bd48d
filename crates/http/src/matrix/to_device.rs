//! Messages from device to device (specification, "Send-to-Device messaging").

use ruma::api::client::to_device::send_event_to_device;
use unisono_engine::rooms::ClientTxn;

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(send);
}

/// `PUT /sendToDevice/{eventType}/{txnId}`
async fn send(call: Call<send_event_to_device::v3::Request>) -> Result<send_event_to_device::v3::Response> {
    let Call { engine, session, request, .. } = call;
    let txn = ClientTxn { device_id: session.device_id, txn_id: request.txn_id.to_string() };
    engine.send_to_device(session.user_id, txn, request.event_type.to_string(), request.messages).await?;
    Ok(send_event_to_device::v3::Response::new())
}
