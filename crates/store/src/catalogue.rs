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

/// A message that is named is found by its name. Walking a conversation for it would make every
/// message dearer than the one before.
#[test]
fn a_named_message_is_never_looked_for_along_its_conversation() {
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    migrate::run(&mut connection).unwrap();
    let mut looked_at = 0;
    for sql in all() {
        let text = sql.for_sqlite();
        if !text.starts_with("SELECT") || !text.contains("FROM remote_messages") || !text.contains("remote_id = ") {
            continue;
        }
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let given = vec![rusqlite::types::Value::Null; plan.parameter_count()];
        let steps = plan.query_map(rusqlite::params_from_iter(given), |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        assert!(steps.iter().any(|step| step.contains("remote_id=?")), "{text}\n{steps:?}");
        looked_at += 1;
    }
    assert!(looked_at >= 3, "the statements are not found any more");
}
