//! `unisono serve`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow};
use axum::routing::get;
use tokio::net::TcpListener;
use unisono_engine::{Config, Engine, Registration, SystemClock};
use unisono_http::App;

use crate::{options::Options, stop};

pub fn run(options: &Options) -> Result<()> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow!("TLS was set up twice"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<()> {
    let folder = options.data_dir.clone().unwrap_or_else(|| PathBuf::from("data"));
    let listen = options.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8008)));
    let registration = match std::env::var("UNISONO_REGISTRATION").as_deref() {
        Ok("open") => Registration::Open,
        Ok("token") => Registration::Token,
        Ok("off") => Registration::Off,
        _ => Registration::Invite,
    };
    let config = Config {
        server_name: match &options.server_name {
            Some(name) => name.clone(),
            None => ruma::owned_server_name!("localhost"),
        },
        registration,
        rate_limits: std::env::var("UNISONO_RATE_LIMITS").as_deref() != Ok("false"),
        guard: unisono_domain::net::OutboundGuard::default(),
        public_url: None,
        trusted_proxies: Vec::new(),
        max_upload: 100 * 1024 * 1024,
    };
    let engine = Engine::open(&folder, config, Arc::new(SystemClock)).await?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let router = unisono_http::router(&App::new(engine)).route("/healthz", get(|| async { "ok" }));
    println!("Unisono is ready at http://{address}");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async {
            if let Err(error) = stop::requested().await {
                tracing::error!(error = %error, "cannot wait for signals");
            }
        })
        .await?;
    Ok(())
}
