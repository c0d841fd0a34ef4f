//! What the agent and the tenant say to each other, read inside their TLS.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::common::{Place, Serving};

/// Stands between the agent and the tenant; it is stopped when this value goes.
pub struct Wiretap {
    child: Child,
    /// Where the agent finds it.
    pub url: String,
    /// Everything that was said.
    pub record: PathBuf,
}

impl Wiretap {
    /// Needs the tenant's folder to be `tenant`.
    pub fn start(place: &Place, serving: &Serving) -> Self {
        let record = place.path("said-inside-tls");
        let (_, port) = serving.url.rsplit_once(':').unwrap();
        let mut child = Command::new("/usr/bin/python3")
            .args(["-u", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/canary/wiretap.py")])
            .args([&place.path("tenant"), &PathBuf::from(port), &record])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let mut own_port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut own_port).unwrap();
        assert!(!own_port.is_empty(), "the wiretap did not start");
        Self { child, url: format!("https://localhost:{}", own_port.trim()), record }
    }

    /// The password blobs that went by.
    pub fn blobs(&self) -> Vec<String> {
        let said = std::fs::read(&self.record).unwrap();
        let said = String::from_utf8_lossy(&said);
        let blob = |rest: &str| rest.split_once(';').map(|(blob, _)| format!("v1;PPH1_MD4,{blob};"));
        said.split("v1;PPH1_MD4,").skip(1).filter_map(blob).collect()
    }
}

impl Drop for Wiretap {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
