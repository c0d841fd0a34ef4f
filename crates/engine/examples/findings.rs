//! Prints how long it takes to find duplicates among addresses, and that the time grows as their number does:
//! `findings 500000 1000000`. Every person has ten addresses; one in a thousand has one that the next person has too.
#![allow(clippy::disallowed_methods, reason = "a measurement needs a clock")]

use std::error::Error;
use std::time::{Duration, Instant};

use samesign_engine::{
    Adopt, AttributesBuilder, Class, Guard, MatchPolicy, ObjectGuid, Policy, Scope, ScopeOu, Slice, SourceObject, plan, review,
};

const ADDRESSES: usize = 10;
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut before: Option<Duration> = None;
    for count in std::env::args().skip(1) {
        let addresses: usize = count.parse()?;
        let (slice, policy) = directory(addresses / ADDRESSES);
        let mut times = Vec::new();
        let mut found = (0, 0, Duration::ZERO);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let planned = plan(&slice, &policy).findings.len();
            let between = Instant::now();
            let reviewed = review(&slice, &policy).len();
            found = (planned, reviewed, between.elapsed());
            times.push(between.duration_since(start));
        }
        // The best of them: whatever else the machine does only adds.
        let time = times.into_iter().min().unwrap_or_default();
        let ratio = before.map_or(0.0, |before| time.as_secs_f64() / before.as_secs_f64());
        let (planned, reviewed, review) = found;
        println!(
            "{{\"addresses\":{addresses},\"plan_ms\":{},\"review_ms\":{},\"found\":{planned},\"reviewed\":{reviewed},\"ratio\":{ratio:.2}}}",
            time.as_millis(),
            review.as_millis()
        );
        before = Some(time);
    }
    Ok(())
}

fn directory(people: usize) -> (Slice, Policy) {
    let base = "OU=Staff,DC=example,DC=com";
    let ou = ScopeOu { configured: base.into(), guid: None, current: Some(base.into()) };
    let policy = Policy {
        scope: Scope { include: vec![ou], exclude: Vec::new() },
        matching: MatchPolicy::Entra,
        adopt: Adopt::Allow,
        guard: Guard::default(),
        dns_domain: "example.com".into(),
        netbios_domain: None,
        verified_domains: vec!["example.com".into()],
        rules: samesign_engine::Rules::default(),
        service: samesign_engine::Service::default(),
    };
    let person = |number: usize| {
        let mut attributes = AttributesBuilder::default();
        for (name, value) in [("sAMAccountName", format!("p{number}")), ("userPrincipalName", format!("p{number}@example.com"))] {
            attributes.add(name, value.as_bytes());
        }
        attributes.add("displayName", format!("Person {number}").as_bytes());
        let shared = usize::from(number.is_multiple_of(1000));
        for at in 0..ADDRESSES {
            let owner = if at == 0 { number + shared } else { number };
            attributes.add("proxyAddresses", format!("smtp:person.{owner}.{at}@example.com").as_bytes());
        }
        let mut guid = [0; 16];
        guid.iter_mut().zip(number.to_le_bytes()).for_each(|(byte, value)| *byte = value);
        SourceObject {
            guid: ObjectGuid::from_bytes(guid),
            dn: format!("CN=p{number},{base}").into(),
            class: Class::User,
            attributes: attributes.build(),
        }
    };
    (Slice { source: (0..people).map(person).collect(), ..Slice::default() }, policy)
}
