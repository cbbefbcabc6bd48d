//! `unisono serve`.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use unisono_engine::Engine;
use unisono_http::App;

use crate::{config::Settings, control, logging, metrics, open, stop};

/// How long requests may take to finish when the server ends.
const GRACE: Duration = Duration::from_secs(10);

/// One TLS implementation for the whole process.
pub fn install_tls() -> Result<()> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow!("TLS was set up twice"))
}

pub fn run(settings: Settings) -> Result<()> {
    logging::start(&settings)?;
    install_tls()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(serve(settings));
    // What still waits for the outside world must not hold up the end.
    runtime.shutdown_background();
    result
}

async fn serve(settings: Settings) -> Result<()> {
    let stop_requested = stop::watch()?;
    let Some(lock) = open::lock(&settings.data_dir)? else {
        bail!("another server works in {}", settings.data_dir.display());
    };
    // Before the data are touched: a port that is taken must not leave anything behind.
    let listener = bind(settings.listen).await?;
    let metrics_listener = match settings.metrics_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let engine = open::engine(&settings, &lock).await?;
    let setup_token = engine.open_setup().await?;
    let app = App::new(engine.clone());
    let stopping = app.stopping.clone();
    let figures = metrics::start(stopping.clone())?;

    let mut router = unisono_http::router(&app).merge(health(engine.clone()));
    engine.hub.set_closed(unisono_channels::closed::CLOSED);
    let hub = engine.start_hub(unisono_channels::all()).await?;
    // Said before anybody can find the server ready: connections wait in the listener until then.
    announce(&engine, listener.local_addr()?, setup_token.as_deref());
    let mut services = Vec::new();
    match metrics_listener {
        Some(listener) => {
            services.push(spawn_http(listener, metrics::open_router(figures), stopping.clone()));
        }
        None => router = router.merge(metrics::guarded_router(figures, settings.metrics_allow)),
    }
    services.push(spawn_http(listener, router, stopping.clone()));
    if let Some(listener) = control::listen(&settings.data_dir)? {
        tokio::spawn(control::serve(listener, engine.clone(), stopping.clone()));
    }

    stop_requested.await;
    tracing::info!("stopping");
    stopping.cancel();
    let finish = async {
        for service in services {
            if let Ok(Err(error)) = service.await {
                tracing::warn!(error = %error, "a listener ended badly");
            }
        }
    };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    hub.stop().await;
    if let Err(error) = engine.db.checkpoint().await {
        tracing::warn!(error = %error, "could not tidy the database up; the next start does it");
    }
    drop(lock);
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

fn spawn_http(listener: TcpListener, router: Router, stopping: CancellationToken) -> JoinHandle<std::io::Result<()>> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).with_graceful_shutdown(stopping.cancelled_owned()).await })
}

/// `/healthz`: 200 as long as the database answers.
fn health(engine: Engine) -> Router {
    Router::new().route("/healthz", get(is_healthy)).with_state(engine)
}

async fn is_healthy(State(engine): State<Engine>) -> Response {
    let (status, word) = match engine.needs_setup().await {
        Ok(_) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::error!(error = %error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    };
    (status, [(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-store")], word).into_response()
}

/// The lines on the standard output that tell a person where to go.
fn announce(engine: &Engine, address: SocketAddr, setup_token: Option<&str>) {
    let shown = if address.ip().is_unspecified() {
        SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), address.port())
    } else {
        address
    };
    let base = match &engine.config.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{shown}"),
    };
    let mut text = format!("Unisono ({}) is ready at http://{shown}\n", engine.config.server_name);
    if let Some(token) = setup_token {
        text.push_str(&format!("Nobody has a login yet. Make the first one here: {base}/setup#{token}\n"));
    }
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::warn!(error = %error, "nobody reads the standard output");
    }
}
