//! Who is signed in. Read from memory, for most sign-ins are by session; written to the file, for a restart is no sign-out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};
use samesign_engine::ObjectGuid;

use super::{Digest, Store, StoreError, digest_of};

/// Sessions of one person at most: beyond, the one that was not used for longest goes.
const PER_PERSON_MAX: i64 = 100;
/// How much later than the last use the file may say, in seconds.
const TOUCH_SECONDS: i64 = 60;

/// Every session, in memory.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<Digest, Session>>);

struct Session {
    person: [u8; 16],
    json: String,
    used: i64,
    written: i64,
    until: i64,
}

impl Store {
    /// Begins a session of a person, which ends at the Unix second `absolute_until` at the latest.
    pub async fn begin_session(
        &self,
        token: &str,
        person: ObjectGuid,
        json: &str,
        now: i64,
        absolute_until: i64,
    ) -> Result<(), StoreError> {
        let (key, person, json, sessions) = (digest_of(&[token.as_bytes()]), *person.as_bytes(), json.to_owned(), self.sessions.clone());
        let session = Session { person, json: json.clone(), used: now, written: now, until: absolute_until };
        self.call_then(
            move |connection| {
                let sql = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5)";
                connection.prepare_cached(sql)?.execute(params![key, person, json, now, absolute_until])?;
                let sql = "DELETE FROM session WHERE rowid IN
                           (SELECT rowid FROM session WHERE person = ?1 ORDER BY used DESC, rowid DESC LIMIT -1 OFFSET ?2) RETURNING token";
                let mut statement = connection.prepare_cached(sql)?;
                let gone = statement.query_map(params![person, PER_PERSON_MAX], |row| row.get(0))?;
                Ok(gone.collect::<Result<Vec<Digest>, _>>()?)
            },
            move |gone| {
                let mut held = sessions.lock();
                gone.iter().for_each(|key| drop(held.remove(key)));
                held.insert(key, session);
            },
        )
        .await
        .map(drop)
    }

    /// What was said of the session when it began; `None` when it has ended, or was not used for more than `idle` seconds. It counts
    /// as used now.
    pub fn session(&self, token: &str, now: i64, idle: i64) -> Option<String> {
        let key = digest_of(&[token.as_bytes()]);
        let mut sessions = self.sessions.lock();
        let session = sessions.get_mut(&key).filter(|session| now < session.until && now - session.used <= idle)?;
        session.used = session.used.max(now);
        let json = session.json.clone();
        let late = session.used - session.written >= TOUCH_SECONDS;
        if late {
            session.written = session.used;
        }
        drop(sessions);
        if late {
            self.touch(key, now);
        }
        Some(json)
    }

    /// Ends a session; what was said of it when it began.
    pub async fn end_session(&self, token: &str) -> Result<Option<String>, StoreError> {
        let key = digest_of(&[token.as_bytes()]);
        let json = self.sessions.lock().remove(&key).map(|session| session.json);
        let sessions = self.sessions.clone();
        self.call(move |connection| {
            connection.prepare_cached("DELETE FROM session WHERE token = ?1")?.execute([key])?;
            // It may have been read from the file again in between.
            sessions.lock().remove(&key);
            Ok(())
        })
        .await?;
        Ok(json)
    }

    /// Ends every session of a person; how many there were.
    pub async fn end_sessions_of(&self, person: ObjectGuid) -> Result<usize, StoreError> {
        let sessions = self.sessions.clone();
        self.call(move |connection| {
            let ended = connection.prepare_cached("DELETE FROM session WHERE person = ?1")?.execute([person.as_bytes()])?;
            sessions.lock().retain(|_, session| session.person != *person.as_bytes());
            Ok(ended)
        })
        .await
    }

    /// Ends every session there is, which is what an emergency asks for; how many there were.
    pub async fn end_all_sessions(&self) -> Result<usize, StoreError> {
        let sessions = self.sessions.clone();
        self.call(move |connection| {
            let ended = connection.prepare_cached("DELETE FROM session")?.execute([])?;
            sessions.lock().clear();
            Ok(ended)
        })
        .await
    }

    /// Notes that the session's person was vouched for to an application. Nothing happens when the session has ended.
    pub async fn note_application(&self, token: &str, identifier: &str, json: &str) -> Result<(), StoreError> {
        let (key, identifier, json) = (digest_of(&[token.as_bytes()]), identifier.to_owned(), json.to_owned());
        self.call(move |connection| {
            let sql = "INSERT OR REPLACE INTO application SELECT token, ?2, ?3 FROM session WHERE token = ?1";
            connection.prepare_cached(sql)?.execute(params![key, identifier, json])?;
            Ok(())
        })
        .await
    }

    /// The applications that the session's person was vouched for to: identifier, and what was noted last.
    pub async fn applications_of(&self, token: &str) -> Result<Vec<(String, String)>, StoreError> {
        let key = digest_of(&[token.as_bytes()]);
        self.call(move |connection| {
            let mut statement = connection.prepare_cached("SELECT identifier, json FROM application WHERE token = ?1")?;
            let rows = statement.query_map([key], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Writes down when a session was used last. Nobody waits for it: what is lost makes the session end a little earlier.
    fn touch(&self, key: Digest, now: i64) {
        let store = self.clone();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let sql = "UPDATE session SET used = ?2 WHERE token = ?1 AND used < ?2";
            let written = store.call(move |connection| Ok(connection.prepare_cached(sql)?.execute(params![key, now])?)).await;
            if let Err(error) = written {
                tracing::warn!(%error, "the use of a session is not written down");
            }
        });
    }
}

impl Sessions {
    /// Reads every session anew. What memory knows better, when each was used last, stays.
    pub(super) fn reload(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached("SELECT token, person, json, used, until FROM session")?;
        let rows = statement.query_map([], |row| {
            let session = Session { person: row.get(1)?, json: row.get(2)?, used: row.get(3)?, written: row.get(3)?, until: row.get(4)? };
            Ok((row.get::<_, Digest>(0)?, session))
        })?;
        let mut fresh = rows.collect::<Result<HashMap<_, _>, _>>()?;
        let mut held = self.lock();
        for (key, session) in &mut fresh {
            if let Some(known) = held.get(key) {
                (session.used, session.written) = (known.used.max(session.used), known.written.max(session.written));
            }
        }
        *held = fresh;
        Ok(())
    }

    pub(super) fn expire(&self, now: i64) {
        self.lock().retain(|_, session| session.until > now);
    }

    /// A thread that panicked here left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
