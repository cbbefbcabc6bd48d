//! SQL texts: written once with `$1` parameters, prepared on every engine.

use std::sync::OnceLock;

/// One statement. Made by [`sql!`](crate::sql!), which also puts it into the file's catalogue.
pub struct Sql {
    text: &'static str,
    sqlite: OnceLock<String>,
}

impl Sql {
    pub const fn new(text: &'static str) -> Self {
        Self { text, sqlite: OnceLock::new() }
    }

    /// The text as written, with `$1` parameters (PostgreSQL's form).
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The text for SQLite, which numbers `$2, $1` by first appearance and so would swap them
    /// silently; `?2, ?1` it takes at their word.
    pub(crate) fn for_sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| self.text.replace('$', "?"))
    }
}

/// Declares a file's statements: a static for each, and `CATALOGUE` with all of them.
///
/// ```ignore
/// sql! {
///     FIND_USER = "SELECT ... WHERE user_id = $1";
///     DELETE_USER = "DELETE ...";
/// }
/// ```
#[macro_export]
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* static $name: $crate::Sql = $crate::Sql::new($text);)*

        /// Every statement of this file; one test prepares them all.
        #[cfg(test)]
        pub(crate) static CATALOGUE: &[&$crate::Sql] = &[$(&$name),*];
    };
}
