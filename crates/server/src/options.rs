//! What the command line says about the server.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use ruma::OwnedServerName;

#[derive(Args, Debug)]
pub struct Options {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Everything that is kept lies in this folder.
    #[arg(long, value_name = "DIR", env = "UNISONO_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the server listens.
    #[arg(long, value_name = "ADDR:PORT", env = "UNISONO_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The part of user ids behind the colon. Fixed once there is data.
    #[arg(long, value_name = "NAME", env = "UNISONO_SERVER_NAME")]
    pub server_name: Option<OwnedServerName>,
}
