//! Words for a person, in every language that we speak.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A short text in English and German. The app shows the one that fits its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub en: Cow<'static, str>,
    pub de: Cow<'static, str>,
}

impl Text {
    /// A text that is known when we compile.
    pub const fn new(en: &'static str, de: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), de: Cow::Borrowed(de) }
    }

    /// A text that is put together at run time.
    pub fn owned(en: String, de: String) -> Self {
        Self { en: Cow::Owned(en), de: Cow::Owned(de) }
    }

    /// Words that another party gave us and that we cannot translate, such as a mail server's answer.
    pub fn verbatim(words: &str) -> Self {
        Self::owned(words.to_owned(), words.to_owned())
    }
}
