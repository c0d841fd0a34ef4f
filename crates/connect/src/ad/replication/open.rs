//! From a configuration to a session of replication.

use samesign_wire::drsr::{self, Bound};
use samesign_wire::rpc::Interface;

use super::Replication;
use crate::ad::AdConfig;
use crate::ad::connection::{self, Means, Reached};
use crate::ad::error::{AdError, Fault, ServerRefusal};
use crate::ad::rpc::RpcSession;

/// Connects to the first domain controller that answers, as [`connect`](crate::ad::connect) does, and begins to replicate.
///
/// The directory is asked by LDAP who the server is. Replication then proves the account by Kerberos (by NTLM only where the
/// configuration allows it) and is sealed throughout. The session stays with this domain controller; when it fails, begin another.
///
/// # Errors
/// When no domain controller can be used (each with its reason), or the first one that answered refused the account. That the account
/// may not replicate shows with the first call only.
pub async fn replicate(config: &AdConfig) -> Result<Replication, AdError> {
    let (replication, _) =
        connection::first(config, async |means, server| begin(means, server.to_string(), means.reach(server).await?).await).await?;
    Ok(replication)
}

async fn begin(means: &Means<'_>, server: String, reached: Reached) -> Result<Replication, ServerRefusal> {
    let Reached { session: directory, identity, address, read_only } = reached;
    if read_only {
        return Err(ServerRefusal::ReadOnly);
    }
    let (proof, config) = (means.proof()?, means.config());
    let interface = Interface::DIRECTORY_REPLICATION;
    let mut rpc = RpcSession::open(address, &identity.dns_host_name, &config.domain, &proof, config.ntlm, interface).await?;
    let bound = bind(&mut rpc).await?;
    let session_key = rpc.session_key()?;
    let reached = identity.highest_committed_usn;
    Ok(Replication { rpc, handle: bound.handle, session_key, directory, server, identity, reached, opened: 0 })
}

/// IDL_DRSBind; once more when the domain was renamed, with the epoch that the domain controller named.
async fn bind(rpc: &mut RpcSession) -> Result<Bound, ServerRefusal> {
    let mut bound = bind_as(rpc, 0).await?;
    if bound.replication_epoch != 0 {
        rpc.call(drsr::OPNUM_UNBIND, &drsr::encode_unbind(&bound.handle)).await?;
        bound = bind_as(rpc, bound.replication_epoch).await?;
    }
    if bound.takes_request_v8 {
        return Ok(bound);
    }
    Err(ServerRefusal::Wrong(
        "it is older than Windows Server 2003 and cannot replicate single attributes: name another in `servers`".to_owned(),
    ))
}

async fn bind_as(rpc: &mut RpcSession, epoch: u32) -> Result<Bound, ServerRefusal> {
    let stub = rpc.call(drsr::OPNUM_BIND, &drsr::encode_bind(epoch)).await?;
    Ok(drsr::decode_bind_reply(&stub).map_err(Fault::from)?)
}
