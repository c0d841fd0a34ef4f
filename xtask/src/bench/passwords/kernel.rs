//! Blobs a second on one core: our kernel beside OpenSSL, Python and the crate `pbkdf2`, all in the same run.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::super::cargo;
use super::super::table::Row;
use crate::workspace;

/// Each way runs in turn for this long, and all of them this often: what disturbs one turn does not decide.
const SECONDS: &str = "1";
const TURNS: usize = 3;
/// To the better of OpenSSL and Python, where the processor has SHA extensions.
const FASTER_BY: f64 = 5.0;
/// To the crate `pbkdf2`, everywhere; without the extensions it is the same code, so that only noise may differ.
const AS_FAST: f64 = 0.95;

/// Ours, as the example `speed` calls them.
const KERNELS: [&str; 3] = ["Avx512", "ShaExtensions", "Portable"];

/// Both peers in one process: what `hashlib` offers, and the function of libcrypto that `openssl kdf` calls, without a process for each key.
const PEERS: &str = r#"
import ctypes, ctypes.util, hashlib, json, sys, time

PASSWORD, SALT, ITERATIONS, RUN = bytes(64), bytes(10), 1000, 64
crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
crypto.EVP_sha256.restype = ctypes.c_void_p
digest, key = ctypes.c_void_p(crypto.EVP_sha256()), ctypes.create_string_buffer(32)

def openssl():
    crypto.PKCS5_PBKDF2_HMAC(PASSWORD, len(PASSWORD), SALT, len(SALT), ITERATIONS, digest, len(key), key)

def python():
    return hashlib.pbkdf2_hmac("sha256", PASSWORD, SALT, ITERATIONS, len(key))

openssl()
assert key.raw == python()
for way in (openssl, python):
    begin, best = time.perf_counter(), float("inf")
    while time.perf_counter() - begin < float(sys.argv[1]):
        run = time.perf_counter()
        for _ in range(RUN):
            way()
        best = min(best, time.perf_counter() - run)
    print(json.dumps({"way": way.__name__, "keys_per_second": RUN / best}))
"#;

#[derive(Deserialize)]
struct Rate {
    way: String,
    keys_per_second: f64,
}

pub fn run() -> Result<Vec<Row>> {
    cargo(&["build", "--release", "--locked", "-p", "samesign-sha-lanes", "--example", "speed"])?;
    let mut best: BTreeMap<String, f64> = BTreeMap::new();
    for _ in 0..TURNS {
        let ours = rates(Command::new(workspace::target().join("release/examples/speed")).arg(SECONDS))?;
        let peers = rates(Command::new("python3").args(["-c", PEERS, SECONDS]))?;
        for Rate { way, keys_per_second } in ours.into_iter().chain(peers) {
            let known = best.entry(way).or_default();
            *known = known.max(keys_per_second);
        }
    }
    rows(&best)
}

fn rows(best: &BTreeMap<String, f64>) -> Result<Vec<Row>> {
    let rate = |way: &str| best.get(way).copied().with_context(|| format!("no rate of {way}"));
    let ours = KERNELS.iter().filter_map(|kernel| best.get(*kernel)).fold(0.0, |one: f64, other| one.max(*other));
    let peer = rate("openssl")?.max(rate("python")?);
    let mut rows: Vec<Row> = best.iter().map(|(way, rate)| Row::new(format!("blobs on one core: {}", shown(way)), *rate, "/s")).collect();
    let to_peer = Row::new("blobs: ours to the better of OpenSSL and Python", ours / peer, "x");
    // The kernels other than `Portable` are told only where the processor can run them.
    let extended = best.contains_key("ShaExtensions");
    rows.push(if extended { to_peer.at_least(FASTER_BY) } else { to_peer });
    rows.push(Row::new("blobs: ours to the crate pbkdf2", ours / rate("crate")?, "x").at_least(AS_FAST));
    rows.push(Row::new("blobs: ours without extensions to the crate pbkdf2", rate("Portable")? / rate("crate")?, "x").at_least(AS_FAST));
    Ok(rows)
}

fn shown(way: &str) -> &str {
    match way {
        "Avx512" => "AVX-512, 16 lanes",
        "ShaExtensions" => "SHA extensions, 2 lanes",
        "Portable" => "portable",
        "crate" => "the crate pbkdf2",
        "openssl" => "OpenSSL",
        "python" => "Python's hashlib",
        other => other,
    }
}

fn rates(command: &mut Command) -> Result<Vec<Rate>> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(rates: &[(&str, f64)]) -> Vec<bool> {
        let best = rates.iter().map(|(way, rate)| ((*way).to_owned(), *rate)).collect();
        rows(&best).expect("every way is told").iter().map(Row::missed).collect()
    }

    #[test]
    fn a_slow_kernel_misses_its_target() {
        let peers = [("crate", 6_000.0), ("openssl", 2_200.0), ("python", 2_300.0), ("Portable", 6_000.0)];
        let with = |ours: f64| [peers.as_slice(), &[("ShaExtensions", ours)]].concat();
        assert!(!measured(&with(11_600.0)).contains(&true));
        assert_eq!(measured(&with(11_400.0)).iter().filter(|missed| **missed).count(), 1);
        // Without the extensions there is nothing to win.
        assert!(!measured(&peers).contains(&true));
        let slow = [("crate", 6_000.0), ("openssl", 2_200.0), ("python", 2_300.0), ("Portable", 5_000.0)];
        assert_eq!(measured(&slow).iter().filter(|missed| **missed).count(), 2);
    }

    #[test]
    fn both_peers_derive_the_same_key_and_tell_their_rate() {
        let peers = rates(Command::new("python3").args(["-c", PEERS, "0.01"])).expect("python3 and libcrypto are there");
        assert_eq!(peers.iter().map(|rate| rate.way.as_str()).collect::<Vec<_>>(), ["openssl", "python"]);
        assert!(peers.iter().all(|rate| rate.keys_per_second > 0.0));
    }
}
