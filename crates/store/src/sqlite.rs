//! SQLite: one writer thread that commits in groups, a few readers beside it.
//!
//! Requests that wait while the disk syncs share the next commit: a `SAVEPOINT` each, one `COMMIT`,
//! one fsync; then all are answered. That is what makes `synchronous=FULL` cheap.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread,
};

use rusqlite::{Connection, OpenFlags, functions::FunctionFlags};
use tokio::sync::oneshot;

use crate::{Error, OnCommit, Result, Tx, migrate, tx::Left};

/// How many jobs may share one commit.
const GROUP: usize = 256;
const READERS: usize = 3;
const FILE: &str = "unisono.db";

/// Tells a job's caller how it ended, once its group is committed (`Ok`) or could not be (`Err`).
type Answer = Box<dyn FnOnce(std::result::Result<(), &Error>) + Send>;
type WriteJob = Box<dyn FnOnce(&mut Tx<'_>) -> Outcome + Send>;
type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// What a write job left behind: whether to keep its changes, and how to answer.
struct Outcome {
    keep: bool,
    answer: Answer,
}

pub(crate) struct Sqlite {
    writer: mpsc::Sender<WriteJob>,
    readers: mpsc::Sender<ReadJob>,
    committed: Arc<AtomicI64>,
    path: PathBuf,
}

impl Sqlite {
    pub(crate) fn open(folder: &Path, on_commit: OnCommit) -> Result<Self> {
        let path = folder.join(FILE);
        let mut connection = connect(
            &path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        migrate::run(&mut connection)?;
        let position: i64 = connection.query_row("SELECT position FROM stream", [], |row| row.get(0))?;
        let committed = Arc::new(AtomicI64::new(position));

        let (writer, jobs) = mpsc::channel();
        let writer_thread = Writer { connection, position, committed: Arc::clone(&committed), on_commit };
        spawn("db-writer", move || writer_thread.run(&jobs))?;

        let (readers, jobs) = mpsc::channel::<ReadJob>();
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..READERS {
            let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            let jobs = Arc::clone(&jobs);
            spawn(&format!("db-reader-{number}"), move || run_reader(&connection, &jobs))?;
        }
        Ok(Self { writer, readers, committed, path })
    }

    pub(crate) fn position(&self) -> i64 {
        self.committed.load(Ordering::Acquire)
    }

    pub(crate) async fn read<T, E, F>(&self, run: F) -> std::result::Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: ReadJob = Box::new(move |connection| {
            // Nobody may be waiting any more: then the answer has no taker, and that is fine.
            drop(answer.send(read_in_snapshot(connection, &run)));
        });
        self.readers.send(job).map_err(|_| stopped())?;
        result.await.map_err(|_| stopped())?
    }

    pub(crate) async fn write<T, E, F>(&self, run: F) -> std::result::Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> std::result::Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: WriteJob = Box::new(move |tx| {
            let outcome = caught(|| run(tx));
            Outcome {
                keep: outcome.is_ok(),
                answer: Box::new(move |committed| {
                    let outcome = match (outcome, committed) {
                        (Ok(_), Err(error)) => Err(Error::Unavailable(error.to_string()).into()),
                        (outcome, _) => outcome,
                    };
                    drop(answer.send(outcome));
                }),
            }
        });
        self.writer.send(job).map_err(|_| stopped())?;
        result.await.map_err(|_| stopped())?
    }

    pub(crate) async fn backup(&self, target: &Path) -> Result<()> {
        let (source, target) = (self.path.clone(), target.to_owned());
        let (answer, result) = oneshot::channel();
        spawn("db-backup", move || drop(answer.send(backup(&source, &target))))?;
        result.await.map_err(|_| stopped())?
    }

    pub(crate) async fn checkpoint(&self) -> Result<()> {
        let path = self.path.clone();
        let (answer, result) = oneshot::channel();
        spawn("db-checkpoint", move || drop(answer.send(checkpoint(&path))))?;
        result.await.map_err(|_| stopped())?
    }
}

/// A panic in one job must not take the thread, and everybody else's requests, with it.
fn caught<T, E: From<Error>>(run: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<T, E> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Error::Defect("a database job panicked".to_owned()).into()))
}

fn stopped() -> Error {
    Error::Unavailable("the database has been closed".to_owned())
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(drop)
        .map_err(|error| Error::Unavailable(format!("no thread for {name}: {error}")))
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(256);
    // SQLite's own knows capitals of ASCII only, and would not find Ödön by "ödön".
    connection.create_scalar_function(
        "lower",
        1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
        |arguments| Ok(arguments.get::<Option<String>>(0)?.map(|text| text.to_lowercase())),
    )?;
    Ok(connection)
}

fn checkpoint(path: &Path) -> Result<()> {
    let connection = connect(path, OpenFlags::default())?;
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

fn backup(source: &Path, target: &Path) -> Result<()> {
    let source = connect(source, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let mut target = Connection::open(target)?;
    let backup = rusqlite::backup::Backup::new(&source, &mut target)?;
    // All pages in one step: a snapshot of one moment, beside which the writer goes on (WAL).
    while backup.step(-1)? != rusqlite::backup::StepResult::Done {
        thread::yield_now();
    }
    Ok(())
}

fn run_reader(connection: &Connection, jobs: &Mutex<mpsc::Receiver<ReadJob>>) {
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        match job {
            Ok(job) => job(connection),
            Err(_) => return,
        }
    }
}

fn read_in_snapshot<T, E: From<Error>>(
    connection: &Connection,
    run: &impl Fn(&mut Tx<'_>) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let transaction = connection.unchecked_transaction().map_err(Error::from)?;
    let result = caught(|| run(&mut Tx::reader(&transaction)));
    transaction.finish().map_err(Error::from)?;
    result
}

struct Writer {
    connection: Connection,
    position: i64,
    committed: Arc<AtomicI64>,
    on_commit: OnCommit,
}

impl Writer {
    fn run(mut self, jobs: &mpsc::Receiver<WriteJob>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                let Ok(job) = jobs.try_recv() else { break };
                group.push(job);
            }
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<WriteJob>) {
        let before = self.position;
        let mut left = Left::default();
        let mut answers = Vec::with_capacity(group.len());
        let result = self.run_group(group, &mut left, &mut answers);
        match &result {
            Ok(()) => {
                self.committed.store(self.position, Ordering::Release);
                (self.on_commit)(&left.hints, self.position);
            }
            Err(error) => {
                self.position = before;
                tracing::error!(error = %error, "could not commit to the database");
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(error = %error, "could not roll back");
                }
            }
        }
        for answer in answers {
            answer(result.as_ref().copied());
        }
    }

    fn run_group(&mut self, group: Vec<WriteJob>, left: &mut Left, answers: &mut Vec<Answer>) -> Result<()> {
        let before = self.position;
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for job in group {
            let mut own = Left::default();
            self.connection.prepare_cached("SAVEPOINT job")?.execute([])?;
            let mut tx = Tx::writer(&self.connection, &mut self.position, &mut own);
            let Outcome { keep, answer } = job(&mut tx);
            answers.push(answer);
            if keep {
                left.append(own);
            } else {
                self.connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
            }
            self.connection.prepare_cached("RELEASE job")?.execute([])?;
        }
        for statement in &left.last {
            statement.run(&self.connection)?;
        }
        if self.position != before {
            self.connection.prepare_cached("UPDATE stream SET position = ?1")?.execute([self.position])?;
        }
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}
