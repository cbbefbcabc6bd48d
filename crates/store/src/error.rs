//! What can go wrong with the database, by what the caller can do about it.

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A uniqueness or other rule of the schema was broken by this write.
    #[error("the row conflicts with another: {0}")]
    Conflict(String),
    /// The disk is full, read-only or failing. Nothing was written.
    #[error("the database cannot be written: {0}")]
    Unavailable(String),
    /// A row does not look as the code expects, or a statement is wrong: a defect.
    #[error("{0}")]
    Defect(String),
    /// The database was made by a newer version, or is not ours.
    #[error("{0}")]
    Incompatible(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, ConstraintViolation, DatabaseBusy, DiskFull, ReadOnly, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(ConstraintViolation) => Self::Conflict(error.to_string()),
            Some(DiskFull | ReadOnly | SystemIoFailure | CannotOpen | DatabaseBusy) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Defect(error.to_string()),
        }
    }
}
