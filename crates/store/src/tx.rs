//! One transaction: statements in, rows out.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::{Column, Error, Hint, Result, Sql, Value, sql};

sql! {
    POSITION = "SELECT position FROM stream";
}

/// A transaction that a closure given to [`crate::Db`] works in.
pub struct Tx<'c> {
    connection: &'c Connection,
    writer: Option<Writer<'c>>,
}

struct Writer<'c> {
    /// The last stream position that was given out.
    position: &'c mut i64,
    hints: &'c mut BTreeSet<Hint>,
}

impl<'c> Tx<'c> {
    pub(crate) fn reader(connection: &'c Connection) -> Self {
        Self { connection, writer: None }
    }

    pub(crate) fn writer(connection: &'c Connection, position: &'c mut i64, hints: &'c mut BTreeSet<Hint>) -> Self {
        Self { connection, writer: Some(Writer { position, hints }) }
    }

    /// Runs a statement that returns no rows; gives the number of rows that it changed.
    pub fn execute(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql.for_sqlite())?;
        Ok(statement.execute(rusqlite::params_from_iter(args))?)
    }

    /// The first row, if there is one.
    pub fn find<T>(
        &mut self,
        sql: &Sql,
        args: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql.for_sqlite())?;
        let mut rows = statement.query(rusqlite::params_from_iter(args))?;
        rows.next()?.map(|row| read(&Row(row))).transpose()
    }

    /// The only row of a statement that always has one, such as a count.
    pub fn get<T>(&mut self, sql: &Sql, args: &[Value<'_>], read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
        self.find(sql, args, read)?.ok_or_else(|| Error::Defect(format!("no row from `{}`", sql.text())))
    }

    /// All rows.
    pub fn list<T>(
        &mut self,
        sql: &Sql,
        args: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql.for_sqlite())?;
        let mut rows = statement.query(rusqlite::params_from_iter(args))?;
        let mut list = Vec::new();
        while let Some(row) = rows.next()? {
            list.push(read(&Row(row))?);
        }
        Ok(list)
    }

    /// The next position of the one stream that /sync follows. Positions rise in the order in which
    /// transactions commit; one that is rolled back leaves a gap.
    pub fn next_position(&mut self) -> Result<i64> {
        let Some(writer) = &mut self.writer else {
            return Err(Error::Defect("a reader asked for a stream position".to_owned()));
        };
        *writer.position += 1;
        Ok(*writer.position)
    }

    /// In a writer: the last position given out. In a reader: the last one that its snapshot holds.
    pub fn position(&mut self) -> Result<i64> {
        match &self.writer {
            Some(writer) => Ok(*writer.position),
            None => self.get(&POSITION, &[], |row| row.get(0)),
        }
    }

    /// Tells the bus after the commit, and only then, that there is news.
    pub fn hint(&mut self, hint: Hint) {
        if let Some(writer) = &mut self.writer {
            writer.hints.insert(hint);
        }
    }
}

/// One row of a result; columns are read by their index.
pub struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    pub fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::read(self.0.get_ref(index)?)
    }
}
