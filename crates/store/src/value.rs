//! Parameters and columns, the same for every engine: BIGINT, TEXT, BOOLEAN, bytes and NULL.

use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::{Error, Result};

/// A parameter of a statement. [`args!`](crate::args!) makes a list of them.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A parameter that is kept for later.
#[derive(Clone, Debug)]
pub(crate) enum OwnedValue {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(int) => Self::Int(int),
            Value::Bool(bool) => Self::Bool(bool),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

impl OwnedValue {
    pub(crate) fn borrow(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(int) => Value::Int(*int),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

/// `args![user_id, position]`: the parameters of a statement, anything that is `Into<Value>`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] as &[$crate::Value<'_>] };
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Bool(bool) => ValueRef::Integer(i64::from(*bool)),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

macro_rules! value_from {
    ($($type:ty => $make:expr;)*) => {
        $(impl<'a> From<$type> for Value<'a> {
            fn from(value: $type) -> Self {
                $make(value)
            }
        })*
    };
}

value_from! {
    i64 => Value::Int;
    bool => Value::Bool;
    &'a str => Value::Text;
    &'a String => |text: &'a String| Value::Text(text.as_str());
    &'a [u8] => Value::Bytes;
    &'a Vec<u8> => |bytes: &'a Vec<u8>| Value::Bytes(bytes.as_slice());
    &'a ruma::UserId => |id: &'a ruma::UserId| Value::Text(id.as_str());
    &'a ruma::RoomId => |id: &'a ruma::RoomId| Value::Text(id.as_str());
    &'a ruma::EventId => |id: &'a ruma::EventId| Value::Text(id.as_str());
    &'a ruma::DeviceId => |id: &'a ruma::DeviceId| Value::Text(id.as_str());
    &'a ruma::OwnedUserId => |id: &'a ruma::OwnedUserId| Value::Text(id.as_str());
    &'a ruma::OwnedRoomId => |id: &'a ruma::OwnedRoomId| Value::Text(id.as_str());
    &'a ruma::OwnedEventId => |id: &'a ruma::OwnedEventId| Value::Text(id.as_str());
    &'a ruma::OwnedDeviceId => |id: &'a ruma::OwnedDeviceId| Value::Text(id.as_str());
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// A type that a column is read as.
pub trait Column: Sized {
    fn read(value: ValueRef<'_>) -> Result<Self>;
}

fn mismatch<T>(expected: &str, value: ValueRef<'_>) -> Result<T> {
    Err(Error::Defect(format!("a column holds {} where {expected} was expected", value.data_type())))
}

impl Column for i64 {
    fn read(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Integer(int) => Ok(int),
            other => mismatch("BIGINT", other),
        }
    }
}

impl Column for bool {
    fn read(value: ValueRef<'_>) -> Result<Self> {
        i64::read(value).map(|int| int != 0)
    }
}

impl Column for String {
    fn read(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Text(text) => {
                String::from_utf8(text.to_vec()).map_err(|_| Error::Defect("a TEXT column is not UTF-8".to_owned()))
            }
            other => mismatch("TEXT", other),
        }
    }
}

impl Column for Vec<u8> {
    fn read(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            other => mismatch("bytes", other),
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            other => T::read(other).map(Some),
        }
    }
}

macro_rules! id_column {
    ($($type:ty),*) => {
        $(impl Column for $type {
            fn read(value: ValueRef<'_>) -> Result<Self> {
                let text = String::read(value)?;
                Self::try_from(text).map_err(|error| Error::Defect(format!("a column holds a malformed id: {error}")))
            }
        })*
    };
}

id_column!(ruma::OwnedUserId, ruma::OwnedRoomId, ruma::OwnedEventId);

impl Column for ruma::OwnedDeviceId {
    fn read(value: ValueRef<'_>) -> Result<Self> {
        String::read(value).map(Self::from)
    }
}
