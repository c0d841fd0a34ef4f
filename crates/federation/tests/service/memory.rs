//! What the service keeps: the database, and the audit log.

use std::time::Duration;

use rusqlite::Connection;

use crate::rig::{Rig, password, tenant_request, upn};
use crate::trust;

pub async fn what_ran_out_while_the_service_was_down_is_forgotten(rig: &Rig) {
    let path = rig.folder.path().join("federation.db");
    let old = || {
        let connection = Connection::open(&path).unwrap();
        let count = |table: &str, which: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table} WHERE {which}"), [], |row| row.get(0)).unwrap()
        };
        // The application of a session goes with it.
        count("pending", "until <= 1") + count("used", "until <= 1") + count("session", "until <= 1") + count("application", "json = '{}'")
    };
    for _ in 0..200 {
        if old() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} rows are left", old());
}

pub async fn without_a_log_nobody_is_vouched_for(rig: &Rig) {
    let mut known = rig.browser();
    rig.sign_in(&mut known, 6).await;
    let mut new = rig.browser();
    let form = new.follow(&rig.ls(&tenant_request("x"))).await;
    let (log, aside) = (rig.folder.path().join("audit.jsonl"), rig.folder.path().join("aside.jsonl"));
    std::fs::rename(&log, &aside).unwrap();
    std::fs::create_dir(&log).unwrap();
    let by_session = known.get(&rig.ls(&tenant_request("x"))).await;
    let by_form = new.submit(&form, &[("name", &upn(6)), ("password", &password(6))]).await;
    let by_program = trust::sign_in(rig, 6).await;
    let out = known.get(&rig.ls("wa=wsignout1.0")).await;
    std::fs::remove_dir(&log).unwrap();
    std::fs::rename(&aside, &log).unwrap();
    for refused in [&by_session, &by_form] {
        assert_eq!((refused.status, refused.heading()), (503, "Signing in does not work at the moment"), "{refused:?}");
        assert!(!refused.body.contains("wresult"));
    }
    assert!(!new.is_signed_in(), "{by_form:?}");
    assert!(by_program.status == 500 && !by_program.body.contains("saml:Assertion"), "{by_program:?}");
    assert!(out.status == 200 && !known.is_signed_in(), "whoever leaves may leave: {out:?}");
    // It was used up by who did not get in.
    let again = rig.sign_in(&mut new, 6).await;
    assert!(again.field("wresult").is_some(), "{again:?}");
}
