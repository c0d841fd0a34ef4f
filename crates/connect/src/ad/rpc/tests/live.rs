//! Against a real domain controller: every way to prove who we are, and every way in which it can fail.

use std::net::IpAddr;

use samesign_wire::Secret;

use super::between::{Between, ENDPOINT_MAPPER, KERBEROS, address, untouched};
use super::crack;
use super::domain::Domain;
use crate::ad::keytab;
use crate::ad::rpc::{Interface, RpcError, RpcSession};
use crate::ad::sasl::{Proof, SaslError};

/// As many as the other tests of this crate have: the domain is then made once for all.
const PEOPLE: usize = 1_000;
/// IDL_DRSBind (MS-DRSR 4.1.3).
const OPNUM_BIND: u16 = 0;

/// The parameters of IDL_DRSBind: the well-known identity of a client that is no domain controller, and what it can do.
fn bind_stub() -> Vec<u8> {
    let client = [0x1a, 0x20, 0x4d, 0xe2, 0xd6, 0x4f, 0xd1, 0x11, 0xa3, 0xda, 0x00, 0x00, 0xf8, 0x75, 0xae, 0x0d];
    let mut stub = [&[0, 0, 2, 0][..], &client, &[4, 0, 2, 0]].concat();
    stub.extend([28_u32, 28, 0x0400_0000].into_iter().flat_map(u32::to_le_bytes));
    stub.resize(stub.len() + 24, 0);
    stub
}

/// An account of the domain, and where its domain controller is sought.
pub struct Client<'a> {
    domain: &'a Domain,
    user: &'a str,
    pub password: Secret,
    address: IpAddr,
    pub host: &'a str,
    pub ntlm: bool,
}

impl<'a> Client<'a> {
    pub fn new(domain: &'a Domain, account: &str) -> Self {
        Self {
            domain,
            user: domain.account(account, "user"),
            password: Secret::new(domain.account(account, "password").to_owned()),
            address: domain.fact("address").parse().unwrap(),
            host: domain.fact("host"),
            ntlm: false,
        }
    }

    pub fn through_the_middle(mut self) -> Self {
        self.address = address();
        self
    }

    pub async fn open(&self) -> Result<RpcSession, RpcError> {
        self.prove(&Proof::Password { user: self.user, password: &self.password }, Interface::DIRECTORY_REPLICATION).await
    }

    async fn prove(&self, proof: &Proof<'_>, interface: Interface) -> Result<RpcSession, RpcError> {
        RpcSession::open(self.address, self.host, self.domain.fact("domain"), proof, self.ntlm, interface).await
    }

    async fn refusal(&self) -> RpcError {
        self.open().await.err().expect("the session must not open")
    }
}

/// Opens a context of replication, and returns its handle.
async fn handle(session: &mut RpcSession) -> Result<Vec<u8>, RpcError> {
    let answer = session.call(OPNUM_BIND, &bind_stub()).await?;
    assert_eq!(answer.last_chunk::<4>(), Some(&[0; 4]), "the call succeeded");
    Ok(answer[answer.len() - 24..answer.len() - 4].to_vec())
}

/// A call with a dozen fragments each way.
pub async fn long_call(session: &mut RpcSession) -> Result<(), RpcError> {
    let handle = handle(session).await?;
    let answer = session.call(crack::OPNUM, &crack::stub(&handle, 1_000)).await?;
    assert!(answer.len() > 10 * 5_840, "{}", answer.len());
    assert_eq!(crack::results(&answer), (1_000, 0));
    Ok(())
}

#[tokio::test]
async fn a_real_domain_controller_is_called_and_its_refusals_are_explained() {
    let domain = Domain::start("rpc-live", PEOPLE, "nthash");
    every_proof_opens_a_sealed_session(&domain).await;
    ntlm_is_used_only_where_it_is_allowed(&domain).await;
    accounts_that_are_refused(&domain).await;
    doors_that_are_closed(&domain).await;
    a_call_that_is_refused_ends_the_session(&domain).await;
    super::meddling::every_meddling_is_noticed(&domain).await;
    super::ldap::every_meddling_is_noticed(&domain).await;
}

/// A service calls from whichever thread is free.
fn sendable<T: Send>(value: T) -> T {
    value
}

async fn every_proof_opens_a_sealed_session(domain: &Domain) {
    let client = Client::new(domain, "svc-dirsync");
    let mut session = sendable(client.open()).await.unwrap();
    sendable(long_call(&mut session)).await.unwrap();
    long_call(&mut session).await.unwrap();
    assert_eq!(session.session_key().unwrap().len(), 32, "an AES-256 key");

    let key = keytab::load(domain.account("svc-samesign", "keytab").as_ref(), "svc-samesign").unwrap();
    let mut session = client.prove(&Proof::Key(&key), Interface::DIRECTORY_REPLICATION).await.unwrap();
    long_call(&mut session).await.unwrap();
}

async fn ntlm_is_used_only_where_it_is_allowed(domain: &Domain) {
    let _without_kerberos = Between::start(domain, &[KERBEROS], |_, fragment| untouched(fragment)).await;
    let mut client = Client::new(domain, "svc-dirsync").through_the_middle();
    let error = client.refusal().await;
    assert!(matches!(error, RpcError::Sasl(SaslError::Kdc(_))), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("port 88") && said.contains("`ntlm = true`"), "{said}");

    client.ntlm = true;
    let mut session = client.open().await.unwrap();
    long_call(&mut session).await.unwrap();
    assert_eq!(session.session_key().unwrap().len(), 16);

    let key = keytab::load(domain.account("svc-samesign", "keytab").as_ref(), "svc-samesign").unwrap();
    let error = client.prove(&Proof::Key(&key), Interface::DIRECTORY_REPLICATION).await.err().unwrap();
    assert!(matches!(error, RpcError::Sasl(SaslError::Kdc(_))), "a key is for Kerberos alone: {error:?}");

    client.password = Secret::new("wrong".to_owned());
    let refused = match client.open().await {
        Ok(mut session) => handle(&mut session).await.err(),
        Err(error) => Some(error),
    };
    assert!(matches!(refused, Some(RpcError::Sasl(SaslError::Credentials(_)))), "{refused:?}");
}

async fn accounts_that_are_refused(domain: &Domain) {
    let mut client = Client::new(domain, "svc-plain");
    // NTLM is allowed, but a refusal by Kerberos is one: asking again would only count towards a lockout.
    client.ntlm = true;
    let refused = async |client: &Client<'_>, expected: &str| {
        let error = client.refusal().await;
        let RpcError::Sasl(SaslError::Credentials(said)) = error else { panic!("{error:?}") };
        assert!(said.contains(expected), "{said}");
    };
    client.password = Secret::new("wrong".to_owned());
    refused(&client, "is wrong").await;
    client.password = Secret::new(" ".to_owned());
    assert_eq!(client.refusal().await.to_string(), "the password is empty");
    client.user = "nobody@corp.example.com";
    client.password = Secret::new("wrong".to_owned());
    refused(&client, "no such account").await;

    let mut client = Client::new(domain, "svc-plain");
    client.host = "dc9.corp.example.com";
    let error = client.refusal().await;
    assert!(matches!(error, RpcError::Sasl(SaslError::Principal)) && error.to_string().contains("servicePrincipalName"), "{error:?}");

    let client = Client::new(domain, "svc-plain");
    domain.change(&["set", "svc-plain", "userAccountControl=512", "pwdLastSet=0"]);
    refused(&client, "the password has expired").await;
    domain.change(&["disable", "svc-plain"]);
    refused(&client, "disabled, expired or locked out").await;
}

async fn doors_that_are_closed(domain: &Domain) {
    let client = Client::new(domain, "svc-dirsync").through_the_middle();
    let ports = |error: &RpcError| match error {
        RpcError::EndpointMapper { .. } => "mapper",
        RpcError::Port { .. } => "service",
        _ => "another",
    };
    {
        let _between = Between::start(domain, &[ENDPOINT_MAPPER], |_, fragment| untouched(fragment)).await;
        let error = client.refusal().await;
        assert!(ports(&error) == "mapper" && error.to_string().contains("open TCP port 135"), "{error:?}");
    }
    {
        let _between = Between::start(domain, &[49152, 49153, 49154], |_, fragment| untouched(fragment)).await;
        let error = client.refusal().await;
        assert!(ports(&error) == "service" && error.to_string().contains("49152 to 65535"), "{error:?}");
    }
    let unknown = Interface { uuid: [7; 16], major: 1, minor: 0 };
    let direct = Client::new(domain, "svc-dirsync");
    let proof = Proof::Password { user: direct.user, password: &direct.password };
    let error = direct.prove(&proof, unknown).await.err().unwrap();
    assert!(matches!(error, RpcError::NotOffered { .. }), "{error:?}");
}

async fn a_call_that_is_refused_ends_the_session(domain: &Domain) {
    let mut session = Client::new(domain, "svc-dirsync").open().await.unwrap();
    let error = session.call(77, &[0; 8]).await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused the RPC call: it has no such operation (0x1c010002)");
    assert!(matches!(session.call(OPNUM_BIND, &bind_stub()).await, Err(RpcError::Closed)));
}
