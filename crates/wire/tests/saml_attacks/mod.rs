//! Hostile variants of a valid signed message: what has fooled verifiers of SAML elsewhere, made from any message.
//!
//! Takes a SAML 2.0 `Response` or a WS-Trust `RequestSecurityTokenResponse`, in canonical form, whose assertion is signed. None of
//! the variants may be accepted, not even with the genuine claims. Made to be included in other tests with `#[path]`.
#![allow(dead_code, reason = "each test program uses its own part of this")]

mod algorithms;
mod ids;
mod markup;
pub mod message;
mod surroundings;
mod text;
mod wrapping;

pub use message::Message;
use samesign_wire::saml::Signer;

/// A hostile message.
pub struct Attack {
    /// What it tries.
    pub name: String,
    /// The message, as it would be posted (before Base64).
    pub message: Vec<u8>,
    /// The [`samesign_wire::saml::Refusal`]s that show that it was refused for what it tries, by the names of their variants.
    pub reasons: &'static [&'static str],
}

/// What the attacker wants.
pub struct Forgery<'a> {
    /// The attacker's key, which nobody trusts.
    pub attacker: &'a dyn Signer,
    /// What the genuine message says, such as a name, and what it shall say instead. Each must occur in the assertion's text.
    pub swaps: &'a [(&'a str, &'a str)],
}

/// Every variant of a message.
pub fn attacks(genuine: &str, forgery: &Forgery<'_>) -> Vec<Attack> {
    let message = Message::of(genuine);
    let mut attacks = Attacks(Vec::new());
    wrapping::add(&mut attacks, &message, forgery);
    ids::add(&mut attacks, &message, forgery);
    markup::add(&mut attacks, &message, forgery);
    text::add(&mut attacks, &message, forgery);
    algorithms::add(&mut attacks, &message, forgery);
    surroundings::add(&mut attacks, &message, forgery);
    attacks.0
}

/// The variants made so far.
struct Attacks(Vec<Attack>);

impl Attacks {
    fn add(&mut self, name: impl Into<String>, message: impl Into<Vec<u8>>, reasons: &'static [&'static str]) {
        self.0.push(Attack { name: name.into(), message: message.into(), reasons });
    }
}
