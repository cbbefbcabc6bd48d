//! What every use case has at hand.

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use ruma::{OwnedServerName, signatures::Ed25519KeyPair};
use unisono_domain::{Millis, room::Signer};
use unisono_store::{Db, Tx, settings};

use crate::{
    Bus, Clock, Config, Error, Result, Secrets, hub, media::MediaStore, people, push::RulesCache, typing::Typing,
};

/// Things that never change while the server runs.
pub struct Core {
    folder: PathBuf,
    pub config: Config,
    pub signer: Signer,
    pub clock: Arc<dyn Clock>,
    pub secrets: Secrets,
    pub bus: Arc<Bus>,
    pub media: MediaStore,
    pub people: people::Live,
    pub hub: hub::Registry,
    pub typing: Typing,
    pub(crate) rules: RulesCache,
}

impl Core {
    /// Where everything is kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }
}

/// The engine. Cheap to clone; use cases are methods on it, one file each.
#[derive(Clone)]
pub struct Engine {
    pub db: Db,
    core: Arc<Core>,
}

impl Deref for Engine {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl Engine {
    /// Opens everything under `folder`, which is made if it is missing.
    pub async fn open(folder: &Path, config: Config, clock: Arc<dyn Clock>) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Unavailable(format!("cannot make {}: {error}", folder.display())))?;
        let bus = Arc::new(Bus::default());
        let publisher = Arc::clone(&bus);
        let on_commit = Box::new(move |hints: &_, position| publisher.publish(hints, position));
        let db = Db::open_sqlite(folder, on_commit)?;
        let server_name = config.server_name.clone();
        let key = db.write(move |tx| open_identity(tx, server_name.as_str())).await?;
        let signer = Signer { server_name: config.server_name.clone(), key };
        let secrets = Secrets::open(folder)?;
        let media = MediaStore::open(folder)?;
        let (people, typing) = (people::Live::default(), Typing::new(clock.now()));
        let core = Core {
            folder: folder.to_owned(),
            config,
            signer,
            clock,
            secrets,
            bus,
            media,
            people,
            typing,
            hub: hub::Registry::default(),
            rules: RulesCache::default(),
        };
        Ok(Self { db, core: Arc::new(core) })
    }

    /// A handle on the unchanging part, to move into a transaction.
    pub fn core(&self) -> Arc<Core> {
        Arc::clone(&self.core)
    }
}

/// The server name that the data in `folder` belong to, if there are any.
pub async fn find_server_name(folder: &Path) -> Result<Option<OwnedServerName>> {
    if !folder.join("unisono.db").exists() {
        return Ok(None);
    }
    let db = Db::open_sqlite(folder, Box::new(|_, _| {}))?;
    let name = db.read::<_, Error, _>(|tx| Ok(settings::find(tx, "server_name")?)).await?;
    name.map(|name| OwnedServerName::try_from(name).map_err(Error::internal)).transpose()
}

/// The server's name and signing key are made once and kept: events carry both.
fn open_identity(tx: &mut Tx<'_>, server_name: &str) -> Result<Ed25519KeyPair> {
    match settings::find(tx, "server_name")? {
        Some(known) if known != server_name => {
            return Err(Error::invalid(format!(
                "this data belongs to the server name `{known}`, not `{server_name}`; the name cannot be changed"
            )));
        }
        Some(_) => {}
        None => settings::set(tx, "server_name", server_name)?,
    }
    let (version, document) = match settings::find(tx, "signing_key")? {
        Some(stored) => {
            let (version, document) = stored.split_once(' ').ok_or_else(|| Error::internal("signing_key"))?;
            (version.to_owned(), BASE64.decode(document).map_err(Error::internal)?)
        }
        None => {
            let version = format!("a_{:08x}", rand::random::<u32>());
            let document = Ed25519KeyPair::generate().to_vec();
            settings::set(tx, "signing_key", &format!("{version} {}", BASE64.encode(&document)))?;
            (version, document)
        }
    };
    Ed25519KeyPair::from_der(&document, version).map_err(Error::internal)
}
