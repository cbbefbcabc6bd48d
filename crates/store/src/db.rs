//! The handle that everybody holds.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use ruma::OwnedUserId;

use crate::{Error, Result, Tx, sqlite::Sqlite};

/// News that a committed transaction brought. A hint only wakes somebody up who then reads the
/// store, so a lost one costs time and never data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// This person's syncs have something to fetch.
    User(OwnedUserId),
    /// An account has received something that waits to be worked in.
    Inbox(i64),
    /// A message waits to be sent to a network.
    Outbox,
    /// Connected accounts were added, changed or removed.
    Accounts,
}

/// Called with the hints of a commit and the stream position that it reached, after it is on disk.
pub type OnCommit = Box<dyn Fn(&BTreeSet<Hint>, i64) + Send + Sync>;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Sqlite>,
}

impl Db {
    /// Opens or makes the SQLite database in `folder` and brings its schema up to date.
    pub fn open_sqlite(folder: &Path, on_commit: OnCommit) -> Result<Self> {
        Ok(Self { engine: Arc::new(Sqlite::open(folder, on_commit)?) })
    }

    /// Runs a closure that only reads, on a snapshot of one moment.
    pub async fn read<T, E, F>(&self, run: F) -> std::result::Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.engine.read(run).await
    }

    /// Runs a closure in a write transaction of its own; returns when the commit is on disk. An
    /// error rolls back this closure alone. It may be run more than once and does nothing but SQL
    /// and pure computation.
    pub async fn write<T, E, F>(&self, run: F) -> std::result::Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.engine.write(run).await
    }

    /// The stream position up to which everything is committed.
    pub fn position(&self) -> i64 {
        self.engine.position()
    }

    /// Copies the running database into a new file at `target`, consistent as of one moment.
    pub async fn backup(&self, target: &Path) -> Result<()> {
        self.engine.backup(target).await
    }

    /// Moves all that is committed into the database file itself, so that the next start has nothing
    /// to catch up on.
    pub async fn checkpoint(&self) -> Result<()> {
        self.engine.checkpoint().await
    }
}
