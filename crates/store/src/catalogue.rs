//! Every statement of every file, so that one test can prepare them all.

<<<<<<< HEAD
#[cfg(test)]
use crate::{Sql, account_data, filters, hub, keys, media, people, profiles, rooms, settings};
=======
#![cfg(test)]
>>>>>>> 3a6365c (Add /sync, /messages and /context, each read in one snapshot)

use crate::{Sql, media, migrate, people, profiles, rooms, settings, tx};

/// One line a file or folder.
fn all() -> Vec<&'static Sql> {
<<<<<<< HEAD
    let files =
        &[account_data::CATALOGUE, filters::CATALOGUE, media::CATALOGUE, profiles::CATALOGUE, settings::CATALOGUE];
    [hub::CATALOGUES, keys::CATALOGUES, people::CATALOGUES, rooms::CATALOGUES, files].concat().concat()
=======
    let files: &[&[&[&'static Sql]]] = &[
        &[media::CATALOGUE],
        people::CATALOGUES,
        &[profiles::CATALOGUE],
        rooms::CATALOGUES,
        &[settings::CATALOGUE],
        &[tx::CATALOGUE],
    ];
    files.concat().concat()
>>>>>>> 3a6365c (Add /sync, /messages and /context, each read in one snapshot)
}

#[test]
fn every_statement_can_be_prepared() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    migrate::run(&mut connection).unwrap();
    for sql in all() {
        if let Err(error) = connection.prepare(sql.for_sqlite()) {
            panic!("{error}\n{}", sql.text());
        }
    }
}
