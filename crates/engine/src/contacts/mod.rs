//! The address book: one person behind many handles, by each owner's own word. Everybody whom an owner
//! has a direct chat with is a contact; those who are the same person are put together by hand, or
//! when a suggestion is taken.

mod book;
mod changes;
mod suggestions;
mod ways;

pub use self::{
    book::{Contact, Member, MemberRoom},
    suggestions::Suggestion,
    ways::Way,
};
