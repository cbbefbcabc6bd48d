//! Figures for Prometheus at `/metrics`: for this machine, for networks that the operator names, or on
//! a listener of its own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use axum::{
    Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use unisono_domain::net::Network;

/// Seconds.
const BUCKETS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];
const UPKEEP: Duration = Duration::from_secs(30);

/// Begins to count. Once a process.
pub fn start(stopping: CancellationToken) -> Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)?
        .install_recorder()
        .context("cannot count")?;
    metrics::gauge!("unisono_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let kept = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
            kept.run_upkeep();
        }
    });
    Ok(handle)
}

#[derive(Clone)]
struct Guarded {
    handle: PrometheusHandle,
    allow: Arc<[Network]>,
}

/// On the main listener: only for who may read it.
pub fn guarded_router(handle: PrometheusHandle, allow: Vec<Network>) -> Router {
    Router::new().route("/metrics", get(guarded)).with_state(Guarded { handle, allow: allow.into() })
}

async fn guarded(
    State(guarded): State<Guarded>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let address = peer.ip().to_canonical();
    // What comes through a proxy on this machine comes from elsewhere.
    let is_direct = !headers.contains_key("x-forwarded-for") && !headers.contains_key(header::FORWARDED);
    let may = is_direct && (address.is_loopback() || guarded.allow.iter().any(|network| network.contains(address)));
    if may { answer(&guarded.handle) } else { StatusCode::NOT_FOUND.into_response() }
}

/// On a listener of its own: for everybody who reaches it.
pub fn open_router(handle: PrometheusHandle) -> Router {
    Router::new()
        .route("/metrics", get(|State(handle): State<PrometheusHandle>| async move { answer(&handle) }))
        .with_state(handle)
}

fn answer(handle: &PrometheusHandle) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
}
