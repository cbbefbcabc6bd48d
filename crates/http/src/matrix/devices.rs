//! A person's devices.

use ruma::{
    MilliSecondsSinceUnixEpoch, UInt,
    api::client::device::{Device, delete_device, delete_devices, get_device, get_devices, update_device},
};
use unisono_engine::people::DeviceRow;

use crate::{Call, Result, routes::Routes};

pub(super) fn add(routes: &mut Routes) {
    routes.add(list).add(get).add(rename).add(delete).add(delete_several);
}

fn wire(row: DeviceRow) -> Device {
    let mut device = Device::new(row.device_id);
    device.display_name = row.display_name;
    device.last_seen_ip = row.last_seen_ip;
    device.last_seen_ts = row.last_seen_at.and_then(|at| UInt::try_from(at).ok()).map(MilliSecondsSinceUnixEpoch);
    device
}

/// `GET /devices`
async fn list(call: Call<get_devices::v3::Request>) -> Result<get_devices::v3::Response> {
    let devices = call.engine.list_devices(call.session.user_id).await?;
    Ok(get_devices::v3::Response::new(devices.into_iter().map(wire).collect()))
}

/// `GET /devices/{deviceId}`
async fn get(call: Call<get_device::v3::Request>) -> Result<get_device::v3::Response> {
    let device = call.engine.get_device(call.session.user_id, call.request.device_id).await?;
    Ok(get_device::v3::Response::new(wire(device)))
}

/// `PUT /devices/{deviceId}`
async fn rename(call: Call<update_device::v3::Request>) -> Result<update_device::v3::Response> {
    let Call { engine, session, request, .. } = call;
    engine.rename_device(session.user_id, request.device_id, request.display_name).await?;
    Ok(update_device::v3::Response::new())
}

/// `DELETE /devices/{deviceId}`
async fn delete(call: Call<delete_device::v3::Request>) -> Result<delete_device::v3::Response> {
    let Call { engine, session, request, .. } = call;
    engine.require_password(&session, "delete device", &request.device_id, request.auth).await?;
    engine.delete_devices(session.user_id, vec![request.device_id]).await?;
    Ok(delete_device::v3::Response::new())
}

/// `POST /delete_devices`
async fn delete_several(call: Call<delete_devices::v3::Request>) -> Result<delete_devices::v3::Response> {
    let Call { engine, session, request, .. } = call;
    engine.require_password(&session, "delete devices", &request.devices, request.auth).await?;
    engine.delete_devices(session.user_id, request.devices).await?;
    Ok(delete_devices::v3::Response::new())
}
