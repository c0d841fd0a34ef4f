//! The scan itself: whatever is planted is found, in each form and each place.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use samesign_wire::password::NtHash;

use crate::common::Place;
use crate::scan::{Scan, forms};

const PLANTED: &str = "planted canary 7";

#[test]
fn every_form_is_found_in_files() {
    let scan = Scan::passwords(&[PLANTED]);
    let place = Place::new();
    std::fs::create_dir_all(place.path("state/deep")).unwrap();
    let hash = NtHash::of_password(PLANTED);
    for (form, bytes) in forms(hash.expose()) {
        // Beyond the first page, over the edge of one, and with nothing around.
        for before in [0, 4096 - 7, 10_000] {
            let file = place.path("state/deep/agent.db-wal");
            std::fs::write(&file, [vec![b'x'; before], bytes.clone(), vec![0; 5_000]].concat()).unwrap();
            let finds = scan.folder(place.root(), &[]);
            let found = |half: &str| finds.iter().any(|find| find.needle.contains(half) && find.needle.contains(form));
            assert!(found("first half of") && found("second half of"), "{form} after {before} bytes: {finds:?}");
            // Half of one is found too: what is freed loses its beginning.
            std::fs::write(&file, [vec![b'x'; before], bytes[bytes.len() / 2..].to_vec()].concat()).unwrap();
            assert!(!scan.folder(place.root(), &[]).is_empty(), "the second half of {form}");
        }
    }
    for clear in [PLANTED.as_bytes().to_vec(), PLANTED.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
        assert_eq!(scan.bytes("log", &[b"password=", &clear[..]].concat()).len(), 1);
    }
    assert!(scan.folder(place.root(), &["agent.db-wal"]).is_empty(), "what is excepted is not looked at");
    assert!(Scan::passwords(&["another"]).folder(place.root(), &[]).is_empty());
}

#[test]
fn a_hash_in_the_memory_of_a_process_is_found() {
    let hash: String = NtHash::of_password(PLANTED).expose().iter().map(|byte| format!("{byte:02x}")).collect();
    let hold = "import sys\nhash = bytes.fromhex(sys.stdin.readline())\nprint('held', flush=True)\nsys.stdin.read()";
    let mut child = Command::new("/usr/bin/python3").args(["-c", hold]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let scan = Scan::passwords(&[PLANTED]);
    std::thread::sleep(Duration::from_millis(200));
    let (before, _) = scan.memory(child.id());
    writeln!(input, "{hash}").unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut String::new()).unwrap();
    let (after, bytes) = scan.memory(child.id());
    drop(input);
    child.wait().unwrap();
    assert!(before.is_empty(), "{before:?}");
    let found = |form: &str| after.iter().any(|find| find.needle.contains(form));
    assert!(bytes > 1 << 20 && found("the raw hash") && found("lower-case digits"), "{bytes} bytes: {after:?}");
}
