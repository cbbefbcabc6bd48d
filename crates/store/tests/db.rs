//! What the database promises, whichever engine runs it.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use unisono_store::{Db, Error, Hint, Tx, settings};

struct Opened {
    db: Db,
    commits: Arc<AtomicUsize>,
    hints: Arc<Mutex<Vec<Hint>>>,
    folder: tempfile::TempDir,
}

fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let (commits, hints) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counted, heard) = (Arc::clone(&commits), Arc::clone(&hints));
    let on_commit = Box::new(move |news: &BTreeSet<Hint>, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        heard.lock().unwrap().extend(news.iter().cloned());
    });
    let db = Db::open_sqlite(folder.path(), on_commit).unwrap();
    Opened { db, commits, hints, folder }
}

fn reopen(folder: &std::path::Path) -> Db {
    Db::open_sqlite(folder, Box::new(|_, _| {})).unwrap()
}

async fn set(db: &Db, name: String, value: &'static str) -> Result<(), Error> {
    db.write(move |tx| settings::set(tx, &name, value)).await
}

async fn find(db: &Db, name: &'static str) -> Option<String> {
    db.read(move |tx| settings::find(tx, name)).await.unwrap()
}

/// A closure that does only this is refused by clippy, and the method itself by the compiler.
fn next_position(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.next_position()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_writers_share_commits() {
    let opened = open();
    let writers = (0..500).map(|number| {
        let db = opened.db.clone();
        tokio::spawn(async move { set(&db, format!("name{number}"), "value").await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    let commits = opened.commits.load(Ordering::SeqCst);
    assert!(commits < 500, "{commits} commits for 500 writers");
    assert_eq!(find(&opened.db, "name499").await.as_deref(), Some("value"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_job_rolls_back_alone() {
    let opened = open();
    let jobs = (0..100).map(|number| {
        let db = opened.db.clone();
        tokio::spawn(async move {
            db.write(move |tx| {
                settings::set(tx, &format!("job{number}"), "done")?;
                tx.hint(Hint::Inbox(number));
                if number % 2 == 0 { Err(Error::Conflict("on purpose".to_owned())) } else { Ok(()) }
            })
            .await
        })
    });
    for (number, job) in jobs.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(job.await.unwrap().is_err(), number % 2 == 0);
    }
    assert_eq!(find(&opened.db, "job42").await, None);
    assert_eq!(find(&opened.db, "job43").await.as_deref(), Some("done"));
    let hints = opened.hints.lock().unwrap();
    assert_eq!(hints.len(), 50, "hints of failed jobs must not be heard");
    assert!(hints.iter().all(|hint| matches!(hint, Hint::Inbox(number) if number % 2 == 1)));
}

#[tokio::test]
async fn a_panic_in_one_job_is_an_error_for_it_and_nobody_else() {
    let opened = open();
    let answer: Result<(), Error> = opened.db.write(|_| panic!("on purpose")).await;
    assert!(matches!(answer, Err(Error::Defect(_))));
    set(&opened.db, "after".to_owned(), "fine").await.unwrap();
    assert_eq!(find(&opened.db, "after").await.as_deref(), Some("fine"));
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let opened = open();
    set(&opened.db, "kept".to_owned(), "yes").await.unwrap();
    let position = opened.db.write(next_position).await.unwrap();
    let again = reopen(opened.folder.path());
    assert_eq!(find(&again, "kept").await.as_deref(), Some("yes"));
    assert_eq!(again.position(), position);
    assert_eq!(again.write(next_position).await.unwrap(), position + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_a_position_without_its_row() {
    let opened = open();
    let db = opened.db.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..300 {
            db.write(|tx| {
                let position = tx.next_position()?;
                settings::set(tx, "newest", &position.to_string())
            })
            .await
            .unwrap();
        }
    });
    while !writer.is_finished() {
        let (position, newest) =
            opened.db.read(|tx| Ok::<_, Error>((tx.position()?, settings::find(tx, "newest")?))).await.unwrap();
        let newest: i64 = newest.map_or(0, |text| text.parse().unwrap());
        assert_eq!(position, newest);
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn readers_cannot_write() {
    let opened = open();
    let answer = opened.db.read(|tx| settings::set(tx, "name", "value")).await;
    assert!(answer.is_err());
    let answer = opened.db.read(next_position).await;
    assert!(matches!(answer, Err(Error::Defect(_))));
}

#[tokio::test]
async fn a_copy_of_the_running_database_is_whole() {
    let opened = open();
    set(&opened.db, "copied".to_owned(), "yes").await.unwrap();
    let target = tempfile::tempdir().unwrap();
    opened.db.backup(&target.path().join("unisono.db")).await.unwrap();
    assert_eq!(find(&reopen(target.path()), "copied").await.as_deref(), Some("yes"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let opened = open();
    let path = opened.folder.path().join("unisono.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute("INSERT INTO migrations (number, name) VALUES (999, 'from the future')", []).unwrap();
    let Err(error) = Db::open_sqlite(opened.folder.path(), Box::new(|_, _| {})) else { panic!("was opened") };
    assert!(matches!(error, Error::Incompatible(_)), "{error}");
}

#[tokio::test]
async fn what_is_left_to_the_end_is_done_in_order_and_only_for_jobs_that_are_kept() {
    use unisono_store::{Sql, args};
    static SET: Sql = Sql::new(
        "INSERT INTO settings (name, value) VALUES ('last', $1) ON CONFLICT (name) DO UPDATE SET value = value || $1",
    );
    let opened = open();
    let answer = opened
        .db
        .write(|tx| {
            tx.execute_last(&SET, args!["lost"])?;
            Err::<(), _>(Error::Conflict("on purpose".to_owned()))
        })
        .await;
    assert!(answer.is_err());
    let job = |text: &'static str| opened.db.write(move |tx| tx.execute_last(&SET, args![text]));
    job("a").await.unwrap();
    opened
        .db
        .write(|tx| {
            tx.execute_last(&SET, args!["b"])?;
            tx.execute_last(&SET, args!["c"])
        })
        .await
        .unwrap();
    assert_eq!(find(&opened.db, "last").await.as_deref(), Some("abc"));
}
