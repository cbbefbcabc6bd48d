//! Every statement of every file, so that one test can prepare them all.

#![cfg(test)]

use crate::{
    Sql, account_data, contacts, filters, hub, keys, media, migrate, people, profiles, pushers, rooms, search,
    settings, tx,
};

/// One line a file or folder.
fn all() -> Vec<&'static Sql> {
    let files: &[&[&[&'static Sql]]] = &[
        &[account_data::CATALOGUE],
        &[contacts::CATALOGUE],
        &[filters::CATALOGUE],
        hub::CATALOGUES,
        keys::CATALOGUES,
        &[media::CATALOGUE],
        people::CATALOGUES,
        &[profiles::CATALOGUE],
        &[pushers::CATALOGUE],
        &[search::CATALOGUE],
        rooms::CATALOGUES,
        &[settings::CATALOGUE],
        &[tx::CATALOGUE],
    ];
    files.concat().concat()
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
