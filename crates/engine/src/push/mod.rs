//! Who is told of what: push rules, their evaluation, and the apps that want to be told.

mod evaluate;
mod pushers;
mod rules;
mod ruleset;

#[cfg(test)]
mod tests;

pub use self::rules::RuleChange;
pub(crate) use self::{
    evaluate::{News, follow},
    rules::set_default,
    ruleset::RulesCache,
};
