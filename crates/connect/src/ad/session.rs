//! The session loop: requests out, answers in, one request at a time.
//!
//! Entries are handed on as they are taken off the socket, so nothing piles up in memory and a slow reader slows the server.

use bytes::{Bytes, BytesMut};
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapDerefAliases, LdapFilter, LdapMsg, LdapOp, LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchScope};
use tokio_util::codec::Encoder as _;

use super::ber::{MESSAGE_LENGTH_MAX, message_length};
use super::error::{Fault, Refusal};
use super::message::{Entry, Message, decode};
use super::transport::{SILENCE_TIMEOUT, Transport};

/// A connection with its message ids and what has come but was not looked at yet.
pub(crate) struct Session {
    transport: Option<Transport>,
    received: BytesMut,
    last_id: i32,
}

/// A search. Referrals are never followed and aliases never dereferenced.
pub(crate) struct Search {
    pub(crate) base: String,
    pub(crate) scope: LdapSearchScope,
    pub(crate) filter: LdapFilter,
    pub(crate) attributes: Vec<String>,
    pub(crate) controls: Vec<LdapControl>,
}

/// How a search, or one page of it, ended.
pub(crate) struct SearchEnd {
    pub(crate) result: LdapResult,
    /// Where else the server says to look.
    pub(crate) references: Vec<String>,
    /// The cookie for the next page; empty after the last.
    pub(crate) cookie: Vec<u8>,
}

impl Session {
    pub(crate) fn new(transport: Transport) -> Self {
        Self { transport: Some(transport), received: BytesMut::new(), last_id: 0 }
    }

    /// Takes the transport to put a protection on it; `None` when bytes are waiting that came before the protection.
    pub(crate) fn into_transport(self) -> Option<Transport> {
        self.transport.filter(|_| self.received.is_empty())
    }

    /// Sends a request and returns its messageID.
    pub(crate) async fn send(&mut self, op: LdapOp, controls: Vec<LdapControl>) -> Result<i32, Fault> {
        let id = self.next_id();
        let mut bytes = BytesMut::new();
        LdapCodec::new(Some(MESSAGE_LENGTH_MAX), None).encode(LdapMsg::new_with_ctrls(id, op, controls), &mut bytes)?;
        self.send_bytes(&bytes).await?;
        Ok(id)
    }

    /// The messageID of a request that is about to be sent.
    pub(crate) fn next_id(&mut self) -> i32 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let transport = self.transport.as_mut().ok_or(Fault::Closed)?;
        match tokio::time::timeout(SILENCE_TIMEOUT, transport.send(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.lost(error.into())),
            Err(_) => Err(self.lost(Fault::Silent)),
        }
    }

    /// The next message that is not an entry, which must answer request `id`.
    pub(crate) async fn answer(&mut self, id: i32) -> Result<LdapMsg, Fault> {
        let frame = self.frame().await?;
        match decode(&frame).map_err(Fault::from) {
            Ok(Message::Other(message)) => self.check(*message, id),
            Ok(Message::Entry { .. }) => Err(self.lost(Fault::Unexpected)),
            Err(fault) => Err(self.lost(fault)),
        }
    }

    /// Runs one search (or one page of it) to its end; every entry is handed to `each` as it comes.
    pub(crate) async fn search(
        &mut self,
        search: &Search,
        page: Option<LdapControl>,
        mut each: impl FnMut(Entry<'_>),
    ) -> Result<SearchEnd, Fault> {
        let request = LdapSearchRequest {
            base: search.base.clone(),
            scope: search.scope.clone(),
            aliases: LdapDerefAliases::Never,
            sizelimit: 0,
            timelimit: 0,
            typesonly: false,
            filter: search.filter.clone(),
            attrs: search.attributes.clone(),
        };
        let controls = search.controls.iter().cloned().chain(page).collect();
        let id = self.send(LdapOp::SearchRequest(request), controls).await?;
        let mut references = Vec::new();
        loop {
            let frame = self.frame().await?;
            let message = match decode(&frame) {
                Ok(Message::Entry { id: answered, entry }) if answered == id => {
                    each(entry);
                    continue;
                }
                Ok(Message::Other(message)) => self.check(*message, id)?,
                Ok(Message::Entry { .. }) => return Err(self.lost(Fault::Unexpected)),
                Err(error) => return Err(self.lost(error.into())),
            };
            match message.op {
                LdapOp::SearchResultReference(reference) => references.extend(reference.uris),
                LdapOp::SearchResultDone(result) => return Ok(SearchEnd { result, references, cookie: cookie(message.ctrl) }),
                _ => return Err(self.lost(Fault::Unexpected)),
            }
        }
    }

    /// A search whose whole answer is a few entries: each is handed to `each`; a refusal is an error.
    pub(crate) async fn look(&mut self, search: &Search, each: impl FnMut(Entry<'_>)) -> Result<(), Fault> {
        let end = self.search(search, None, each).await?;
        Refusal::of(&end.result).map_or(Ok(()), |refusal| Err(Fault::Refused(refusal)))
    }

    /// Tells the server that the session is over. What it thinks of that does not matter.
    pub(crate) async fn unbind(mut self) {
        let _ = self.send(LdapOp::UnbindRequest, Vec::new()).await;
    }

    fn check(&mut self, message: LdapMsg, id: i32) -> Result<LdapMsg, Fault> {
        if message.msgid == id {
            return Ok(message);
        }
        match message.op {
            LdapOp::ExtendedResponse(notice) if message.msgid == 0 => {
                let refusal = Refusal::of(&notice.res).unwrap_or_else(|| Refusal::unnamed(&notice.res));
                Err(self.lost(Fault::Notice(refusal)))
            }
            _ => Err(self.lost(Fault::Unexpected)),
        }
    }

    /// The next whole message.
    async fn frame(&mut self) -> Result<Bytes, Fault> {
        loop {
            match message_length(&self.received) {
                Ok(Some(length)) if length <= self.received.len() => return Ok(self.received.split_to(length).freeze()),
                Ok(_) => {}
                Err(error) => return Err(self.lost(error.into())),
            }
            let transport = self.transport.as_mut().ok_or(Fault::Closed)?;
            match tokio::time::timeout(SILENCE_TIMEOUT, transport.receive(&mut self.received)).await {
                Ok(Ok(0)) => return Err(self.lost(Fault::Closed)),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(self.lost(error.into())),
                Err(_) => return Err(self.lost(Fault::Silent)),
            }
        }
    }

    /// After a fault nothing that comes can be trusted to belong to a request: the connection is given up.
    fn lost(&mut self, fault: Fault) -> Fault {
        self.transport = None;
        self.received.clear();
        fault
    }
}

/// The cookie of the paged results control (RFC 2696).
fn cookie(controls: Vec<LdapControl>) -> Vec<u8> {
    let mut cookies = controls.into_iter().filter_map(|control| match control {
        LdapControl::SimplePagedResults { cookie, .. } => Some(cookie),
        _ => None,
    });
    cookies.next_back().unwrap_or_default()
}

/// A search for one object.
pub(crate) fn base_search(base: &str, attributes: &[&str]) -> Search {
    Search {
        base: base.to_owned(),
        scope: LdapSearchScope::Base,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        controls: Vec::new(),
    }
}

/// Whether a result is success.
pub(crate) fn succeeded(result: &LdapResult) -> bool {
    result.code == LdapResultCode::Success
}
