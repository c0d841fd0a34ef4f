//! Against a real domain controller.

use std::net::IpAddr;

use samesign_wire::Secret;

use super::between::{ADDRESS, Between, untouched};
use super::crack;
use super::domain::Domain;
use crate::ad::keytab;
use crate::ad::rpc::{Interface, RpcError, RpcSession};
use crate::ad::sasl::Proof;

/// IDL_DRSBind (MS-DRSR 4.1.3).
const OPNUM_BIND: u16 = 0;

/// The parameters of IDL_DRSBind: the well-known identity of a client that is no domain controller, and what it can do.
pub(super) fn bind_stub() -> Vec<u8> {
    let client = [0x1a, 0x20, 0x4d, 0xe2, 0xd6, 0x4f, 0xd1, 0x11, 0xa3, 0xda, 0x00, 0x00, 0xf8, 0x75, 0xae, 0x0d];
    let mut stub = [&[0, 0, 2, 0][..], &client, &[4, 0, 2, 0]].concat();
    stub.extend([28_u32, 28, 0x0400_0000].into_iter().flat_map(u32::to_le_bytes));
    stub.resize(stub.len() + 24, 0);
    stub
}

async fn opened(domain: &Domain, proof: &Proof<'_>, ntlm: bool) -> Result<RpcSession, RpcError> {
    let address: IpAddr = domain.fact("address").parse().unwrap();
    RpcSession::open(address, domain.fact("host"), domain.fact("domain"), proof, ntlm, Interface::DIRECTORY_REPLICATION).await
}

/// A session answers, which it does only when both sides have the same keys.
async fn answers(session: &mut RpcSession) {
    let answer = session.call(OPNUM_BIND, &bind_stub()).await.unwrap();
    assert!(answer.len() > 28, "{answer:x?}");
    assert_eq!(answer.last_chunk::<4>(), Some(&[0; 4]), "the call succeeded");
    let handle = &answer[answer.len() - 24..answer.len() - 4];
    assert!(handle.iter().any(|byte| *byte != 0), "there is a context handle");
}

#[tokio::test]
async fn a_real_domain_controller_is_called() {
    let domain = Domain::start("rpc-live", 0, "nthash");
    every_proof_opens_a_sealed_session(&domain).await;
    dump(&domain).await;
}

async fn dump(domain: &Domain) {
    let password = Secret::new(domain.account("svc-dirsync", "password").to_owned());
    let proof = Proof::Password { user: domain.account("svc-dirsync", "user"), password: &password };
    let _between = Between::start(domain.fact("address").parse().unwrap(), &[], |number, fragment| {
        println!("CAP {number} {}", fragment.iter().map(|b| format!("{b:02x}")).collect::<String>());
        untouched(fragment)
    })
    .await;
    let mut session = RpcSession::open(ADDRESS.parse().unwrap(), domain.fact("host"), domain.fact("domain"), &proof, false, Interface::DIRECTORY_REPLICATION).await.unwrap();
    println!("KEY {:02x?}", session.session_key().unwrap().as_slice());
    let answer = session.call(OPNUM_BIND, &bind_stub()).await.unwrap();
    println!("ANSWER {:02x?}", answer);
    let handle = &answer[answer.len() - 24..answer.len() - 4];
    let answer = session.call(crack::OPNUM, &crack::stub(handle, 1000)).await.unwrap();
    println!("CRACK {} {:02x?}", answer.len(), &answer[..100]);
    println!("{:?}", crack::results(&answer));
    println!("{:?}", session.call(77, &[1,2,3,4]).await.err());
}

async fn every_proof_opens_a_sealed_session(domain: &Domain) {
    let password = Secret::new(domain.account("svc-dirsync", "password").to_owned());
    let by_password = Proof::Password { user: domain.account("svc-dirsync", "user"), password: &password };
    let mut session = opened(domain, &by_password, false).await.unwrap_or_else(|error| panic!("{error:?}"));
    answers(&mut session).await;
    answers(&mut session).await;
    assert_eq!(session.session_key().unwrap().len(), 32, "an AES-256 key");

    let key = keytab::load(domain.account("svc-samesign", "keytab").as_ref(), "svc-samesign").unwrap_or_else(|error| panic!("{error}"));
    let mut session = opened(domain, &Proof::Key(&key), false).await.unwrap_or_else(|error| panic!("{error:?}"));
    answers(&mut session).await;
}
