//! Any bytes as the answer of an endpoint mapper.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::rpc::Interface;
use samesign_wire::rpc::epm::{MapAnswer, map_response};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(MapAnswer::Ports(ports)) = map_response(bytes, &Interface::DIRECTORY_REPLICATION) {
        assert!(ports.iter().all(|port| *port != 0) && ports.len() <= 4);
    }
});
