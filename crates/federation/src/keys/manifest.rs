//! `keys/ring.json`: which key is what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The format that this version writes.
pub const FORMAT: u32 = 1;

/// Which key is what. Keys are named by the SHA-256 thumbprint of their certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The service's name, for the certificates to come.
    pub host: String,
    /// Signs.
    pub current: String,
    /// Will sign.
    pub next: Option<String>,
    /// Signed once.
    pub retired: Vec<Retired>,
    /// Sessions that began before count no more.
    pub sessions_since: Option<Timestamp>,
}

/// A key that signs no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Of its certificate.
    pub thumbprint: String,
    /// Since when.
    pub since: Timestamp,
}

impl Manifest {
    /// One key, and nothing before it.
    pub fn first(host: &str, current: String) -> Self {
        Self { host: host.to_owned(), current, next: None, retired: Vec::new(), sessions_since: None }
    }

    /// Reads one; `None` when it is not what [`Self::to_json`] writes.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let Stored { format: _, host, current, next, retired, sessions_since } = serde_json::from_slice(json).ok()?;
        let retired =
            retired.into_iter().map(|StoredRetired { thumbprint, since }| Some(Retired { thumbprint, since: since.parse().ok()? }));
        let manifest = Self {
            host,
            current,
            next,
            retired: retired.collect::<Option<_>>()?,
            sessions_since: sessions_since.map(|since| since.parse()).transpose().ok()?,
        };
        let sound = manifest.thumbprints().all(is_thumbprint);
        sound.then_some(manifest)
    }

    /// The format of a stored manifest, whatever else it holds.
    pub fn format_of(json: &[u8]) -> Option<u32> {
        serde_json::from_slice(json).ok().map(|Format { format }| format)
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        let stored = Stored {
            format: FORMAT,
            host: self.host.clone(),
            current: self.current.clone(),
            next: self.next.clone(),
            retired: self.retired.iter().map(StoredRetired::of).collect(),
            sessions_since: self.sessions_since.map(|since| since.to_string()),
        };
        // Texts and lists of texts: there is nothing in it that JSON cannot say.
        serde_json::to_string_pretty(&stored).unwrap_or_default()
    }

    /// Every key that it names.
    pub fn thumbprints(&self) -> impl Iterator<Item = &str> {
        let retired = self.retired.iter().map(|retired| retired.thumbprint.as_str());
        std::iter::once(self.current.as_str()).chain(self.next.as_deref()).chain(retired)
    }

    /// Whether the private half of this key is still needed.
    pub fn signs(&self, thumbprint: &str) -> bool {
        self.current == thumbprint || self.next.as_deref() == Some(thumbprint)
    }
}

/// It becomes part of a file name.
fn is_thumbprint(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    host: String,
    current: String,
    next: Option<String>,
    retired: Vec<StoredRetired>,
    sessions_since: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRetired {
    thumbprint: String,
    since: String,
}

impl StoredRetired {
    fn of(retired: &Retired) -> Self {
        Self { thumbprint: retired.thumbprint.clone(), since: retired.since.to_string() }
    }
}
