//! `samesign agent run`: the service, started and ended as systemd does it.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use common::{BASE, Place, Serving};

/// A tenant, a configuration, and one person.
fn office(more: &str) -> (Place, Serving) {
    let (place, serving) = Place::with_tenant(more);
    place.write(
        "export.ldif",
        &format!(
            "version: 1\n\ndn: OU=Office365,{BASE}\nobjectClass: organizationalUnit\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAA==\n\n\
             dn: CN=ana,OU=Office365,{BASE}\nobjectClass: user\nobjectGUID: 00000001-0000-4000-8000-000000000000\ncn: ana\n\
             displayName: ana\nsAMAccountName: ana\nuserPrincipalName: ana@contoso.example\nuserAccountControl: 512\n\
             pwdLastSet: 133800000000000000\nunicodePwd:: kpN5RbUYgUNB3j9yZQDU/w==\n"
        ),
    );
    (place, serving)
}

/// Longer than a busy machine takes for anything here.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running service. It is stopped when this value goes.
struct Service {
    child: Child,
    ready: String,
    log: Receiver<String>,
}

impl Service {
    fn start(place: &Place, more: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = place.command(&[&["agent", "run"][..], more].concat());
        let mut child =
            command.envs(settings.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let (sender, log) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        Self { child, ready, log }
    }

    /// Reads the log up to a line that holds the words.
    fn log_until(&self, words: &str) -> Vec<String> {
        let mut log: Vec<String> = Vec::new();
        while !log.last().is_some_and(|line| line.contains(words)) {
            log.push(self.log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("`{words}` never came: {log:#?}")));
        }
        log
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("/bin/kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end; answers the exit code and the rest of the log.
    fn end(mut self) -> (Option<i32>, Vec<String>) {
        let log: Vec<String> = std::iter::from_fn(|| self.log.recv_timeout(PATIENCE).ok()).collect();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_syncs_at_once_says_what_it_did_and_ends_cleanly() {
    let (place, _serving) = office("[passwords]\nenabled = true\n[schedule]\nobjects = \"10s\"\npasswords = \"1s\"\n");
    let service = Service::start(&place, &[], &[]);
    assert!(service.ready.starts_with("agent ready: "), "{:?}", service.ready);
    assert!(
        service.ready.ends_with("export.ldif to contoso.onmicrosoft.com, people every 10s, passwords every 1s\n"),
        "{:?}",
        service.ready
    );
    let log = service.log_until("1 created");
    assert!(log.last().is_some_and(|line| line.contains(" INFO run 1: 1 created")), "{log:#?}");
    assert!(!log.concat().contains("event="), "what is for programs stands in JSON alone: {log:#?}");

    let status = place.json(&["status", "--json"]);
    assert!(status["service"]["holder"].as_str().is_some_and(|holder| holder.contains("process")), "{status}");
    assert_eq!(status["passwords"]["enabled"], true, "{status}");

    service.signal("-TERM");
    let (code, log) = service.end();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(["SIGTERM: ending", "stopped"].iter().all(|words| log.iter().any(|line| line.contains(words))), "{log:#?}");
    assert!(place.json(&["status", "--json"])["service"].is_null(), "an ended service is not shown");
}

#[test]
fn what_fails_is_logged_and_tried_again() {
    let (place, serving) = office("[schedule]\nobjects = \"10s\"\npasswords = \"1s\"\n");
    drop(serving);
    let service = Service::start(&place, &["--log-format", "json"], &[]);
    let log = service.log_until("\"event\":\"failed\"");
    let failed: serde_json::Value = serde_json::from_str(log.last().unwrap()).unwrap();
    assert_eq!(failed["level"], "ERROR", "{failed}");
    assert!(failed["message"].as_str().is_some_and(|text| text.contains("is tried again in") && text.contains("localhost:")), "{failed}");
    let status = place.succeed(&["status"]);
    assert!(status.contains("localhost:"), "the last error is shown: {status}");
    service.signal("-INT");
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn systemd_is_told_when_it_is_ready_and_when_it_ends() {
    let (place, _serving) = office("");
    let socket = place.path("notify");
    let listener = UnixDatagram::bind(&socket).unwrap();
    listener.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let told = || {
        let mut message = [0; 256];
        let length = listener.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).trim().to_owned()
    };
    let service = Service::start(&place, &[], &[("NOTIFY_SOCKET", socket.to_str().unwrap())]);
    assert_eq!(told(), "READY=1");
    service.signal("-TERM");
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn a_second_signal_does_not_wait() {
    let (place, serving) = office("");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    place.write("samesign.toml", &place.read("samesign.toml").replace(&serving.url, &silent_url));
    let service = Service::start(&place, &[], &[]);
    // A tenant that takes the call and says nothing: the request under way does not end.
    let _call = silent.accept().unwrap();
    service.signal("-TERM");
    service.log_until("SIGTERM: ending");
    service.signal("-TERM");
    let (code, log) = service.end();
    assert_eq!(code, Some(1), "{log:#?}");
    assert!(log.concat().contains("SIGTERM again: ended at once"), "{log:#?}");
}

#[test]
fn a_fault_in_the_configuration_ends_it_at_once() {
    let (place, _serving) = office("[schedule]\nobjects = \"1s\"\n");
    let ended = place.run(&["agent", "run"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("`schedule.objects`: is shorter than 10 s"), "{ended:?}");
}
