//! The signing key is replaced while people sign in, and nobody notices.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::stage::{HOST, SUFFIX, Stage};

/// Sign-ins of a run; `cargo xtask drill` asks for ten times as many.
const SIGN_INS: usize = 1_000;
/// Of a hundred sign-ins so many are by form, and as many by ticket; the others are by session.
const PER_CENT_BY_EACH: usize = 5;

/// A new key is made known, then signs, while sign-ins are under way; the old one cannot be forgotten yet.
pub fn a_rotation_fails_no_sign_in(stage: &Stage) {
    let count = std::env::var("SAMESIGN_SIGN_INS").map_or(SIGN_INS, |text| text.parse().expect("SAMESIGN_SIGN_INS is a number"));
    let by_each = count * PER_CENT_BY_EACH / 100;
    let people: Vec<Value> = (0..4).map(Stage::person).map(|one| json!({ "upn": one.upn(), "password": one.password() })).collect();
    let wanted = json!({
        "tenant": stage.tenant.endpoint, "service": stage.origin, "domain": SUFFIX, "people": people,
        "ticket": stage.ticket(&Stage::person(0).account()),
        "forms": by_each, "tickets": by_each, "sessions": count - 2 * by_each,
    });
    let mut command = Command::new("/usr/bin/python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/federation/sign_ins.py"));
    stage.as_client(&mut command, None);
    let mut load = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 with gssapi: run `cargo xtask test`");
    let (mut orders, told) = (load.stdin.take().unwrap(), BufReader::new(load.stdout.take().unwrap()));
    writeln!(orders, "{wanted}").unwrap();

    let mut steps = [(count / 4, "stage"), (count / 2, "activate"), (count * 3 / 4, "retire")].into_iter().peekable();
    let before = thumbprint(stage);
    let mut end = None;
    for line in told.lines().map(Result::unwrap) {
        match serde_json::from_str(&line).unwrap() {
            Value::Number(done) => {
                let done = usize::try_from(done.as_u64().unwrap()).unwrap();
                if let Some((_, step)) = steps.next_if(|(from, _)| done >= *from) {
                    let taken = stage.run(&["federation", "rotate-key", step]);
                    let shown = String::from_utf8_lossy(&taken.stderr);
                    match step {
                        "retire" => assert!(shown.contains("24 hours"), "tokens of the old key are still on their way: {shown}"),
                        _ => assert!(taken.status.success(), "{step}: {shown}"),
                    }
                } else if done >= count && steps.peek().is_none() {
                    // It may be told more than once: the count goes on until the word arrives.
                    let _ = writeln!(orders, "enough");
                }
            }
            summary => end = Some(summary),
        }
    }
    assert!(load.wait().unwrap().success());
    let end = end.expect("a summary");
    println!("sign-ins at {HOST}: {}", end["done"]);
    assert_eq!(end["failures"], json!([]), "every sign-in succeeds");
    for (kind, least) in [("form", by_each), ("ticket", by_each), ("session", count - 2 * by_each - 4)] {
        assert!(end["done"][kind].as_u64().is_some_and(|done| done >= least as u64), "{end}");
    }
    assert_ne!(thumbprint(stage), before, "another key signs");
}

/// Of the key that signs.
fn thumbprint(stage: &Stage) -> String {
    let shown: Value = serde_json::from_str(&stage.succeed(&["federation", "metadata", "--json"])).unwrap();
    shown["certificates"][0].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned()
}
