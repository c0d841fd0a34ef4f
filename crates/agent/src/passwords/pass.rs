//! The password pass: whoever is owed a password gets it.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use samesign_connect::ldif::{self, Ending, LdifError};
use samesign_connect::source::{Completeness, Known, NtHash, ReadReport};
use samesign_engine::{Anchor, ObjectGuid, guard, in_scope_among};
use samesign_wire::provisioning::features::{PASSWORD_HASH_SYNC, USER_FORCE_PASSWORD_CHANGE_ON_LOGON};

use super::rules::NO_PASSWORD;
use super::{Evaluation, MUST_CHANGE, PasswordSender, Ready, Rules, evaluate, keep_password_findings};
use crate::agent::Agent;
use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::report::PasswordCounts;
use crate::run::Reads;
use crate::settings::Source;
use crate::state::password::{PasswordRow, PasswordState, keep_password};
use crate::state::{StateError, set_meta};
use crate::turn::Turn;

/// The name under which the rules are remembered by which everybody was last looked at.
pub const PASSWORD_RULES: &str = "password-rules";
/// The name under which the reason is remembered for which no password may be sent.
pub const PASSWORD_HOLD: &str = "password-hold";
/// The name under which the file is remembered that was last read for people who have no password in it.
const FILE_STAMP: &str = "password-file";
/// Hashes on their way from the file's reader to the sender.
const HASHES_ON_THE_WAY: usize = 64;

impl Agent {
    /// Decides who is owed a password, of these people or of everybody. The rows are to be kept with the end of the run.
    pub(crate) async fn evaluate_passwords(
        &self,
        looked_at: Option<&BTreeSet<Anchor>>,
        anew: &BTreeSet<Anchor>,
        reads: &Reads,
        now: Timestamp,
    ) -> Result<(Evaluation, String), AgentError> {
        let before = self.store.meta(PASSWORD_RULES)?.unwrap_or_default();
        let same = |force: bool| before == self.rules_text(force);
        let nobody = looked_at.is_some_and(BTreeSet::is_empty);
        let waits = self.store.any_withheld(MUST_CHANGE)?;
        if nobody && !waits && (same(false) || same(true)) {
            return Ok((Evaluation::default(), before));
        }
        if waits {
            self.features.set(None);
        }
        let force_change = self.features().await? & USER_FORCE_PASSWORD_CHANGE_ON_LOGON != 0;
        let versions_from_mirror = matches!(self.settings.source, Source::Ldif(_));
        let rules = Rules { settings: &self.settings.passwords, force_change, versions_from_mirror };
        // The versions of a file and those of a domain are not of one kind.
        let over = !before.is_empty() && !before.starts_with(self.kind_of_source());
        let looked_at = looked_at.filter(|_| same(force_change));
        let chosen = reads.source.chosen.as_ref().map(|chosen| &chosen.guids);
        let in_scope = in_scope_among(&reads.policy, chosen);
        Ok((evaluate(&self.store, looked_at, anew, &in_scope, &rules, over, now)?, self.rules_text(force_change)))
    }

    fn rules_text(&self, force_change: bool) -> String {
        format!("{} {:?} {force_change}", self.kind_of_source(), self.settings.passwords)
    }

    const fn kind_of_source(&self) -> &'static str {
        match self.settings.source {
            Source::Ldif(_) => "file",
            Source::Ad(_) => "domain",
        }
    }

    /// The feature bits of the tenant, asked for once.
    async fn features(&self) -> Result<i32, AgentError> {
        if let Some(features) = self.features.get() {
            return Ok(features);
        }
        let features = self.entra()?.company_configuration().await?.dirsync_features;
        self.features.set(Some(features));
        Ok(features)
    }

    /// Switches password hash synchronization on at the tenant, when it is off. Gives the feature bits.
    pub(crate) async fn switched_on(&mut self) -> Result<i32, AgentError> {
        let features = self.features().await?;
        if features & PASSWORD_HASH_SYNC != 0 {
            return Ok(features);
        }
        let features = features | PASSWORD_HASH_SYNC;
        self.entra()?.set_dirsync_features(features).await?;
        self.features.set(Some(features));
        let tenant = &self.settings.tenant.tenant;
        tracing::info!(tenant, "password hash synchronization was off and has been switched on");
        self.notes.push(format!("password hash synchronization was off for {tenant} and has been switched on"));
        Ok(features)
    }

    /// Sends what is owed.
    pub(crate) async fn send_owed(&mut self, turn: &mut Option<Turn>) -> Result<PasswordCounts, AgentError> {
        if !self.settings.passwords.enabled {
            return Ok(PasswordCounts::default());
        }
        let mut sent = 0;
        match self.password_hold_in_words()? {
            Some(note) => self.notes.push(note),
            None => drop(self.send_from_source(turn, &mut sent).await?),
        }
        self.password_counts(sent)
    }

    /// Sends what is owed, and tells about whom the mirror says other than the source. A turn is begun when there is something to
    /// write.
    pub(crate) async fn send_from_source(&mut self, turn: &mut Option<Turn>, sent: &mut usize) -> Result<Vec<ObjectGuid>, AgentError> {
        let done = match &self.settings.source {
            Source::Ldif(path) => {
                let path = path.clone();
                self.send_from_file(turn, &path, sent).await.map(|()| Vec::new())
            }
            Source::Ad(_) => self.send_from_domain(turn, sent).await,
        };
        if done.is_err() {
            // Whatever the service refused may be about its switches.
            self.features.set(None);
        }
        if turn.is_some() {
            keep_password_findings(&mut self.store, self.clock.now())?;
        }
        done
    }

    /// Why no password may be sent.
    pub(crate) fn password_hold(&self) -> Result<Option<String>, StateError> {
        if self.settings.staging {
            return Ok(Some(guard::STAGING.to_owned()));
        }
        Ok(self.store.meta(PASSWORD_HOLD)?.filter(|reason| !reason.is_empty()))
    }

    /// The same, for a person.
    pub(crate) fn password_hold_in_words(&self) -> Result<Option<String>, StateError> {
        let words = |reason: String| match reason.as_str() {
            guard::STAGING => "no password is sent: this agent stands by".to_owned(),
            _ => format!("no password is sent while {reason} holds the plan: look at it, and approve it"),
        };
        Ok(self.password_hold()?.filter(|_| self.settings.passwords.enabled).map(words))
    }

    /// How passwords stand.
    pub(crate) fn password_counts(&self, sent: usize) -> Result<PasswordCounts, AgentError> {
        let tally = self.store.password_tally()?;
        Ok(PasswordCounts { sent, owed: tally.owed, withheld: tally.withheld, refused: tally.refused })
    }

    async fn send_from_file(&mut self, turn: &mut Option<Turn>, path: &Path, sent: &mut usize) -> Result<(), AgentError> {
        let now = self.clock.now();
        let mut rows = Vec::new();
        self.store.passwords_due(now, &mut |row| rows.push(row))?;
        let stamp = stamp(path);
        let read_before = stamp.is_some() && self.store.meta(FILE_STAMP)? == stamp;
        if !read_before {
            self.store.passwords(&mut |row| {
                if row.state == PasswordState::Withheld && row.reason.as_deref() == Some(NO_PASSWORD) {
                    rows.push(row);
                }
            })?;
        }
        let mut due = HashMap::with_capacity(rows.len());
        for row in rows {
            if let Some(guid) = self.store.guid_of(&row.anchor)? {
                due.insert(guid, row);
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let features = self.switched_on().await?;
        let turn = self.begun(turn).await?;
        let (report, absent) = self.sender(turn, features, sent)?.send_read(path.to_owned(), due).await?;
        if report.completeness == Completeness::Complete {
            self.store.transaction::<_, StateError>(|transaction| {
                for row in absent {
                    keep_password(transaction, &without_password(row, now))?;
                }
                set_meta(transaction, FILE_STAMP, stamp.as_deref().unwrap_or_default())
            })?;
        }
        Ok(())
    }

    /// A sender for this turn.
    pub(crate) fn sender<'a>(
        &'a mut self,
        turn: &'a mut Turn,
        features: i32,
        sent: &'a mut usize,
    ) -> Result<PasswordSender<'a>, AgentError> {
        let entra = self.entra()?;
        let Self { store, clock, halt, settings, .. } = self;
        Ok(PasswordSender {
            store,
            entra,
            lease: &mut turn.lease,
            clock: &**clock,
            halt: halt as &Cell<bool>,
            run: turn.run,
            batch: settings.batch.objects,
            force_change: features & USER_FORCE_PASSWORD_CHANGE_ON_LOGON != 0,
            sent,
        })
    }
}

impl PasswordSender<'_> {
    /// Reads a file and sends the passwords of those who are owed one, while it is read. Gives back who has none in the file.
    async fn send_read(
        &mut self,
        path: PathBuf,
        mut due: HashMap<ObjectGuid, PasswordRow>,
    ) -> Result<(ReadReport, Vec<PasswordRow>), AgentError> {
        let wanted: HashSet<ObjectGuid> = due.keys().copied().collect();
        let (hand_over, mut hashes) = tokio::sync::mpsc::channel::<(ObjectGuid, NtHash)>(HASHES_ON_THE_WAY);
        let reading = tokio::task::spawn_blocking(move || -> Result<ReadReport, LdifError> {
            // Nobody listens any more after a failure; what is read then is dropped, and wiped with that.
            let mut sink = |guid, hash| {
                if wanted.contains(&guid) {
                    drop(hand_over.blocking_send((guid, hash)));
                }
            };
            ldif::read(&path, &[], &Known::new(), Ending::Any, &mut |_| {}, Some(&mut sink))
        });
        let mut ready = Vec::with_capacity(self.batch);
        while let Some((guid, hash)) = hashes.recv().await {
            let Some(row) = due.remove(&guid) else { continue };
            ready.push(Ready { version: row.version.zip(row.changed), row, hash });
            if ready.len() >= self.batch {
                self.send(std::mem::replace(&mut ready, Vec::with_capacity(self.batch))).await?;
            }
        }
        let report = match reading.await {
            Ok(report) => report?,
            Err(error) => return Err(LdifError::Read(std::io::Error::other(error)).into()),
        };
        self.send(ready).await?;
        Ok((report, due.into_values().collect()))
    }
}

/// The row of somebody for whom the source holds no password.
pub(super) fn without_password(row: PasswordRow, now: Timestamp) -> PasswordRow {
    let since = if row.state == PasswordState::Withheld { row.since } else { now };
    PasswordRow { state: PasswordState::Withheld, reason: Some(NO_PASSWORD.to_owned()), since, ..row }
}

/// By what a file is recognised that has not changed since.
pub(crate) fn stamp(path: &Path) -> Option<String> {
    let file = std::fs::metadata(path).ok()?;
    let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", file.len(), modified.as_nanos(), std::os::unix::fs::MetadataExt::ino(&file)))
}
