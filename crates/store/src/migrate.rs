//! Forward-only migrations, run when the database is opened.

use rusqlite::Connection;

use crate::{Error, Result, search};

/// In the order in which they are run. Never change one that was released: add another.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_people", include_str!("../migrations/0001_people.sql")),
    ("0002_rooms", include_str!("../migrations/0002_rooms.sql")),
    ("0003_keys", include_str!("../migrations/0003_keys.sql")),
    ("0004_hub", include_str!("../migrations/0004_hub.sql")),
    ("0005_media", include_str!("../migrations/0005_media.sql")),
    ("0006_hooks", include_str!("../migrations/0006_hooks.sql")),
    ("0007_contacts", include_str!("../migrations/0007_contacts.sql")),
    ("0008_faces", include_str!("../migrations/0008_faces.sql")),
];

/// Brings the schema up to date, each migration in a transaction of its own.
pub(crate) fn run(connection: &mut Connection) -> Result<()> {
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
    let done: i64 = connection.query_row("SELECT COUNT(*) FROM migrations", [], |row| row.get(0))?;
    let done = usize::try_from(done).unwrap_or_default();
    if done > MIGRATIONS.len() {
        return Err(Error::Incompatible(
            "the database was written by a newer version of Unisono; install that one".to_owned(),
        ));
    }
    for (name, text) in &MIGRATIONS[done..] {
        let transaction = connection.transaction()?;
        transaction
            .execute_batch(&for_sqlite(text))
            .map_err(|error| Error::Defect(format!("migration {name}: {error}")))?;
        transaction.execute("INSERT INTO migrations (name) VALUES (?1)", [name])?;
        transaction.commit()?;
    }
    Ok(())
}

/// Turns the engine-neutral words of our migrations into SQLite's.
fn for_sqlite(text: &str) -> String {
    text.replace("{ID}", "INTEGER PRIMARY KEY AUTOINCREMENT")
        .replace("{POSITION}", "INTEGER PRIMARY KEY")
        .replace("{BYTES}", "BLOB")
        .replace("{CLUSTERED}", "WITHOUT ROWID")
        .replace("{FULL_TEXT_INDEX}", search::SQLITE_INDEX)
}
