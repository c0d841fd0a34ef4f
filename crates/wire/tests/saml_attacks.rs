//! The attack corpus against our own verifier: nothing hostile is accepted, and what is accepted says what was signed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "saml_attacks/mod.rs"]
mod attacks;
#[path = "saml_attacks_support/mod.rs"]
mod support;

use std::collections::HashSet;

use attacks::{Forgery, attacks};
use samesign_wire::saml::Presented;
use support::{Key, ana, response, rstr};

const SWAPS: [(&str, &str); 2] = [("bWFuYWdlcg==", "YXR0YWNrZXI="), ("ana@contoso.example", "eve@contoso.example")];

#[test]
fn no_hostile_message_is_accepted() {
    let (trusted, attacker) = (Key::trusted(), Key::attacker());
    let forgery = Forgery { attacker, swaps: &SWAPS };
    for genuine in [response(trusted, false), response(trusted, true), rstr(trusted)] {
        let verified = Presented::read(genuine.as_bytes()).unwrap().verify(&[trusted.public()]).unwrap();
        assert_eq!(verified.assertion(), &ana(verified.version()));
        let all = attacks(&genuine, &forgery);
        let mut names = HashSet::new();
        let mut wrong = Vec::new();
        for attack in &all {
            assert_ne!(attack.message, genuine.as_bytes(), "{} changes nothing", attack.name);
            names.insert(&attack.name);
            match Presented::read(&attack.message).and_then(|presented| presented.verify(&[trusted.public()])) {
                Ok(verified) => wrong.push(format!("accepted: {}\n{:?}", attack.name, verified.assertion())),
                Err(refusal) => {
                    let reason = format!("{refusal:?}");
                    if !attack.reasons.iter().any(|expected| reason.starts_with(expected)) {
                        wrong.push(format!("refused for another reason: {}: {reason}, not {:?}", attack.name, attack.reasons));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
        assert!(names.len() > 400, "only {} different attacks", names.len());
        println!("{} hostile messages, none accepted", all.len());
    }
}
