//! Passwords: whose are sent, from where they come, and what became of each.
//!
//! What is *owed* is decided in object runs, from the mirror ([`rules`]), and noted in the transaction that ends them. The password
//! pass then fetches the NT hash of those who are owed, and of nobody else, makes the blob, sends it and notes the outcome. A hash
//! lives from the source's reply to the blob; neither is ever stored.
//!
//! The guard has no class for passwords: each change is one person's own, and harms at most that one. But while the guard holds
//! the plan because another account or another domain is read, or because less can be read, no password is sent at all: the
//! hashes could be those of other people. Where the scope has changed, passwords go on: whoever is outside gets none.

mod domain;
mod evaluate;
mod findings;
mod pass;
mod rules;
mod send;

pub(crate) use domain::Reached;
pub(crate) use evaluate::{Evaluation, evaluate};
pub(crate) use findings::keep_password_findings;
pub(crate) use pass::{PASSWORD_HOLD, PASSWORD_RULES, stamp};
pub(crate) use rules::{MUST_CHANGE, Rules, explained, is_account_enabled, must_change};
pub(crate) use send::{PasswordSender, Ready};
