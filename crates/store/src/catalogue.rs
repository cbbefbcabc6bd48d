//! Every statement of every file, so that one test can prepare them all.

#[cfg(test)]
use crate::{Sql, account_data, filters, hub, keys, media, people, profiles, rooms, settings};

#[cfg(test)]
fn all() -> Vec<&'static Sql> {
    let files =
        &[account_data::CATALOGUE, filters::CATALOGUE, media::CATALOGUE, profiles::CATALOGUE, settings::CATALOGUE];
    [hub::CATALOGUES, keys::CATALOGUES, people::CATALOGUES, rooms::CATALOGUES, files].concat().concat()
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::migrate;

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
}
