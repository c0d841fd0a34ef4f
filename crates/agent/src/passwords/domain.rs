//! Passwords from a domain: what changed since the watermark, then whoever is still owed one, one by one; above a thousand of those,
//! everybody from the start.
//!
//! INVARIANT: the watermark that is kept is never ahead of what is noted as owed: both are kept in one transaction, or the
//! watermark alone, when nobody here is owed anything by what it covers. INVARIANT: nobody's hash is decrypted but theirs who get
//! it now.

use samesign_connect::ad::{AdError, Replicated, Replication, SealedPassword, Watermark, replicate};
use samesign_engine::ObjectGuid;

use super::Ready;
use super::pass::without_password;
use super::rules::{NO_PASSWORD, is_enabled};
use crate::agent::Agent;
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::settings::Source;
use crate::state::lease::renew;
use crate::state::password::{PasswordRow, PasswordState, keep_password, keep_watermark};
use crate::turn::Turn;

/// Above so many, everybody is read: a thousand objects come in one reply, single ones in a reply each.
const ONE_BY_ONE_MAX: usize = 1_000;
/// A domain controller that lags, or does not know the object, is asked again after so many seconds.
const LAGGING_PAUSE: i64 = 30;
/// A password that could not be decrypted is asked for again after so many seconds.
const DAMAGED_PAUSE: i64 = 60 * 60;

/// How far a domain was read, beyond what is kept.
pub(crate) struct Reached {
    /// The domain's objectGUID.
    pub partition: String,
    /// How far.
    pub mark: Watermark,
    /// Whether that is kept.
    pub kept: bool,
}

/// A password that is to be sent now.
struct News {
    row: PasswordRow,
    sealed: SealedPassword,
    version: (i64, i64),
}

/// What replication says of one linked person.
#[derive(Default)]
struct Said {
    /// The row, where it changes.
    row: Option<PasswordRow>,
    /// To be sent.
    news: Option<News>,
    /// The mirror is to be asked again: deleted, disabled, enabled.
    notice: bool,
}

impl Agent {
    /// One pass over the domain. The people are given back about whom the mirror says other than replication.
    pub(crate) async fn send_from_domain(&mut self, turn: &mut Option<Turn>, sent: &mut usize) -> Result<Vec<ObjectGuid>, AgentError> {
        let mut notices = Vec::new();
        let kept_open = match self.replication.take() {
            Some(session) => Some(self.pass_over(session, turn, sent, &mut notices).await),
            None => None,
        };
        // A session that failed is not used again. It may have been idle for too long, or its domain controller is gone: another
        // one may answer.
        match kept_open {
            Some(Err(AgentError::Ad(error))) if !matches!(error, AdError::RolledBack { .. } | AdError::WatermarkRefused { .. }) => {
                tracing::debug!(error = crate::report::chain(&error), "replication is connected anew");
                self.connect_and_pass(turn, sent, &mut notices).await?;
            }
            Some(done) => done?,
            None => self.connect_and_pass(turn, sent, &mut notices).await?,
        }
        notices.sort_unstable();
        notices.dedup();
        Ok(notices)
    }

    async fn connect_and_pass(
        &mut self,
        turn: &mut Option<Turn>,
        sent: &mut usize,
        notices: &mut Vec<ObjectGuid>,
    ) -> Result<(), AgentError> {
        let Source::Ad(config) = &self.settings.source else { return Ok(()) };
        let session = replicate(config).await?;
        self.pass_over(session, turn, sent, notices).await
    }

    async fn pass_over(
        &mut self,
        mut session: Replication,
        turn: &mut Option<Turn>,
        sent: &mut usize,
        notices: &mut Vec<ObjectGuid>,
    ) -> Result<(), AgentError> {
        self.pass(&mut session, turn, sent, notices).await?;
        self.replication = Some(session);
        Ok(())
    }

    async fn pass(
        &mut self,
        session: &mut Replication,
        turn: &mut Option<Turn>,
        sent: &mut usize,
        notices: &mut Vec<ObjectGuid>,
    ) -> Result<(), AgentError> {
        let partition = session.identity().domain_guid.to_string();
        let before = self.reached(&partition)?;
        let owed = self.store.count_passwords_due(self.clock.now(), ONE_BY_ONE_MAX + 1)?;
        let mut whole = before.is_none() || owed > ONE_BY_ONE_MAX;
        let mut mark = before.filter(|_| !whole).unwrap_or_else(Watermark::start);
        loop {
            let changes = match session.changes(&mark).await {
                Err(error @ AdError::WatermarkRefused { .. }) if !whole => {
                    tracing::warn!(error = crate::report::chain(&error), "replication begins anew");
                    (whole, mark) = (true, Watermark::start());
                    continue;
                }
                changes => changes?,
            };
            let mut news = Vec::new();
            let mut rows = Vec::new();
            for object in changes.objects {
                let guid = object.guid;
                let Some(anchor) = self.store.anchor_of(&guid)? else { continue };
                let Some(row) = self.store.password(&anchor)? else { continue };
                let said = said(row, object, self.clock.now());
                rows.extend(said.row);
                news.extend(said.news);
                notices.extend(said.notice.then_some(guid));
            }
            // What a whole pass has read counts when it has read everything: whoever comes later is not known to be owed yet.
            let keeps = !whole || !changes.more;
            if !rows.is_empty() {
                self.keep_rows(turn, &rows, keeps.then_some((&*partition, &changes.watermark))).await?;
            }
            if keeps {
                let kept = !rows.is_empty();
                self.reached = Some(Reached { partition: partition.clone(), mark: changes.watermark.clone(), kept });
            }
            self.send_news(session, turn, news, sent).await?;
            mark = changes.watermark;
            if !changes.more {
                break;
            }
        }
        if whole {
            self.keep_reached()?;
        }
        self.send_one_by_one(session, turn, sent, notices).await
    }

    /// How far a domain was read; `None` when it never was.
    fn reached(&self, partition: &str) -> Result<Option<Watermark>, AgentError> {
        match &self.reached {
            Some(reached) if reached.partition == partition => Ok(Some(reached.mark.clone())),
            _ => Ok(self.store.watermark(partition)?.and_then(|bytes| Watermark::from_bytes(&bytes))),
        }
    }

    /// Keeps how far the domain was read, where that is not kept yet. Nobody is owed anything by it.
    pub(crate) fn keep_reached(&mut self) -> Result<(), AgentError> {
        if let Some(Reached { partition, mark, kept }) = self.reached.as_mut().filter(|reached| !reached.kept) {
            self.store.transaction::<_, AgentError>(|transaction| Ok(keep_watermark(transaction, partition, &mark.to_bytes())?))?;
            *kept = true;
        }
        Ok(())
    }

    /// Notes what is owed, with the watermark that covers it.
    async fn keep_rows(
        &mut self,
        turn: &mut Option<Turn>,
        rows: &[PasswordRow],
        mark: Option<(&str, &Watermark)>,
    ) -> Result<(), AgentError> {
        let turn = self.begun(turn).await?;
        let now = self.clock.now();
        self.store.transaction::<_, AgentError>(|transaction| {
            renew(transaction, &mut turn.lease, now)?;
            rows.iter().try_for_each(|row| keep_password(transaction, row))?;
            match mark {
                Some((partition, mark)) => Ok(keep_watermark(transaction, partition, &mark.to_bytes())?),
                None => Ok(()),
            }
        })
    }

    /// Decrypts and sends, a batch at a time, so that few hashes are in memory at once.
    async fn send_news(
        &mut self,
        session: &mut Replication,
        turn: &mut Option<Turn>,
        mut news: Vec<News>,
        sent: &mut usize,
    ) -> Result<(), AgentError> {
        if news.is_empty() {
            return Ok(());
        }
        let features = self.switched_on().await?;
        while !news.is_empty() {
            let rest = news.split_off(news.len().min(self.settings.batch.objects.max(1)));
            let ready = self.opened(session, turn, std::mem::replace(&mut news, rest)).await?;
            let turn = self.begun(turn).await?;
            self.sender(turn, features, sent)?.send(ready).await?;
        }
        Ok(())
    }

    /// Decrypts. One that is damaged is put off; when all are, it is not they that are at fault.
    async fn opened(&mut self, session: &mut Replication, turn: &mut Option<Turn>, news: Vec<News>) -> Result<Vec<Ready>, AgentError> {
        let (mut ready, mut damaged, mut failed) = (Vec::with_capacity(news.len()), Vec::new(), None);
        for News { row, sealed, version } in news {
            match session.open(&sealed) {
                Ok(hash) => ready.push(Ready { row, hash, version: Some(version) }),
                Err(error) => {
                    let now = self.clock.now();
                    let reason = Some(format!("the hash could not be decrypted: {}", crate::report::chain(&error)));
                    damaged.push(PasswordRow {
                        state: PasswordState::Refused,
                        reason,
                        since: now,
                        not_before: now.plus(DAMAGED_PAUSE),
                        ..row
                    });
                    failed = Some(error);
                }
            }
        }
        match failed {
            Some(error) if ready.is_empty() => Err(error.into()),
            Some(_) => self.keep_rows(turn, &damaged, None).await.map(|()| ready),
            None => Ok(ready),
        }
    }

    /// Whoever is owed one that no change brought: after an account was made or enabled, or after a failure.
    async fn send_one_by_one(
        &mut self,
        session: &mut Replication,
        turn: &mut Option<Turn>,
        sent: &mut usize,
        notices: &mut Vec<ObjectGuid>,
    ) -> Result<(), AgentError> {
        let mut due = Vec::new();
        self.store.passwords_due(self.clock.now(), &mut |row| due.push(row))?;
        due.truncate(ONE_BY_ONE_MAX);
        while !due.is_empty() {
            let rest = due.split_off(due.len().min(self.settings.batch.objects.max(1)));
            let (mut news, mut rows) = (Vec::new(), Vec::new());
            for row in std::mem::replace(&mut due, rest) {
                let Some(guid) = self.store.guid_of(&row.anchor)? else { continue };
                let now = self.clock.now();
                let said = match session.object(guid).await? {
                    Some(object) => said_when_asked(row, object, now),
                    None => Said { row: Some(put_off(row, "no domain controller shows the object", now)), ..Said::default() },
                };
                rows.extend(said.row);
                news.extend(said.news);
                notices.extend(said.notice.then_some(guid));
            }
            if !rows.is_empty() {
                self.keep_rows(turn, &rows, None).await?;
            }
            self.send_news(session, turn, news, sent).await?;
        }
        Ok(())
    }
}

/// What a change says of somebody linked.
fn said(row: PasswordRow, object: Replicated, now: Timestamp) -> Said {
    let notice = is_noticed(&row, &object);
    let Some(password) = object.password else { return Said { notice, ..Said::default() } };
    let version = (i64::from(password.version), password.changed);
    let known = row.version.zip(row.changed);
    let wanted = match row.state {
        PasswordState::Withheld => row.reason.as_deref() == Some(NO_PASSWORD) && known.is_none_or(|known| version > known),
        PasswordState::Sent | PasswordState::Refused => known.is_none_or(|known| version > known),
        PasswordState::Owed => known.is_none_or(|known| version >= known),
    };
    if !wanted {
        return Said { notice, ..Said::default() };
    }
    let since = if row.state == PasswordState::Owed { row.since } else { now };
    let (state, not_before) = (PasswordState::Owed, Timestamp(0));
    let row = PasswordRow { state, reason: None, since, not_before, version: Some(version.0), changed: Some(version.1), ..row };
    match password.sealed {
        None => Said { row: Some(without_password(row, now)), news: None, notice },
        // The mirror decides who gets one. It is owed; once the mirror agrees it is asked for again.
        Some(_) if notice => Said { row: Some(row), news: None, notice },
        Some(sealed) => Said { row: Some(row.clone()), news: Some(News { row, sealed, version }), notice },
    }
}

/// What an object says that was asked for because its password is owed.
fn said_when_asked(row: PasswordRow, object: Replicated, now: Timestamp) -> Said {
    let known = row.version.zip(row.changed);
    let version = object.password.as_ref().map(|password| (i64::from(password.version), password.changed));
    if version.zip(known).is_some_and(|(version, known)| version < known) {
        return Said { row: Some(put_off(row, "the domain controller lags behind another", now)), ..Said::default() };
    }
    let without = object.password.is_none() && !object.deleted;
    let row = PasswordRow { state: PasswordState::Owed, ..row };
    match said(row.clone(), object, now) {
        said if without && !said.notice => Said { row: Some(without_password(row, now)), ..said },
        said if said.notice => Said { row: Some(put_off(said.row.unwrap_or(row), "its account has just changed", now)), ..said },
        said => said,
    }
}

/// Whether replication says other than the mirror of what decides who gets a password.
fn is_noticed(row: &PasswordRow, object: &Replicated) -> bool {
    object.deleted
        || object.account_control.is_some_and(|control| is_enabled(control) != row.enabled)
        || object.password_last_set.is_some_and(|set| (set == 0) != row.must_change)
}

/// Still owed, and tried again in a moment.
fn put_off(row: PasswordRow, words: &str, now: Timestamp) -> PasswordRow {
    PasswordRow { state: PasswordState::Owed, reason: Some(words.to_owned()), not_before: now.plus(LAGGING_PAUSE), ..row }
}

#[cfg(test)]
mod tests;
