//! The database behind two calls, [`Db::read`] and [`Db::write`], and one file of plain functions
//! for each aggregate. Callers never see which engine runs it (ADR 0002).

mod catalogue;
mod db;
mod error;
mod migrate;
mod sql;
mod sqlite;
mod tx;
mod value;

pub mod account_data;
pub mod contacts;
pub mod filters;
pub mod hub;
pub mod keys;
pub mod media;
pub mod people;
pub mod profiles;
pub mod pushers;
pub mod rooms;
pub mod search;
pub mod settings;

pub use self::{
    db::{Db, Hint, OnCommit},
    error::{Error, Result},
    sql::Sql,
    tx::{Row, Tx},
    value::{Column, Value},
};
