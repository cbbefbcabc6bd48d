//! One transaction: statements in, rows out.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::{Column, Error, Hint, Result, Sql, Value, sql, value::OwnedValue};

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
    left: &'c mut Left,
}

/// What a job leaves to its group.
#[derive(Default)]
pub(crate) struct Left {
    /// Passed on after the commit.
    pub hints: BTreeSet<Hint>,
    /// Run after all jobs, before the commit.
    pub last: Vec<LastStatement>,
}

pub(crate) struct LastStatement {
    sql: &'static Sql,
    args: Vec<OwnedValue>,
}

impl Left {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.hints.append(&mut other.hints);
        self.last.append(&mut other.last);
    }
}

impl LastStatement {
    pub(crate) fn run(&self, connection: &Connection) -> Result<()> {
        let mut statement = connection.prepare_cached(self.sql.for_sqlite())?;
        statement.execute(rusqlite::params_from_iter(self.args.iter().map(OwnedValue::borrow)))?;
        Ok(())
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn reader(connection: &'c Connection) -> Self {
        Self { connection, writer: None }
    }

    pub(crate) fn writer(connection: &'c Connection, position: &'c mut i64, left: &'c mut Left) -> Self {
        Self { connection, writer: Some(Writer { position, left }) }
    }

    /// Runs a statement that returns no rows; gives the number of rows that it changed.
    pub fn execute(&mut self, sql: &Sql, args: &[Value<'_>]) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(sql.for_sqlite())?;
        Ok(statement.execute(rusqlite::params_from_iter(args))?)
    }

    /// Runs a statement at the end of the transaction, in the order of these calls. For indexes that
    /// nobody reads meanwhile: SQLite's full-text index writes itself out at every savepoint, and so
    /// does it once for a whole group of jobs.
    pub fn execute_last(&mut self, sql: &'static Sql, args: &[Value<'_>]) -> Result<()> {
        let Some(writer) = &mut self.writer else {
            return Err(Error::Defect("a reader wanted to write".to_owned()));
        };
        let args = args.iter().map(|value| OwnedValue::from(*value)).collect();
        writer.left.last.push(LastStatement { sql, args });
        Ok(())
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
            writer.left.hints.insert(hint);
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
