//! Any bytes as they come from an RPC server: framed as the transport frames them, decoded, and cut up for their signature.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::rpc::auth::Parts;
use samesign_wire::rpc::pdu::{HEADER_LENGTH, Header, Pdu};

fuzz_target!(|bytes: &[u8]| {
    let Some(first) = bytes.first_chunk::<HEADER_LENGTH>() else { return };
    let Ok(header) = Header::read(first) else { return };
    let Some(fragment) = bytes.get(..usize::from(header.fragment_length)) else { return };
    if let Ok(pdu) = Pdu::decode(fragment) {
        assert_eq!(pdu.header, header);
        let _ = Parts::of(&mut fragment.to_vec(), header.auth_length);
    }
});
